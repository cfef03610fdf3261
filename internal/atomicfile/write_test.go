package atomicfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// folder makes the current folder one that has a file and a folder.
func folder(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("file", []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("folder", 0o755); err != nil {
		t.Fatal(err)
	}
}

// noneLeft errs when a temporary file was left behind.
func noneLeft(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if path != "." && strings.HasPrefix(filepath.Base(path), ".") {
			t.Errorf("%s was left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWrite(t *testing.T) {
	folder(t)
	for path, permissions := range map[string]fs.FileMode{"new": 0o644, "file": 0o600, "folder/new": 0o644} {
		if err := Write(path, []byte("content")); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != "content" {
			t.Errorf("%s holds %q", path, got)
		}
		if info, err := os.Stat(path); err != nil || filepath.Separator == '/' && info.Mode() != permissions {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, permissions)
		}
	}
	noneLeft(t)
}

func TestErrorsNameThePath(t *testing.T) {
	folder(t)
	for path, want := range map[string]string{
		"":            ": want the name of a file",
		".":           ".: is a folder; want the name of a file",
		"folder":      "folder: is a folder; want the name of a file",
		"nowhere/new": "nowhere/new: there is no folder nowhere",
		"nowhere/":    "nowhere/: there is no folder nowhere",
		"file/new":    "file/new: not a directory",
	} {
		err := Write(path, []byte("content"))
		if err == nil || err.Error() != want {
			t.Errorf("%q: error %v, want %s", path, err, want)
		}
	}
	if got := read(t, "file"); got != "old" {
		t.Errorf("file holds %q", got)
	}
	noneLeft(t)
}
