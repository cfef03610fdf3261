package tensorboard

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TensorBoard itself reads what Write writes.
func TestTensorBoardReads(t *testing.T) {
	if testing.Short() {
		t.Skip("installs TensorBoard; not in short mode")
	}
	python := environment(t)
	dir := t.TempDir()
	r := record()
	if err := Write(dir, r); err != nil {
		t.Fatal(err)
	}
	out := run(t, python, "read.py", filepath.Join(dir, Name(r)))
	var got map[string][][3]float64 // time, step, value
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	at := float64(r.Time.Unix())
	want := map[string][][3]float64{
		TrainBPC:        {{at - 20, 10, 4}, {at - 10, 20, 3}, {at, 30, 2.25}},
		ValidBPC:        {{at - 20, 10, 3.5}, {at, 30, 2.5}},
		TestBPC:         {{at, 30, 2.75}},
		TokensPerSecond: {{at - 20, 10, 100}, {at - 10, 20, 200}, {at, 30, 100}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// environment makes a virtual environment of pinned versions in .cache, unless
// one of the same requirements is there, and returns its Python.
func environment(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", ".cache", "tensorboard-venv"))
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
	if have, err := os.ReadFile(installed); err == nil && bytes.Equal(have, want) && exec.Command(python, "-c", "").Run() == nil {
		return python
	}
	system, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on PATH: TensorBoard does not read the events")
	}
	if exec.Command(system, "-c", "import venv, ensurepip").Run() != nil {
		t.Skip("python3 has no venv (Debian: apt install python3-venv): TensorBoard does not read the events")
	}
	run(t, system, "-m", "venv", "--clear", dir)
	run(t, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt")
	if err := os.WriteFile(installed, want, 0o644); err != nil {
		t.Fatal(err)
	}
	return python
}

// run runs a command that must succeed, and returns what it prints.
func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, stderr.Bytes())
	}
	return out
}
