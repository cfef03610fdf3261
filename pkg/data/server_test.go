package data

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"hgbench/pkg/philox"
)

// toyText is a corpus that hardly compresses, so that its archive is almost as long.
var toyText = func() []byte {
	text := make([]byte, 300_000)
	for i := range text {
		text[i] = byte(philox.New(2, 0).Uint64n(0, uint64(i), 200))
	}
	return text
}()

// addToy puts a corpus called toy8 with the given text into the catalog for the time of the test.
func addToy(t *testing.T, text []byte, module bool) source {
	t.Helper()
	sum := sha256.Sum256(text)
	toy := source{"toy8", "a test", int64(len(text)), hex.EncodeToString(sum[:]), module}
	before := catalog
	catalog = append(catalog[:len(catalog):len(catalog)], toy)
	t.Cleanup(func() { catalog = before })
	return toy
}

// zipOf returns an archive with one entry.
func zipOf(t testing.TB, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// server serves one archive at any path, as badly as it is told to.
type server struct {
	archive  []byte
	etag     string
	modified time.Time
	noRanges bool
	cutAfter int // bytes of each answer after which the connection is cut; 0 for never
	status   int // answered instead of the archive, unless 0

	mu       sync.Mutex
	requests []*http.Request
	sent     int // bytes
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	if s.status != 0 {
		w.WriteHeader(s.status)
		return
	}
	if s.noRanges {
		r = r.Clone(r.Context())
		r.Header.Del("Range")
	}
	if s.etag != "" {
		w.Header().Set("ETag", s.etag)
	}
	http.ServeContent(&cutWriter{w, s, s.cutAfter}, r, "", s.modified, bytes.NewReader(s.archive))
}

// cutWriter cuts the connection once it has written enough.
type cutWriter struct {
	http.ResponseWriter
	s    *server
	left int // bytes until then, if cutAfter says so
}

func (w *cutWriter) Write(p []byte) (int, error) {
	n := len(p)
	if w.s.cutAfter > 0 {
		n = min(n, w.left)
	}
	n, err := w.ResponseWriter.Write(p[:n])
	w.s.sent += n
	w.left -= n
	if w.s.cutAfter > 0 && w.left == 0 {
		w.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	return n, err
}

// start runs the server and makes it the mirror that Get asks.
func (s *server) start(t *testing.T) string {
	t.Helper()
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	t.Setenv("HGBENCH_DATA_URL", h.URL+"/dc/")
	return h.URL
}

// fail makes it answer further requests with a status.
func (s *server) fail(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// total returns the bytes sent since ranges was last called.
func (s *server) total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// ranges returns the Range headers of the requests so far, and forgets them.
func (s *server) ranges() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, r := range s.requests {
		list = append(list, r.Header.Get("Range"))
	}
	s.requests, s.sent = nil, 0
	return list
}
