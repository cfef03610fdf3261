package kernel

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// specs has Jupyter's data in a folder of the test, with a kernelspec unless its
// text is empty, and gives the kernelspec's folder.
func specs(t *testing.T, text string) string {
	t.Helper()
	data := t.TempDir()
	t.Setenv("JUPYTER_DATA_DIR", data)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(data, "cache"))
	t.Setenv("HOME", data)
	folder, err := SpecFolder()
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(data, "kernels", "gophernotes"); folder != want {
		t.Fatalf("the kernelspec goes to %s, want %s", folder, want)
	}
	if text != "" {
		write(t, filepath.Join(folder, "kernel.json"), text)
	}
	return folder
}

const (
	foreign = `{"argv": ["gophernotes", "{connection_file}"], "display_name": "Go", "language": "go"}`
	ours    = `{"argv": ["/nowhere/gophernotes", "{connection_file}"], "metadata": {"hgbench": {"source": "/nowhere", "digest": "1", "go": "go1.26.8"}}}`
)

// TestForeign: what is not from here is asked about, whatever it is.
func TestForeign(t *testing.T) {
	for name, text := range map[string]string{"gophernotes": foreign, "half-written": `{"argv": [`} {
		t.Run(name, func(t *testing.T) {
			folder := specs(t, text)
			asked := ""
			o := options("")
			o.Replace = func(folder string) bool { asked = folder; return false }
			err := Uninstall(o)
			if !errors.Is(err, ErrNotOurs) || asked != folder {
				t.Errorf("error %v after asking about %q: want %v about %s", err, asked, ErrNotOurs, folder)
			}
			if _, err := os.Stat(filepath.Join(folder, "kernel.json")); err != nil {
				t.Errorf("it was removed unasked: %v", err)
			}
			if s, err := CurrentStatus(t.Context()); err != nil || !s.Found || s.Ours {
				t.Errorf("status %+v, %v: want found, and not ours", s, err)
			}
			o.Replace = func(string) bool { return true }
			if err := Uninstall(o); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(folder); err == nil {
				t.Error("it is still there")
			}
		})
	}
}

// TestFolderWithoutSpec: a folder without a kernel.json may be anything.
func TestFolderWithoutSpec(t *testing.T) {
	folder := specs(t, "")
	write(t, filepath.Join(folder, "kernel.js"), "")
	if err := Uninstall(options("")); !errors.Is(err, ErrNotOurs) {
		t.Errorf("error %v, want %v", err, ErrNotOurs)
	}
}

func TestOurs(t *testing.T) {
	folder := specs(t, ours)
	s, err := CurrentStatus(t.Context())
	if err != nil || !s.Ours || s.Source != "/nowhere" || s.Go != "go1.26.8" || s.Fault != "its program is gone" {
		t.Errorf("status %+v, %v: want ours, from /nowhere, without its program", s, err)
	}
	if err := Uninstall(options("")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("it is still there")
	}
	var told string
	o := options("")
	o.Progress = func(line string) { told = line }
	if err := Uninstall(o); err != nil || told != "there is no kernel "+Name+" to remove" {
		t.Errorf("uninstalling twice: %v, told %q", err, told)
	}
	if s, err := CurrentStatus(t.Context()); err != nil || s.Found {
		t.Errorf("status %+v, %v: want nothing found", s, err)
	}
}

// TestWriteSpec replaces what was there, all of it.
func TestWriteSpec(t *testing.T) {
	folder := specs(t, foreign)
	write(t, filepath.Join(folder, "kernel.js"), "")
	logos := t.TempDir()
	var s kernelspec
	s.Argv = []string{"/bin/gophernotes", "{connection_file}"}
	s.Metadata.Hgbench = &origin{Source: "/src", Digest: "2", Go: "go1"}
	if err := writeSpec(folder, s, logos); err == nil {
		t.Error("without logos: want an error")
	}
	if read, _, err := readSpec(folder); err != nil || read.DisplayName != "Go" {
		t.Errorf("after a failure there is %+v, %v: want the old one", read, err)
	}
	write(t, filepath.Join(logos, "logo-32x32.png"), "png")
	write(t, filepath.Join(logos, "logo-64x64.png"), "png")
	if err := writeSpec(folder, s, logos); err != nil {
		t.Fatal(err)
	}
	read, found, err := readSpec(folder)
	if err != nil || !found || read.Argv[0] != "/bin/gophernotes" || *read.Metadata.Hgbench != *s.Metadata.Hgbench {
		t.Errorf("read %+v, %v, %v, want what was written", read, found, err)
	}
	if _, err := os.Stat(filepath.Join(folder, "kernel.js")); err == nil {
		t.Error("a file of the old one is still there")
	}
	if left, _ := os.ReadDir(filepath.Dir(folder)); len(left) != 1 {
		t.Errorf("beside the kernelspec there are %v", left)
	}
}

func TestDataFolder(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("paths of Linux")
	}
	t.Setenv("HOME", "/home/me")
	for _, c := range []struct{ jupyter, xdg, want string }{
		{"/j", "/x", "/j"},
		{"", "/x", "/x/jupyter"},
		{"", "", "/home/me/.local/share/jupyter"},
	} {
		t.Setenv("JUPYTER_DATA_DIR", c.jupyter)
		t.Setenv("XDG_DATA_HOME", c.xdg)
		if got, err := dataFolder(); err != nil || got != c.want {
			t.Errorf("%+v: %s, %v", c, got, err)
		}
	}
}
