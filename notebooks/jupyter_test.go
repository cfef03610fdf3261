package notebooks

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hgbench/internal/venv"
	"hgbench/notebooks/kernel"
)

// jupyter makes ready what a user would install by hand, and nothing of it in the
// user's own folders: a virtual environment of pinned versions in .cache, kept
// between runs, and the kernel as "hgbench kernel install" builds it. It returns
// the environment's Python.
func jupyter(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a kernel and executes notebooks; not in short mode")
	}
	python := venv.Python(t, "..", "jupyter-venv", "nbclient", "notebooks are not executed")
	t.Setenv("PATH", filepath.Dir(python)+string(os.PathListSeparator)+os.Getenv("PATH"))
	installKernel(t)
	return python
}

// installKernel builds the kernel into folders of the test's own, the same each
// time, and leaves the go command its caches: or it would compile everything anew.
func installKernel(t *testing.T) {
	t.Helper()
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOENV"} {
		t.Setenv(name, strings.TrimSpace(string(venv.Run(t, "go", "env", name))))
	}
	home, err := filepath.Abs(filepath.Join("..", ".cache", "jupyter-home"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(home, "jupyter")); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"HOME": home, "LocalAppData": home, "APPDATA": home, "XDG_CACHE_HOME": filepath.Join(home, "cache"),
		"JUPYTER_DATA_DIR": filepath.Join(home, "jupyter"), "JUPYTER_RUNTIME_DIR": filepath.Join(home, "runtime"),
		"JUPYTER_CONFIG_DIR": filepath.Join(home, "config"), "JUPYTER_PATH": "", "IPYTHONDIR": filepath.Join(home, "ipython"),
	} {
		t.Setenv(name, value)
	}
	if err := kernel.Install(t.Context(), kernel.Options{
		Replace:  func(string) bool { return false },
		Progress: func(line string) { t.Log(line) },
	}); err != nil {
		t.Fatal(err)
	}
}

// tree is a copy of the notebooks and of the results that they read, laid out as
// in the repository. Results that nobody has recorded yet are stood in for. "go
// test -artifacts -outputdir .cache" keeps it, to be looked at.
func tree(t *testing.T) string {
	t.Helper()
	root := t.ArtifactDir()
	copyFile := func(name string) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names(t) {
		copyFile(filepath.Join("notebooks", name))
		n := read(t, name)
		for _, input := range n.inputs() {
			folder := filepath.Join("results", "recorded", filepath.FromSlash(input))
			if _, err := os.Stat(filepath.Join(root, folder)); !errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if _, err := os.Stat(filepath.Join("..", folder, "records.jsonl")); err == nil {
				copyFile(filepath.Join(folder, "records.jsonl"))
			} else {
				standIn(t, input, filepath.Join(root, folder))
			}
		}
	}
	return filepath.Join(root, "notebooks")
}
