package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hostile unpacks an archive in a folder of its own, and fails the test unless
// that leaves the corpus, whole, or nothing at all.
func hostile(t *testing.T, archive []byte, entry string, content []byte) error {
	t.Helper()
	sum := sha256.Sum256(content)
	s := source{name: "corpus", size: int64(len(content)), sha256: hex.EncodeToString(sum[:])}
	root := t.TempDir()
	dir := filepath.Join(root, "cache")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	from := filepath.Join(root, "archive.zip")
	if err := os.WriteFile(from, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "corpus")
	failed := s.extract(t.Context(), from, entry, path)
	var left []string
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			left = append(left, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if failed != nil {
		if len(left) != 1 {
			t.Errorf("a refused archive left %v", left)
		}
		return failed
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, content) || len(left) != 2 {
		t.Errorf("unpacked %d bytes, %v; left %v", len(got), err, left)
	}
	return nil
}

func TestHostileArchives(t *testing.T) {
	content := []byte("a corpus of a few words")
	bomb := zipOf(t, "corpus", make([]byte, 10<<20))
	lying := bytes.Clone(bomb) // says that its entry has the size of the corpus
	for _, signature := range []string{"PK\x01\x02", "PK\x07\x08"} {
		if at := bytes.Index(lying, []byte(signature)); at >= 0 {
			offset := map[string]int{"PK\x01\x02": 24, "PK\x07\x08": 12}[signature]
			copy(lying[at+offset:], []byte{byte(len(content)), 0, 0, 0})
		}
	}
	for name, c := range map[string]struct {
		archive []byte
		entry   string
		want    string // empty: no error
	}{
		"sound":             {zipOf(t, "corpus", content), "corpus", ""},
		"traversal":         {zipOf(t, "../../corpus", content), "../../corpus", ""}, // a name, never a path
		"another traversal": {zipOf(t, "../corpus", content), "corpus", "has no entry"},
		"bomb":              {bomb, "corpus", "has 10485760 bytes, want 23"},
		"lying bomb":        {lying, "corpus", "not a valid zip file"},
		"other content":     {zipOf(t, "corpus", bytes.ToUpper(content)), "corpus", "has SHA-256"},
		"no archive":        {content, "corpus", "not a valid zip file"},
		"cut short":         {zipOf(t, "corpus", content)[:50], "corpus", "not a valid zip file"},
		"empty":             {nil, "corpus", "not a valid zip file"},
	} {
		t.Run(name, func(t *testing.T) {
			err := hostile(t, c.archive, c.entry, content)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// Whatever an archive is: the corpus or nothing, and no more of it unpacked
// than the corpus has bytes.
func FuzzExtract(f *testing.F) {
	content := []byte("a corpus of a few words")
	f.Add(zipOf(f, "corpus", content))
	f.Add(zipOf(f, "../corpus", content))
	f.Add(zipOf(f, "corpus", make([]byte, 100_000)))
	f.Fuzz(func(t *testing.T, archive []byte) { _ = hostile(t, archive, "corpus", content) })
}
