package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// What is missing, and how to get it.
var (
	errNoGo      = errors.New("no go command found: get Go from https://go.dev/dl and put its bin folder on PATH")
	errNoJupyter = errors.New("no jupyter command found: pip install jupyterlab, in a virtual environment that is active")
)

// Tools is what a kernel needs from the machine, as found there.
type Tools struct {
	Go       string `json:"go"`       // version, "go1.26.8"; "" if there is none
	Compiler string `json:"compiler"` // path of the C compiler; "" if there is none
	Jupyter  string `json:"jupyter"`  // path of the jupyter command; "" if there is none
}

// FindTools looks for the tools in the folders of PATH.
func FindTools(ctx context.Context) Tools {
	var t Tools
	if out, err := goCommand(ctx, os.TempDir(), nil, "env", "GOVERSION", "CC"); err == nil {
		version, compiler, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		t.Go = version
		// CC may have flags after the command.
		if words := strings.Fields(compiler); len(words) > 0 {
			t.Compiler, _ = exec.LookPath(words[0])
		}
	}
	t.Jupyter, _ = exec.LookPath("jupyter")
	return t
}

// missing is the error for what a kernel cannot do without: a C compiler it can.
func (t Tools) missing() error {
	switch {
	case t.Go == "":
		return errNoGo
	case t.Jupyter == "":
		return errNoJupyter
	}
	return nil
}

// goCommand runs the go command in dir and returns what it prints. Its error
// has what the command complained of, on one line.
func goCommand(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	// What is built is the kernel's module, whatever workspace the user is in; its
	// go.mod is only complete once the go command has seen it.
	cmd.Env = append(append(os.Environ(), "GOWORK=off", "GO111MODULE=on", "GOFLAGS="+os.Getenv("GOFLAGS")+" -mod=mod"), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return nil, errNoGo
	case err != nil:
		return stdout.Bytes(), fmt.Errorf("go %s: %w: %s", args[0], err, oneLine(stderr.String()))
	}
	return stdout.Bytes(), nil
}

// oneLine puts the first lines of a complaint in one, without those by which the
// go command tells progress: what comes later mostly follows from what came first.
func oneLine(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "go: downloading ") && !strings.HasPrefix(line, "#") {
			kept = append(kept, line)
		}
	}
	const most = 3
	if len(kept) > most {
		kept = append(kept[:most], fmt.Sprintf("and %d lines more", len(kept)-most))
	}
	return strings.Join(kept, "; ")
}
