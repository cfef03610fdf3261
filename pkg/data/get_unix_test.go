//go:build unix

package data

import (
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// A limit on the size of files stands in for a full disk: both make a write fail in the middle.
func TestGetDiskFull(t *testing.T) {
	addToy(t, toyText, false)
	s := &server{archive: zipOf(t, "toy8", toyText), etag: `"1"`}
	s.start(t)
	dir := t.TempDir()

	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	small := limit
	small.Cur = 100_000
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	err := Get(t.Context(), "toy8", dir, nil)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	wantError(t, err, "get toy8", "toy8.zip.part: file too large", "100000 bytes are in", "run it again")
	if n := len(s.ranges()); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
	if err := Get(t.Context(), "toy8", dir, nil); err != nil {
		t.Fatal(err)
	}
	wantToy(t, dir)
}

func TestGetTwiceAtOnce(t *testing.T) {
	addToy(t, toyText, false)
	(&server{archive: zipOf(t, "toy8", toyText)}).start(t)
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "toy8.zip.part"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := lock(f); err != nil {
		t.Fatal(err)
	}
	wantError(t, Get(t.Context(), "toy8", dir, nil), "toy8.zip.part is being written by another process")
}
