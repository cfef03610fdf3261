package data

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// serve runs a handler and returns its address.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

func TestModuleVersionIsPinned(t *testing.T) {
	gomod, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`(?m)^(?:require)?\s+` + regexp.QuoteMeta(modulePath) + ` (\S+)`).FindSubmatch(gomod)
	if pinned == nil || string(pinned[1]) != moduleVersion {
		t.Errorf("go.mod pins %q, this package expects %s", pinned, moduleVersion)
	}
}

func TestModuleURLs(t *testing.T) {
	const path = "/github.com/ulikunitz/lz/@v/v0.7.9.zip"
	tests := []struct {
		goproxy string
		want    []string // nil for an error
	}{
		{"https://a.example,direct", []string{"https://a.example" + path}},
		{"https://a.example/go/|http://b.example:8080,direct", []string{"https://a.example/go" + path, "http://b.example:8080" + path}},
		{" https://a.example , b.example", []string{"https://a.example" + path, "https://b.example" + path}},
		{"direct,https://a.example", []string{"https://a.example" + path}},
		{"https://a.example,off,https://b.example", []string{"https://a.example" + path}},
		{"file:///srv/modules", []string{"file:///srv/modules" + path}},
		{"off", nil},
		{"direct", nil},
		{",|, /", nil},
	}
	for _, test := range tests {
		got, err := moduleURLs(test.goproxy)
		if test.want == nil {
			wantError(t, err, "GOPROXY", test.goproxy)
		} else if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, %v; want %q", test.goproxy, got, err, test.want)
		}
	}
}

func FuzzModuleURLs(f *testing.F) {
	f.Add("https://a.example|b.example,direct,off")
	f.Add("0000, /")
	f.Fuzz(func(t *testing.T, goproxy string) {
		urls, err := moduleURLs(goproxy)
		if (err == nil) != (len(urls) > 0) {
			t.Errorf("%q: %q, %v", goproxy, urls, err)
		}
		for _, u := range urls {
			if !strings.Contains(u, "://") || !strings.HasSuffix(u, "/@v/"+moduleVersion+".zip") {
				t.Errorf("%q: %q", goproxy, u)
			}
		}
	})
}

// elsewhere makes this process look like one outside the source tree, on a machine with an empty module cache.
func elsewhere(t *testing.T, goproxy string) (cache string) {
	t.Helper()
	cache = t.TempDir()
	t.Setenv("HGBENCH_CACHE", cache)
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOPROXY", goproxy)
	return cache
}

func TestOpenFetchesModule(t *testing.T) {
	addToy(t, toyText, true)
	archive := zipOf(t, modulePath+"@"+moduleVersion+"/"+moduleEntry, toyText)
	var asked []string
	good := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		w.Write(archive)
	})
	empty := serve(t, http.NotFound)
	cache := elsewhere(t, empty+","+good+"/go|direct")
	for range 2 { // the second time from the cache
		if c := open(t, "toy8"); c.Path != filepath.Join(cache, "toy8") || len(c.Train) != 270_000 {
			t.Errorf("opened %s with %d bytes to train on", c.Path, len(c.Train))
		}
	}
	if want := []string{"/go/github.com/ulikunitz/lz/@v/v0.7.9.zip"}; !slices.Equal(asked, want) {
		t.Errorf("the proxy was asked for %q, want %q", asked, want)
	}
	wantToy(t, cache)
}

func TestOpenFetchesModuleFromFolders(t *testing.T) {
	addToy(t, toyText, true)
	archive := zipOf(t, modulePath+"@"+moduleVersion+"/"+moduleEntry, toyText)
	write := func(path string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, archive, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("GOPROXY", func(t *testing.T) {
		dir := t.TempDir()
		write(filepath.Join(dir, "github.com", "ulikunitz", "lz", "@v", "v0.7.9.zip"))
		cache := elsewhere(t, (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir)}).String())
		open(t, "toy8")
		wantToy(t, cache)
	})
	t.Run("module cache", func(t *testing.T) {
		cache := elsewhere(t, "off")
		write(filepath.Join(os.Getenv("GOMODCACHE"), "cache", "download", "github.com", "ulikunitz", "lz", "@v", "v0.7.9.zip"))
		open(t, "toy8")
		wantToy(t, cache)
	})
}

func TestOpenModuleUnreachable(t *testing.T) {
	addToy(t, toyText, true)
	cache := elsewhere(t, "off")
	_, err := Open(t.Context(), "toy8")
	wantError(t, err, "get toy8", `GOPROXY is "off"`, "set GOPROXY=")
	elsewhere(t, serve(t, http.NotFound))
	_, err = Open(t.Context(), "toy8")
	wantError(t, err, "get toy8", "404")
	if names := files(t, cache); len(names) > 0 {
		t.Errorf("the cache has %q", names)
	}
}

// Without any of Go's variables or its command, the module cache is in its usual place and no proxy is known.
func TestGoEnvWithoutGo(t *testing.T) {
	for _, name := range []string{"GOMODCACHE", "GOPROXY", "PATH"} {
		t.Setenv(name, "")
	}
	s := goEnv(t.Context())
	if !strings.HasSuffix(s.modCache, filepath.Join("pkg", "mod")) || s.proxy != "" {
		t.Errorf("module cache %q, proxy %q", s.modCache, s.proxy)
	}
}
