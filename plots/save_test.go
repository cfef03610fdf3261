package plots

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSave(t *testing.T) {
	f, err := Pattern("window(3)", window(8, 3))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "figures")
	if err := Save(f, dir, ""); err != nil {
		t.Fatal(err)
	}
	if err := Save(f, dir, "other"); err != nil {
		t.Fatal(err)
	}
	if err := Save(f, dir, "other"); err != nil { // again, over the old ones
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got, want := strings.Join(names, " "), "other.png other.svg pattern-window-3.png pattern-window-3.svg"; got != want {
		t.Errorf("files %s, want %s and nothing else", got, want)
	}
	data, err := os.ReadFile(filepath.Join(dir, "other.png"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := img.Bounds().Dx(), int(f.Width*DPI+0.5); got != want {
		t.Errorf("the PNG is %d pixels wide, want %d", got, want)
	}
}

func TestSaveErrors(t *testing.T) {
	f, err := Pattern("window(3)", window(8, 3))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "taken.png"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ dir, name, want string }{
		{dir, "a/b", "figure name"},
		{dir, "..", "figure name"},
		{dir, ".hidden", "figure name"},
		{file, "x", "not a directory"},
		{dir, "taken", "taken.png"},
	} {
		err := Save(f, c.dir, c.name)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Save to %q, %q: %v, want an error with %q", c.dir, c.name, err, c.want)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
	if err := Save(Figure{Name: "blank"}, dir, ""); err == nil {
		t.Error("a figure without panels was saved")
	}
	if _, err := os.Stat(filepath.Join(dir, "blank.png")); err == nil {
		t.Error("a blank file was written")
	}
}
