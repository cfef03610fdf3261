package strict

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	for _, c := range []struct {
		bytes int
		want  string
	}{{0, ""}, {maxFile, ""}, {maxFile + 1, "more than 1 MiB"}} {
		if err := os.WriteFile(path, make([]byte, c.bytes), 0o600); err != nil {
			t.Fatal(err)
		}
		text, err := ReadFile(path)
		if c.want == "" && (err != nil || len(text) != c.bytes) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("of %d bytes %d were read, %v; want %q", c.bytes, len(text), err, c.want)
		}
	}
	for _, path := range []string{os.DevNull, filepath.Dir(path)} {
		if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), "want a YAML file") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := ReadFile(path + ".none"); !os.IsNotExist(err) {
		t.Errorf("a missing file: %v", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("seed: 7"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if fd := "/dev/fd/" + strconv.Itoa(int(r.Fd())); isThere(fd) {
		if text, err := ReadFile(fd); err != nil || string(text) != "seed: 7" {
			t.Errorf("of a pipe: %q, %v", text, err)
		}
	}
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
