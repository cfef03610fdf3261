package notebooks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

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
	python := environment(t)
	t.Setenv("PATH", filepath.Dir(python)+string(os.PathListSeparator)+os.Getenv("PATH"))
	installKernel(t)
	return python
}

// environment makes the virtual environment, unless one of the same
// requirements is there. Without Python there is nothing to test, and the reason
// is said.
func environment(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".cache", "jupyter-venv"))
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(dir, "bin", "python")
	if runtime.GOOS == "windows" {
		python = filepath.Join(dir, "Scripts", "python.exe")
	}
	requirements, err := os.ReadFile("requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(requirements)
	stamp, want := filepath.Join(dir, "requirements.sha256"), hex.EncodeToString(hash[:])
	if have, err := os.ReadFile(stamp); err == nil && string(have) == want {
		if exec.Command(python, "-c", "import nbclient").Run() == nil {
			return python
		}
	}
	system, err := exec.LookPath("python3")
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("no python3 on PATH: notebooks are not executed")
	}
	if err := exec.Command(system, "-c", "import venv, ensurepip").Run(); err != nil {
		t.Skip("python3 has no venv (Debian: apt install python3-venv): notebooks are not executed")
	}
	run(t, system, "-m", "venv", "--clear", dir)
	run(t, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt")
	if err := os.WriteFile(stamp, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
	return python
}

// installKernel builds the kernel into folders of the test's own, the same each
// time, and leaves the go command its caches: or it would compile everything anew.
func installKernel(t *testing.T) {
	t.Helper()
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOENV"} {
		t.Setenv(name, strings.TrimSpace(run(t, "go", "env", name)))
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

// run runs a command that must succeed and returns what it prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", filepath.Base(name), strings.Join(args, " "), err, out, stderr.Bytes())
	}
	return string(out)
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
