package kernel

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// wrong checks that an error is one line with all the parts.
func wrong(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", parts)
		return
	}
	for _, part := range append(parts, "") {
		if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %q: want one line with %q", err, parts)
		}
	}
}

// options refuse to replace and stay silent.
func options(source string) Options {
	return Options{Source: source, Replace: func(string) bool { return false }, Progress: func(string) {}}
}

func TestFindSource(t *testing.T) {
	here, err := findSource("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(here, "notebooks", "kernel", "kernel.mod")); err != nil {
		t.Errorf("found %s: %v", here, err)
	}
	elsewhere := t.TempDir()
	write(t, filepath.Join(elsewhere, "go.mod"), "module example.com/other\n")
	_, err = findSource(elsewhere)
	wrong(t, err, elsewhere, "clone of the repository")
}

// TestMissingTools: what is missing is named, with where to get it.
func TestMissingTools(t *testing.T) {
	here, err := findSource("")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("JUPYTER_DATA_DIR", t.TempDir())
	path := t.TempDir()
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", path)
	wrong(t, Install(t.Context(), options(here)), "no go command", "https://go.dev/dl")

	if runtime.GOOS == "windows" {
		t.Skip("needs symbolic links")
	}
	if goCommand, err = filepath.EvalSymlinks(goCommand); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(goCommand, filepath.Join(path, "go")); err != nil {
		t.Fatal(err)
	}
	wrong(t, Install(t.Context(), options(here)), "no jupyter command", "pip install jupyterlab")
	if tools := FindTools(t.Context()); tools.Go == "" || tools.Compiler != "" || tools.Jupyter != "" {
		t.Errorf("found %+v, want Go alone", tools)
	}
}

// TestKernelsFolder: a folder that cannot be written is told before the build.
func TestKernelsFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	wrong(t, writable(filepath.Join(file, "kernels")), "folder for kernels", "file")
	if os.Getuid() > 0 { // root may write everywhere
		readOnly := t.TempDir()
		if err := os.Chmod(readOnly, 0o500); err != nil {
			t.Fatal(err)
		}
		wrong(t, writable(readOnly), "folder for kernels", "permission denied")
	}
	dir := t.TempDir()
	if err := writable(dir); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}

// TestModule: the kernel's module has what gophernotes needs, and hgbench from
// its folder with the Go version that it asks for.
func TestModule(t *testing.T) {
	source, dir := t.TempDir(), t.TempDir()
	write(t, filepath.Join(source, "go.mod"), "module hgbench\n\ngo 1.99.1\n\nrequire example.com/x v1.0.0\n")
	write(t, filepath.Join(source, "go.sum"), "example.com/x v1.0.0/go.mod h1:x=\n")
	if err := writeModule(dir, source); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	if mod.Module.Mod.Path != gophernotes.path || mod.Go.Version != "1.99.1" || len(mod.Replace) != 2 || mod.Replace[0].New.Path != source {
		t.Errorf("want %s with go 1.99.1 and hgbench from %s, got\n%s", gophernotes.path, source, text)
	}
	sum, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"example.com/x v1.0.0/go.mod h1:x=",
		"github.com/cosmos72/gomacro v0.0.0-20231101204900-3dc08f5f8fea h1:UaXbB+Mv9i2roIj0Ka1ATyHrC8JFnycDdj9dZ9RK/sg=",
		"github.com/cosmos72/gomacro v0.0.0-20231101204900-3dc08f5f8fea/go.mod h1:5e35wR9cfXppxd99a3QlRkj0E5qVg2nSA8z5XG0biTc=",
	} {
		if !strings.Contains(string(sum), want) {
			t.Errorf("go.sum lacks %s", want)
		}
	}
	wrong(t, writeModule(dir, t.TempDir()), "source of hgbench", "go.mod")
}

func TestDigest(t *testing.T) {
	source := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum", "plots/a.go", "plots/a_test.go", "results/recorded/quick/records.jsonl"} {
		write(t, filepath.Join(source, name), "1")
	}
	for _, folder := range linked {
		write(t, filepath.Join(source, folder, "doc.go"), "package x")
	}
	digest := func() string {
		t.Helper()
		d, err := sourceDigest(source)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	before := digest()
	for _, irrelevant := range []string{"plots/a_test.go", "results/recorded/quick/records.jsonl", "plots/testdata/x.go", "README.md"} {
		write(t, filepath.Join(source, irrelevant), "2")
		if digest() != before {
			t.Errorf("%s changes the digest", irrelevant)
		}
	}
	for _, relevant := range []string{"plots/a.go", "go.sum", "results/published/published.json"} {
		write(t, filepath.Join(source, relevant), "2")
		if d := digest(); d == before {
			t.Errorf("%s does not change the digest", relevant)
		} else {
			before = d
		}
	}
	_, err := sourceDigest(t.TempDir())
	wrong(t, err, "source of hgbench")
}

func TestGoCommandCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := goCommand(ctx, t.TempDir(), nil, "version"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was cancelled", err)
	}
}

func TestGoCommandComplains(t *testing.T) {
	_, err := goCommand(t.Context(), t.TempDir(), nil, "list", "./nothing-here")
	wrong(t, err, "go list", "go.mod file not found")
}
