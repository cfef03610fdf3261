package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"hgbench/report/running"
	"hgbench/report/tensorboard"
)

func TestServe(t *testing.T) {
	workFolder(t)
	write(t, "mine/note.txt", "a sweep is about to begin")
	cmd := command(t, "serve", "mine", "--addr", ":0") // which is this machine alone
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() {
		t.Fatal("it says nothing")
	}
	url := regexp.MustCompile(`^http://127\.0\.0\.1:\d+`).FindString(lines.Text())
	if url == "" {
		t.Fatalf("it says %q", lines.Text())
	}
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(page), "<!DOCTYPE html>", "There is nothing to draw yet")
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || stderr.String() != "" {
		t.Errorf("Ctrl-C ends it with %v, %q", err, stderr.String())
	}
}

func TestServeFails(t *testing.T) {
	workFolder(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := hgbench(t, "serve", ".", "--addr", l.Addr().String())
	if got.status != exitError {
		t.Errorf("status %d", got.status)
	}
	contains(t, got.stderr, "address already in use; --addr 127.0.0.1:0 takes a free port")
	if got := hgbench(t, "serve", ".", "--addr", "8080"); got.status != exitUsage {
		t.Errorf("status %d, %s", got.status, got.stderr)
	}
}

// A sweep tells of the point that runs, and no longer when it has ended in
// whatever way.
func TestSweepTells(t *testing.T) {
	workFolder(t)
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT} {
		cmd := command(t, "sweep", "sweep.yaml", "--set", "train.steps=1000000")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r := waitFor(t, "hgbench-results/tiny")
		if r.Sweep != "tiny" || r.Index != 1 || r.Points != 3 || r.Label != "transformer(relative) 1@1" || r.Total != 1_000_000 || len(r.Spec) == 0 {
			t.Errorf("told %+v", r)
		}
		if last := r.Curve[len(r.Curve)-1]; last.Tokens != int64(last.Step)*24*2 || !(last.TrainBPC > 0) {
			t.Errorf("told %+v", last)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) {
			t.Fatal(err)
		}
		runs, err := running.Read("hgbench-results/tiny")
		if left := map[syscall.Signal]int{syscall.SIGKILL: 1}[signal]; err != nil || len(runs) != left {
			t.Errorf("after %v %d runs are told of, %v", signal, len(runs), err)
		}
	}
}

// waitFor waits until a sweep tells of a run that trains.
func waitFor(t *testing.T, dir string) running.Run {
	t.Helper()
	began := time.Now()
	for deadline := began.Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		runs, err := running.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(runs) == 1 && runs[0].Updated.After(began) && runs[0].Phase == "train" && len(runs[0].Curve) > 0 {
			return runs[0]
		}
	}
	t.Fatal("no run is told of")
	return running.Run{}
}

func TestSweepForTensorBoard(t *testing.T) {
	workFolder(t)
	ok(t, "sweep", "sweep.yaml")
	if exists("hgbench-results/tiny/tensorboard") || exists("hgbench-results/tiny/progress") {
		t.Error("what was not asked for, or is over, is there")
	}
	ok(t, "sweep", "sweep.yaml", "--tensorboard") // of the points done before
	for _, r := range recorded(t, "hgbench-results/tiny") {
		files, err := filepath.Glob(filepath.Join("hgbench-results/tiny/tensorboard", tensorboard.Name(r), "events.out.tfevents.*"))
		if err != nil || len(files) != 1 {
			t.Errorf("%s: %q, %v", r.Label(), files, err)
		}
	}
}
