package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeFile writes a file into a temporary folder and returns its path.
func writeFile(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// open opens a corpus and closes it after the test.
func open(t testing.TB, name string) *Corpus {
	t.Helper()
	c, err := Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// wantError fails the test unless err is one line with all the given parts in it.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error of several lines: %v", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}
}

func TestOpenEnwik7(t *testing.T) {
	t.Setenv("HGBENCH_CACHE", t.TempDir())
	c := open(t, "enwik7")
	if len(c.Train) != 9_000_000 || len(c.Valid) != 500_000 || len(c.Test) != 500_000 {
		t.Errorf("splits of %d, %d and %d bytes, want 9, 0.5 and 0.5 million", len(c.Train), len(c.Valid), len(c.Test))
	}
	if !bytes.HasPrefix(c.Train, []byte("<mediawiki xmlns=")) {
		t.Errorf("it starts with %q", c.Train[:20])
	}
	if want := "5985c81c39d927ae0e169625790ca4d9e7d1531270c8b09ad73176a375bb3d97"; c.SHA256 != want {
		t.Errorf("hash %s, want %s", c.SHA256, want)
	}
	if c.Unit != Byte || c.Vocab != 256 || c.RowLen != 0 {
		t.Errorf("unit %s, vocabulary %d, rows of %d; want byte, 256 and 0", c.Unit, c.Vocab, c.RowLen)
	}
}

func TestOpenText(t *testing.T) {
	for _, test := range []struct{ n, train, valid int }{{20, 18, 1}, {39, 37, 1}, {40, 36, 2}, {1019, 919, 50}} {
		content := make([]byte, test.n)
		for i := range content {
			content[i] = byte(i)
		}
		path := writeFile(t, "text", content)
		for _, name := range []string{path, "file:" + path} {
			c := open(t, name)
			if len(c.Train) != test.train || len(c.Valid) != test.valid || len(c.Test) != test.valid {
				t.Errorf("%d bytes: splits %d, %d, %d; want %d, %d, %[6]d", test.n, len(c.Train), len(c.Valid), len(c.Test), test.train, test.valid)
			}
			if got := bytes.Join([][]byte{c.Train, c.Valid, c.Test}, nil); !bytes.Equal(got, content) {
				t.Errorf("%d bytes: the splits do not make up the file", test.n)
			}
			sum := sha256.Sum256(content)
			if want := hex.EncodeToString(sum[:]); c.SHA256 != want || c.Name != name || c.Path != path {
				t.Errorf("name %s, path %s, hash %s; want %s, %s, %s", c.Name, c.Path, c.SHA256, name, path, want)
			}
		}
	}
}

func TestOpenBadNames(t *testing.T) {
	t.Setenv("HGBENCH_CACHE", t.TempDir())
	pictures := t.TempDir()
	if err := os.WriteFile(filepath.Join(pictures, "data_batch_1.bin"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		want []string
	}{
		{"enwki8", []string{`unknown corpus "enwki8"`, "did you mean enwik8?", "enwik7, enwik8, text8, cifar10:PATH"}},
		{"Text8", []string{"did you mean text8?"}},
		{"penn-treebank", []string{`unknown corpus "penn-treebank": want`}},
		{"", []string{`unknown corpus "": want`}},
		{"file:/no/such/file", []string{"/no/such/file"}},
		{"enwik8", []string{`hgbench data get enwik8`, "HGBENCH_CACHE", os.Getenv("HGBENCH_CACHE")}},
		{t.TempDir(), []string{"is a folder", "cifar10:PATH"}},
		{pictures, []string{"write cifar10:" + pictures}},
		{writeFile(t, "short", make([]byte, 19)), []string{"19 bytes", "at least 20"}},
		{writeFile(t, "empty", nil), []string{"0 bytes", "at least 20"}},
		{os.DevNull, []string{"not a regular file"}},
		{"cifar10:/no/such/folder", []string{"/no/such/folder"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(t.Context(), test.name)
			wantError(t, err, test.want...)
		})
	}
}

func TestOpenDamaged(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HGBENCH_CACHE", dir)
	path := filepath.Join(dir, "enwik8")
	content := bytes.Repeat([]byte("not Wikipedia "), 10)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), "enwik8")
	wantError(t, err, path, fmt.Sprintf("%x", sha256.Sum256(content)),
		"2b49720ec4d78c3c9fabaee6e4179a5e997302b3a70029f30f2d582218c024a8", "hgbench data get enwik8")
	for _, info := range List() {
		if info.Name == "enwik8" && (info.Path != path || !strings.Contains(info.Note, "140 bytes")) {
			t.Errorf("list says path %q, note %q", info.Path, info.Note)
		}
	}
}

func TestList(t *testing.T) {
	t.Setenv("HGBENCH_CACHE", t.TempDir())
	for _, info := range List() {
		if info.Train+info.Valid+info.Test != info.Size || info.Valid != info.Size/20 || len(info.SHA256) != 64 {
			t.Errorf("%s: splits %d, %d, %d of %d bytes, hash %q", info.Name, info.Train, info.Valid, info.Test, info.Size, info.SHA256)
		}
		switch {
		case info.Name == "enwik7" && (info.Path == "" || info.Note != ""):
			t.Errorf("enwik7 is in the module cache, but path is %q and note %q", info.Path, info.Note)
		case info.Name != "enwik7" && (info.Path != "" || !strings.Contains(info.Note, "hgbench data get "+info.Name)):
			t.Errorf("%s is not here, but path is %q and note %q", info.Name, info.Path, info.Note)
		}
	}
}

func TestCloseTwice(t *testing.T) {
	c, err := Open(t.Context(), writeFile(t, "text", make([]byte, 100)))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if c.Train != nil || c.Valid != nil || c.Test != nil {
		t.Error("the splits of a closed corpus can still be reached")
	}
}

func TestCheck(t *testing.T) {
	text := &Corpus{Name: "toy", Train: make([]byte, 90)}
	pictures := &Corpus{Name: "toy", Train: make([]byte, 90), RowLen: 30}
	tests := []struct {
		c              *Corpus
		context, batch int
		want           string // part of the error, empty for none
	}{
		{text, 90, 8, ""},
		{text, 91, 1, "take at most 90 bytes"},
		{text, 0, 1, "context 0"},
		{text, 1, 0, "batch 0"},
		{pictures, 30, 8, ""},
		{pictures, 31, 1, "take at most 30 sub-pixels"},
	}
	for _, test := range tests {
		err := test.c.Check(test.context, test.batch)
		if test.want != "" {
			wantError(t, err, test.want)
		} else if err != nil {
			t.Errorf("context %d, batch %d: %v", test.context, test.batch, err)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"enwki8", "enwik8", 2}} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("%q to %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
