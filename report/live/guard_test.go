package live

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// No path is a file's, however it is written.
func TestPaths(t *testing.T) {
	dir, store := folder(t, record("a1", "2@1", 3))
	secret := filepath.Join(filepath.Dir(dir), "secret.txt")
	writeFile(t, secret, "the secret")
	address, _ := serve(t, dir, usual)
	for _, path := range []string{
		"/records.jsonl", "/" + store.Path(), "/../secret.txt", "//../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt",
		"/..\\secret.txt", "/events/../../secret.txt", "/./", "//", "/index.html", "/etc/passwd", "/events/", "/progress/a1.json", "/%00",
		"http://example.com/", "/?file=../secret.txt&x=/etc/passwd", "*",
	} {
		c := dial(t, address)
		if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		want := http.StatusNotFound
		switch {
		case strings.HasPrefix(path, "/?"):
			want = http.StatusOK
		case strings.HasPrefix(path, "http:"):
			want = http.StatusMisdirectedRequest
		case path == "/%00", path == "*":
			want = response.StatusCode // net/http's own answer is as good
		}
		if response.StatusCode != want || strings.Contains(string(body), "secret") || strings.Contains(string(body), "root:") {
			t.Errorf("%s is answered with %s: %.80s", path, response.Status, body)
		}
		if response.StatusCode/100 == 3 {
			t.Errorf("%s is redirected to %s", path, response.Header.Get("Location"))
		}
	}
}

func TestGuard(t *testing.T) {
	dir, _ := folder(t, record("a1", "2@1", 3))
	address, _ := serve(t, dir, usual)
	_, port, _ := strings.Cut(address, ":")
	for _, c := range []struct {
		name   string
		header []string
		want   int
	}{
		{"a browser that was told to", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 200},
		{"curl", nil, 200},
		{"localhost", []string{"Host", "localhost:" + port}, 200},
		{"IPv6", []string{"Host", "[::1]:" + port}, 200},
		{"a tunnel's port", []string{"Host", "LOCALHOST.:9"}, 200},
		{"the page's own requests", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://" + address}, 200},
		{"a link on another site", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 200},
		{"a rebound name", []string{"Host", "evil.example:" + port}, 421},
		{"a name that looks local", []string{"Host", "localhost.evil.example"}, 421},
		{"a name with an address in it", []string{"Host", "127.0.0.1.evil.example"}, 421},
		{"a script on another site", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, 403},
		{"a frame on another site", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, 403},
		{"a page on another port", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"}, 403},
		{"another origin, by an old browser", []string{"Origin", "http://evil.example"}, 403},
		{"no origin that can be named", []string{"Origin", "null"}, 403},
	} {
		response, body := get(t, "http://"+address, c.header...)
		if response.StatusCode != c.want {
			t.Errorf("%s: %s, want %d", c.name, response.Status, c.want)
		}
		if c.want != 200 && strings.Contains(body, "a1") {
			t.Errorf("%s: it says %s", c.name, body)
		}
		checkHeader(t, c.name, response)
	}
}

func checkHeader(t *testing.T, name string, response *http.Response) {
	t.Helper()
	h := response.Header
	for key, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store", "Access-Control-Allow-Origin": "", "Set-Cookie": "",
	} {
		if got := h.Get(key); got != want {
			t.Errorf("%s: %s is %q, want %q", name, key, got, want)
		}
	}
	policy := h.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("%s: the policy is %q", name, policy)
	}
}

func TestReadOnly(t *testing.T) {
	dir, _ := folder(t, record("a1", "2@1", 3))
	address, _ := serve(t, dir, usual)
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, http.MethodTrace, "PROPFIND"} {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+address, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %s", method, response.Status)
		}
	}
	for _, path := range []string{"/", "/events"} {
		response, err := http.Head("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("HEAD %s: %s", path, response.Status)
		}
	}
}

// Whatever is asked, the answer is the page, a refusal, or nothing of a file.
func FuzzHandler(f *testing.F) {
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret.txt"), []byte("the secret"), 0o600); err != nil {
		f.Fatal(err)
	}
	handler := New([]string{filepath.Join(dir, "results")}, "").Handler()
	f.Add("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	f.Add("HEAD /events HTTP/1.1\r\nHost: [::1]:80\r\nSec-Fetch-Site: same-origin\r\n\r\n")
	f.Add("GET /../secret.txt HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nRange: bytes=0-\r\n\r\n")
	f.Add("POST http://evil.example/%2e%2e/secret.txt HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%q is answered with a file", text)
		}
		switch {
		case w.Code == http.StatusOK && r.URL.Path != "/" && r.URL.Path != "/events", w.Code >= 500, w.Code/100 == 3:
			t.Errorf("%q is answered with %d", text, w.Code)
		}
	})
}
