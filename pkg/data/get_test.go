package data

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"hash/crc32"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// files returns the names in a folder.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// wantToy checks that dir has toyText, whole, and nothing else.
func wantToy(t *testing.T, dir string) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, "toy8"))
	if err != nil || !bytes.Equal(got, toyText) {
		t.Errorf("%d bytes arrived (%v), or wrong ones", len(got), err)
	}
	if names := files(t, dir); !slices.Equal(names, []string{"toy8"}) {
		t.Errorf("the folder has %q", names)
	}
}

func TestGet(t *testing.T) {
	addToy(t, toyText, false)
	s := &server{archive: zipOf(t, "toy8", toyText), etag: `"1"`}
	s.start(t)
	dir := filepath.Join(t.TempDir(), "made", "on", "demand")
	t.Setenv("HGBENCH_CACHE", dir)
	var last, total int64
	err := Get(t.Context(), "toy8", "", func(done, of int64) {
		if done < last {
			t.Errorf("progress goes back from %d to %d", last, done)
		}
		last, total = done, of
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(len(s.archive)); last != want || total != want {
		t.Errorf("progress ends at %d of %d, want %d", last, total, want)
	}
	wantToy(t, dir)
	s.ranges()
	if err := Get(t.Context(), "toy8", "", nil); err != nil || len(s.ranges()) > 0 {
		t.Errorf("what is here already was asked for again (%v)", err)
	}
	if c := open(t, "toy8"); len(c.Train) != 270_000 {
		t.Errorf("training split of %d bytes", len(c.Train))
	}
	if err := os.WriteFile(filepath.Join(dir, "toy8"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Get(t.Context(), "toy8", "", nil); err != nil {
		t.Fatal(err)
	}
	wantToy(t, dir)
}

func TestGetUnknown(t *testing.T) {
	wantError(t, Get(t.Context(), "toy9", t.TempDir(), nil), `unknown corpus "toy9"`, "want one of ")
}

func TestGetResumes(t *testing.T) {
	addToy(t, toyText, false)
	archive := zipOf(t, "toy8", toyText)
	day := time.Date(2006, 3, 3, 0, 0, 0, 0, time.UTC)
	const third = 110_000
	tests := []struct {
		name   string
		broken *server // serves until it is cut, then fails
		fixed  *server // serves the second call
		ranges []string
	}{
		{"by entity tag", &server{etag: `"1"`}, &server{etag: `"1"`}, []string{"bytes=110000-"}},
		{"by date", &server{modified: day}, &server{modified: day}, []string{"bytes=110000-"}},
		{"by date, since a weak tag promises nothing", &server{etag: `W/"1"`, modified: day}, &server{etag: `W/"1"`, modified: day}, []string{"bytes=110000-"}},
		{"not without either", &server{}, &server{}, []string{""}},
		{"not where ranges are ignored", &server{etag: `"1"`}, &server{etag: `"1"`, noRanges: true}, []string{"bytes=110000-"}},
		{"not when the file has changed", &server{etag: `"1"`}, &server{etag: `"2"`}, []string{"bytes=110000-"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			test.broken.archive, test.fixed.archive = archive, archive
			if test.broken.etag == `"1"` && test.fixed.etag == `"2"` {
				test.broken.archive = make([]byte, len(archive)) // the rest of the new one would not fit
			}
			test.broken.cutAfter = third
			test.broken.start(t)
			err := Get(t.Context(), "toy8", dir, func(done, _ int64) {
				if done >= third {
					test.broken.fail(http.StatusServiceUnavailable)
				}
			})
			wantError(t, err, "get toy8", "503", "110000 bytes are in", "run it again to go on")
			if _, err := os.Stat(filepath.Join(dir, "toy8")); err == nil {
				t.Fatal("half a corpus is visible")
			}
			test.fixed.start(t)
			var first int64 = -1
			if err := Get(t.Context(), "toy8", dir, func(done, total int64) {
				if first < 0 {
					first = done
				}
				if total != int64(len(archive)) {
					t.Errorf("total %d, want %d", total, len(archive))
				}
			}); err != nil {
				t.Fatal(err)
			}
			wantToy(t, dir)
			resumed := strings.HasPrefix(test.name, "by")
			if sent := test.fixed.total(); resumed != (sent == len(archive)-third) {
				t.Errorf("%d bytes were sent of %d", sent, len(archive))
			}
			if resumed != (first == third) {
				t.Errorf("progress starts at %d", first)
			}
			if ranges := test.fixed.ranges(); !slices.Equal(ranges, test.ranges) {
				t.Errorf("asked for %q, want %q", ranges, test.ranges)
			}
		})
	}
}

func TestGetSurvivesCuts(t *testing.T) {
	addToy(t, toyText, false)
	s := &server{archive: zipOf(t, "toy8", toyText), etag: `"1"`, cutAfter: 70_000}
	s.start(t)
	dir := t.TempDir()
	if err := Get(t.Context(), "toy8", dir, nil); err != nil {
		t.Fatal(err)
	}
	wantToy(t, dir)
	if got, want := s.ranges(), []string{"", "bytes=70000-", "bytes=140000-", "bytes=210000-", "bytes=280000-"}; !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
}

// A server that neither resumes nor ever gets further must not be asked for ever.
func TestGetGivesUp(t *testing.T) {
	addToy(t, toyText, false)
	s := &server{archive: zipOf(t, "toy8", toyText), noRanges: true, cutAfter: 70_000}
	s.start(t)
	wantError(t, Get(t.Context(), "toy8", t.TempDir(), nil), "unexpected EOF", "70000 bytes are in")
	if n := len(s.ranges()); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
}

// The archive was complete but not yet unpacked, or is longer than what the server has.
func TestGetWithOldPart(t *testing.T) {
	addToy(t, toyText, false)
	archive := zipOf(t, "toy8", toyText)
	for _, part := range [][]byte{archive, append(archive[:len(archive):len(archive)], "more"...)} {
		s := &server{archive: archive, etag: `"1"`}
		s.start(t)
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "toy8.zip.part"), part, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "toy8.zip.part.validator"), []byte(`"1"`), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Get(t.Context(), "toy8", dir, nil); err != nil {
			t.Fatal(err)
		}
		wantToy(t, dir)
	}
}

// lyingZip returns an archive whose entry claims size bytes but unpacks to more.
func lyingZip(t *testing.T, name string, size int, content []byte) []byte {
	t.Helper()
	var packed, b bytes.Buffer
	d, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err == nil {
		_, err = d.Write(content)
	}
	if err != nil || d.Close() != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(content),
		CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(size)})
	if err == nil {
		_, err = w.Write(packed.Bytes())
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGetRefuses(t *testing.T) {
	toy := addToy(t, toyText, false)
	archive := zipOf(t, "toy8", toyText)
	other := bytes.Clone(toyText)
	other[1234]++
	tests := []struct {
		name   string
		server *server
		want   []string
	}{
		{"not found", &server{status: http.StatusNotFound}, []string{"/dc/toy8.zip: 404 Not Found", "HGBENCH_DATA_URL"}},
		{"wrong hash", &server{archive: zipOf(t, "toy8", other)}, []string{"SHA-256", toy.sha256, "changed or damaged"}},
		{"truncated archive", &server{archive: archive[:len(archive)-100]}, []string{"not a valid zip file", "run it again to start anew"}},
		{"no archive", &server{archive: []byte("<html>Sign in to this network</html>")}, []string{"not a valid zip file"}},
		{"path traversal", &server{archive: zipOf(t, "../toy8", toyText)}, []string{`no entry "toy8"`}},
		{"absolute path", &server{archive: zipOf(t, "/toy8", toyText)}, []string{`no entry "toy8"`}},
		{"too small", &server{archive: zipOf(t, "toy8", toyText[1:])}, []string{"299999 bytes, want 300000"}},
		{"zip bomb", &server{archive: zipOf(t, "toy8", make([]byte, 5_000_000))}, []string{"5000000 bytes, want 300000"}},
		{"lying zip bomb", &server{archive: lyingZip(t, "toy8", len(toyText), make([]byte, 5_000_000))}, []string{"toy8"}},
		{"endless", &server{archive: make([]byte, 300_001)}, []string{"more than 300000 bytes"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.server.start(t)
			dir := t.TempDir()
			wantError(t, Get(t.Context(), "toy8", dir, nil), append(test.want, "get toy8: ")...)
			for _, name := range files(t, dir) {
				info, err := os.Stat(filepath.Join(dir, name))
				if err != nil || info.Size() > 0 {
					t.Errorf("%s is left", name)
				}
			}
		})
	}
}

func TestGetCancelled(t *testing.T) {
	addToy(t, toyText, false)
	s := &server{archive: zipOf(t, "toy8", toyText), etag: `"1"`}
	t.Setenv("HGBENCH_DATA_URL", serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", s.etag)
		w.Write(s.archive[:1000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	err := Get(ctx, "toy8", dir, func(done, _ int64) {
		if done > 0 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want it cancelled", err)
	}
	wantError(t, err, "1000 bytes are in", "run it again to go on")
	s.start(t)
	if err := Get(t.Context(), "toy8", dir, nil); err != nil {
		t.Fatal(err)
	}
	wantToy(t, dir)
	if got := s.ranges(); !slices.Equal(got, []string{"bytes=1000-"}) {
		t.Errorf("asked for %q, want the rest", got)
	}
}

func TestGetStalled(t *testing.T) {
	addToy(t, toyText, false)
	before := stall
	stall = 50 * time.Millisecond
	defer func() { stall = before }()
	for _, silent := range []struct {
		name string
		in   func(w http.ResponseWriter)
	}{
		{"header", func(http.ResponseWriter) {}},
		{"body", func(w http.ResponseWriter) { w.Write(make([]byte, 1000)); w.(http.Flusher).Flush() }},
	} {
		t.Run(silent.name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				silent.in(w)
				<-r.Context().Done()
			})
			t.Setenv("HGBENCH_DATA_URL", s)
			wantError(t, Get(t.Context(), "toy8", t.TempDir(), nil), "the server was silent for 50ms")
		})
	}
}

func TestGetUnreachable(t *testing.T) {
	addToy(t, toyText, false)
	s := &server{archive: zipOf(t, "toy8", toyText)}
	good := s.start(t)
	os.Unsetenv("HGBENCH_DATA_URL") // start's Setenv restores it
	before := publishers
	defer func() { publishers = before }()

	publishers = []string{"http://127.0.0.1:1", good}
	dir := t.TempDir()
	if err := Get(t.Context(), "toy8", dir, nil); err != nil {
		t.Fatalf("the second publisher was not asked: %v", err)
	}
	wantToy(t, dir)

	publishers = []string{"http://127.0.0.1:1", "http://user:secret@127.0.0.1:2"}
	err := Get(t.Context(), "toy8", t.TempDir(), nil)
	wantError(t, err, "http://127.0.0.1:1/toy8.zip: ", "127.0.0.1:2/toy8.zip: ", "refused")
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the password is in the error: %v", err)
	}
}

func TestGetUnwritable(t *testing.T) {
	addToy(t, toyText, false)
	(&server{archive: zipOf(t, "toy8", toyText)}).start(t)
	inTheWay := writeFile(t, "file", nil)
	wantError(t, Get(t.Context(), "toy8", filepath.Join(inTheWay, "dir"), nil), "get toy8: mkdir "+inTheWay)
}

func TestContentRange(t *testing.T) {
	for _, test := range []struct {
		header       string
		first, total int64
		ok           bool
	}{
		{"bytes 100-199/200", 100, 200, true},
		{"bytes 100-199/*", 100, -1, true},
		{"bytes */200", -1, 200, true},
		{"", -1, -1, false},
		{"bytes 7", -1, -1, false},
		{"pages 1-2/3", -1, -1, false},
		{"bytes x-y/z", -1, -1, true},
	} {
		first, total, ok := contentRange(http.Header{"Content-Range": {test.header}})
		if first != test.first || total != test.total || ok != test.ok {
			t.Errorf("%q: %d, %d, %t; want %d, %d, %t", test.header, first, total, ok, test.first, test.total, test.ok)
		}
	}
}

func FuzzContentRange(f *testing.F) {
	f.Add("bytes 100-199/200")
	f.Add("bytes */200")
	f.Add("bytes /-2")
	f.Fuzz(func(t *testing.T, header string) {
		first, total, ok := contentRange(http.Header{"Content-Range": {header}})
		if first < -1 || total < -1 || !ok && (first >= 0 || total >= 0) {
			t.Errorf("%q: %d, %d, %t", header, first, total, ok)
		}
	})
}
