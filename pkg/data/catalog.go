package data

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// source is a published corpus: where it comes from and how it is recognised.
type source struct {
	name   string
	about  string
	size   int64
	sha256 string // of the file itself, not of the archive it comes in
	module bool   // it comes inside a Go module instead of NAME.zip
}

// catalog lists the corpora with a name. Hashes and sizes of enwik8 and text8 are those of mattmahoney.net/dc.
var catalog = []source{
	{"enwik7", "the first 10 million bytes of enwik8", 10_000_000,
		"5985c81c39d927ae0e169625790ca4d9e7d1531270c8b09ad73176a375bb3d97", true},
	{"enwik8", "the first 100 million bytes of an English Wikipedia dump of 2006, with its markup (Hutter Prize)", 100_000_000,
		"2b49720ec4d78c3c9fabaee6e4179a5e997302b3a70029f30f2d582218c024a8", false},
	{"text8", "100 million characters of English Wikipedia, only a to z and space", 100_000_000,
		"6e890197040d37d85beb962ae1f041ff1d9a9ca8d20c7d99c85027eebf51dca7", false},
}

func lookup(name string) (source, bool) {
	for _, s := range catalog {
		if s.name == name {
			return s, true
		}
	}
	return source{}, false
}

// Info describes a corpus of the catalog.
type Info struct {
	Name   string `json:"name"`
	About  string `json:"about"`
	Path   string `json:"path,omitempty"` // of the file; empty when it is not here
	Note   string `json:"note,omitempty"` // what to do when Path is empty or the file has the wrong size; otherwise empty
	Size   int64  `json:"size"`           // bytes, as published
	SHA256 string `json:"sha256"`         // as published
	Train  int64  `json:"train"`          // bytes of the split, as are Valid and Test
	Valid  int64  `json:"valid"`
	Test   int64  `json:"test"`
}

// List returns the corpora with a name, and where they are on this machine. It looks at sizes only; Open verifies hashes.
func List() []Info {
	var infos []Info
	for _, s := range catalog {
		train, valid := splits(int(s.size))
		info := Info{Name: s.name, About: s.about, Size: s.size, SHA256: s.sha256,
			Train: int64(train), Valid: int64(valid), Test: int64(valid)}
		path, err := s.locate(context.Background())
		switch {
		case err == nil:
			info.Path = path
			if stat, err := os.Stat(path); err == nil && stat.Size() != s.size {
				info.Note = fmt.Sprintf("damaged, it has %d bytes: run \"hgbench data get %s\"", stat.Size(), s.name)
			}
		case s.module && errors.Is(err, fs.ErrNotExist):
			info.Note = "not here: fetched through the Go module proxy on first use"
		case errors.Is(err, fs.ErrNotExist):
			info.Note = fmt.Sprintf("not here: run \"hgbench data get %s\"", s.name)
		default:
			info.Note = err.Error()
		}
		infos = append(infos, info)
	}
	return infos
}

// CacheDir is the folder that Get fills and Open looks into: $HGBENCH_CACHE, else hgbench in the user's cache folder.
func CacheDir() (string, error) {
	if dir := os.Getenv("HGBENCH_CACHE"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder: %w; set HGBENCH_CACHE to one", err)
	}
	return filepath.Join(dir, "hgbench"), nil
}

// locate returns the path of the corpus on this machine: in the cache folder, or inside its Go module. The error of one that
// is nowhere is an fs.ErrNotExist.
func (s source) locate(ctx context.Context) (string, error) {
	dir, err := CacheDir()
	if err != nil && !s.module {
		return "", err
	}
	if path := filepath.Join(dir, s.name); err == nil && isFile(path) {
		return path, nil
	}
	if s.module {
		if path := moduleFile(goEnv(ctx).modCache); isFile(path) {
			return path, nil
		}
	}
	return "", &missing{s.name, dir}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// missing is the error for a corpus of the catalog that is not on this machine.
type missing struct{ name, dir string }

func (m *missing) Error() string {
	return fmt.Sprintf("corpus %s is not in %s: run \"hgbench data get %[1]s\", or set HGBENCH_CACHE to the folder that has it",
		m.name, m.dir)
}

func (m *missing) Is(target error) bool { return target == fs.ErrNotExist }

// unknown is the error for a name that is neither in the catalog nor a path.
func unknown(name string) error {
	return fmt.Errorf("unknown corpus %q%s: want %s, cifar10:PATH, or the path of an existing file",
		name, nearest(name), strings.Join(names(), ", "))
}

// names of the catalog.
func names() (all []string) {
	for _, s := range catalog {
		all = append(all, s.name)
	}
	return all
}

// nearest asks for the name of the catalog that may have been meant, if one is near.
func nearest(name string) (hint string) {
	least := 4 // more edits than that are no typing mistake
	for _, s := range catalog {
		if d := distance(strings.ToLower(name), s.name); d < least && d < len(s.name)/2+1 {
			hint, least = fmt.Sprintf(" (did you mean %s?)", s.name), d
		}
	}
	return hint
}

// distance is the number of insertions, deletions and substitutions that turn a into b (Levenshtein 1966).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
