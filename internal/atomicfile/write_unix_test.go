//go:build unix

package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"testing"
)

func TestLinkStays(t *testing.T) {
	folder(t)
	links := map[string]string{ // to where they point
		"to-file": "file", "to-new": "folder/new", "to-link": "to-file", "folder/up": "../file",
	}
	for name, to := range links {
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	for link, file := range map[string]string{"to-file": "file", "to-new": "folder/new", "to-link": "file", "folder/up": "file"} {
		if err := Write(link, []byte("by "+link)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, file); got != "by "+link {
			t.Errorf("written to %s, %s holds %q", link, file, got)
		}
		if to, err := os.Readlink(link); err != nil || to != links[link] {
			t.Errorf("%s points to %q, %v", link, to, err)
		}
	}
	noneLeft(t)
}

func TestCircleOfLinks(t *testing.T) {
	folder(t)
	if err := errors.Join(os.Symlink("a", "b"), os.Symlink("b", "a")); err != nil {
		t.Fatal(err)
	}
	if err := Write("a", nil); err == nil {
		t.Error("want an error")
	}
}

// A pipe stands for all that is no file: it is written to, and is there after.
func TestPipeIsWrittenTo(t *testing.T) {
	folder(t)
	if err := errors.Join(syscall.Mkfifo("pipe", 0o600), os.Symlink("pipe", "to-pipe")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"pipe", "to-pipe"} {
		got := make(chan string)
		go func() {
			content := "cannot be read"
			if f, err := os.Open("pipe"); err == nil {
				b, _ := io.ReadAll(f)
				f.Close()
				content = string(b)
			}
			got <- content
		}()
		if err := Write(path, []byte("content")); err != nil {
			t.Fatal(err)
		}
		if content := <-got; content != "content" {
			t.Errorf("%s: read %q", path, content)
		}
		if info, err := os.Lstat("pipe"); err != nil || info.Mode().Type() != fs.ModeNamedPipe {
			t.Errorf("the pipe has become %v, %v", info.Mode(), err)
		}
	}
	noneLeft(t)
}
