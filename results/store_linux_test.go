package results

import (
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A disk that fills up in the middle of a record leaves the file as it was.
func TestFullDisk(t *testing.T) {
	s := open(t, t.TempDir())
	rs := two()
	appendAll(t, s, rs[:1])
	info, err := os.Stat(s.Path())
	if err != nil {
		t.Fatal(err)
	}

	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	limit := old
	limit.Cur = uint64(info.Size() + 100)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Skip(err)
	}
	err = s.Append(rs[1])
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err == nil || !strings.Contains(err.Error(), rs[1].ID) || !strings.Contains(err.Error(), "file too large") {
		t.Errorf("error %v", err)
	}
	got, ws, err := s.Read()
	if err != nil || len(ws) > 0 {
		t.Fatal(ws, err)
	}
	if d := cmp.Diff(rs[:1], got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	appendAll(t, s, rs[1:])
}

func TestNoSpaceAtAll(t *testing.T) {
	s := open(t, t.TempDir())
	if err := os.Symlink("/dev/full", filepath.Join(s.Dir(), FileName)); err != nil {
		t.Skip(err)
	}
	if err := s.Append(two()[0]); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("error %v", err)
	}
}
