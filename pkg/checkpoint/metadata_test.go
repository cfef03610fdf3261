package checkpoint

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestReadMetadata(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	f := sample()
	f.Metadata = map[string]string{"state": `{"step":7}`}
	if err := Save(path, f); err != nil {
		t.Fatal(err)
	}
	got, err := ReadMetadata(path)
	delete(got, sumKey)
	if err != nil || !maps.Equal(got, f.Metadata) {
		t.Errorf("got %v, %v; want %v", got, err, f.Metadata)
	}
	for name, content := range map[string][]byte{
		"empty": nil, "short": {1, 2}, "no header": file("{"), "longer than the file": {9, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, "huge": {0, 0, 0, 0, 0, 0, 0, 9},
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadMetadata(path); err == nil {
			t.Errorf("%s: read %v", name, got)
		}
	}
	if _, err := ReadMetadata(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}
