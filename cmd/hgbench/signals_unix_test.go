//go:build unix

package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A command without an orderly end is ended by the first signal, whatever it
// waits for: here for somebody to read a pipe.
func TestFirstSignalEnds(t *testing.T) {
	workFolder(t)
	write(t, "hgbench-results/a/records.jsonl", `{"id":"1","status":"failed","error":"for a test","spec":{"seed":1}}`+"\n")
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		cmd := command(t, "export", "-o", "pipe")
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		bufio.NewScanner(stderr).Scan() // "results in …", so it is under way
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		impatience := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != signal {
			t.Errorf("after %v it ended by %v", signal, err)
		}
		impatience.Stop()
	}
}

// A pipe is read once: what is wrong with it is told, and nobody has to write a
// second time.
func TestPipes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"plan", "-f", path}, {"sweep", path}} {
		go os.WriteFile(path, []byte("nonsense: 1\n"), 0)
		contains(t, hgbench(t, command...).stderr, path+":1: unknown key nonsense")
	}
}
