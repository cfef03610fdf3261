package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hgbench/results"
)

// The test binary is hgbench itself when a test starts it with this variable.
const asCommand = "HGBENCH_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// command is hgbench as a process of its own, in the current folder.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

type outcomeOf struct {
	status         int
	stdout, stderr string
}

// hgbench runs one command line in this process.
func hgbench(t *testing.T, args ...string) outcomeOf {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := execute(t.Context(), args, &stdout, &stderr)
	return outcomeOf{status, stdout.String(), stderr.String()}
}

// ok runs a command line that must succeed, and returns what it prints.
func ok(t *testing.T, args ...string) string {
	t.Helper()
	got := hgbench(t, args...)
	if got.status != exitOK {
		t.Fatalf("hgbench %s: status %d\n%s", strings.Join(args, " "), got.status, got.stderr)
	}
	return got.stdout
}

// okJSON decodes what a command line prints.
func okJSON[T any](t *testing.T, args ...string) (v T) {
	t.Helper()
	out := ok(t, args...)
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("hgbench %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return v
}

// contains fails the test unless text has all the parts.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

// tiny is the smallest spec worth training, on a text of the test's own.
const tiny = `
model: {d_model: 16, heads: 2, hierarchy: "1@1,1@2,1@1"}
data: corpus.txt
train: {context: 24, batch: 2, steps: 12, warmup: 3}
eval: {every: 6, valid_bytes: 300, bytes: 900}
`

const tinySweep = `
name: tiny
protocol: P1
base:
  data: corpus.txt
  model: {d_model: 16, heads: 2}
  train: {context: 24, batch: 2, steps: 12, warmup: 3}
  eval: {every: 6, valid_bytes: 300, bytes: 900}
axes:
  model:
    - {system: transformer, hierarchy: 1@1}
    - {system: transformer, hierarchy: 2@1}
    - {hierarchy: "1@1,1@2,1@1"}
`

// workFolder makes the current folder an empty one with a corpus, a spec and a
// sweep.
func workFolder(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	var text strings.Builder
	for i := 0; text.Len() < 20_000; i++ {
		fmt.Fprintf(&text, "Line %d says that %d times %d is %d. ", i, i%13, i%7, (i%13)*(i%7))
	}
	write(t, "corpus.txt", text.String())
	write(t, "tiny.yaml", tiny)
	write(t, "sweep.yaml", tinySweep)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// recorded are the records of a folder.
func recorded(t *testing.T, folder string) results.Records {
	t.Helper()
	records, warnings, err := results.Read(folder)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	return records
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// await waits for something that takes seconds on a machine that is not busy.
func await(t *testing.T, what string, reached func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !reached(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited five minutes for %s", what)
		}
	}
}
