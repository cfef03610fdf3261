// Package venv makes the virtual environments of Python in which tests run
// programs that are not written in Go: Jupyter, TensorBoard.
package venv

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Python makes a virtual environment of that name in the folder .cache of the
// repository, which is root, with the pinned versions of requirements.txt in the
// test's folder, and returns its Python. One of the same requirements is used
// again, if the module can be imported that stands for them. Without Python the
// test is skipped, with a reason that says what is not tested.
func Python(t *testing.T, root, name, module, untested string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join(root, ".cache", name))
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(dir, "bin", "python")
	if runtime.GOOS == "windows" {
		python = filepath.Join(dir, "Scripts", "python.exe")
	}
	want, err := os.ReadFile("requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	installed := filepath.Join(dir, "requirements.txt")
	if have, err := os.ReadFile(installed); err == nil && bytes.Equal(have, want) && exec.Command(python, "-c", "import "+module).Run() == nil {
		return python
	}
	system, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on PATH: " + untested)
	}
	if exec.Command(system, "-c", "import venv, ensurepip").Run() != nil {
		t.Skip("python3 has no venv (Debian: apt install python3-venv): " + untested)
	}
	Run(t, system, "-m", "venv", "--clear", dir)
	Run(t, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt")
	if err := os.WriteFile(installed, want, 0o644); err != nil {
		t.Fatal(err)
	}
	return python
}

// Run runs a command that must succeed, and returns what it prints.
func Run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", cmd, err, out, stderr.Bytes())
	}
	return out
}
