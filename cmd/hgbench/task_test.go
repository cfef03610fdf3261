package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/sweeps"
	"hgbench/sweeps/slurm"
)

// A task runs its point with what was submitted, and refuses another corpus.
func TestTask(t *testing.T) {
	workFolder(t)
	points := okJSON[submitted](t, "sweep", "sweep.yaml", "--slurm", "--dry-run", "--json").Points
	sub := submission{Roster: sweeps.Roster{Sweep: "tiny", Total: 3, Points: points[1:]}}
	if err := sweeps.WriteJSON("points.json", sub); err != nil {
		t.Fatal(err)
	}
	got := hgbench(t, "task", "--out", "mine", "points.json", "2")
	records := recorded(t, "mine")
	if got.status != exitOK || len(records) != 1 || records[0].ID != points[2].ID || records[0].Sweep != "tiny" {
		t.Errorf("status %d, recorded %v\n%s", got.status, records, got.stderr)
	}
	contains(t, got.stderr, "[3/3] hourglass 1@1,1@2,1@1: validation BPC ")
	contains(t, hgbench(t, "task", "--out", "mine", "points.json", "2").stderr, "done before")
	for number, want := range map[string]string{"3": "has 2 points, numbered from 1", "0": "numbered from 1", "x": "numbered from 1"} {
		if got := hgbench(t, "task", "--out", "mine", "points.json", number); got.status != exitError {
			t.Errorf("task %s: status %d", number, got.status)
		} else {
			contains(t, got.stderr, want)
		}
	}
	text, err := os.ReadFile("corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	write(t, "corpus.txt", string(text)+"!")
	got = hgbench(t, "task", "--out", "mine", "points.json", "1")
	if got.status != exitError || len(recorded(t, "mine")) != 1 {
		t.Errorf("status %d with another corpus", got.status)
	}
	contains(t, got.stderr, "corpus corpus.txt is another one here", "want the same file on all machines")
}

// A task that is told to stop goes back to the queue if Slurm still means it to
// run and it has got on; or else it would come back for ever.
func TestGoOnLater(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	workFolder(t)
	leaveCheckpoint(t, "mine", "ab", `{"step": 7, "causality": {"init": "pass"}, "tally": {"windows": [1, 2]}}`)
	t.Setenv("PATH", t.TempDir()+string(os.PathListSeparator)+os.Getenv("PATH"))
	bin, _, _ := strings.Cut(os.Getenv("PATH"), string(os.PathListSeparator))
	for name, c := range map[string]struct {
		state  string
		before bench.Reached
		goesOn bool
		err    string
	}{
		"time ends, in training":      {"RUNNING", bench.Reached{Step: 3}, true, ""},
		"time ends, in an evaluation": {"RUNNING", bench.Reached{Step: 7, Windows: 1}, true, ""},
		"time ends, once proven":      {"RUNNING", bench.Reached{Step: 7, Windows: 2}, true, ""},
		"time ends before a step":     {"RUNNING", bench.Reached{Proven: true, Step: 7, Windows: 2}, false, "came to no step within its time"},
		"cancelled or preempted":      {"COMPLETING", bench.Reached{}, false, ""},
	} {
		for program, script := range map[string]string{"squeue": "echo " + c.state, "scontrol": `echo "$@" >> requeued`} {
			if err := os.WriteFile(filepath.Join(bin, program), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		var cmd cobra.Command
		cmd.SetContext(t.Context())
		cmd.SetErr(new(strings.Builder))
		err := goOnLater(&cmd, slurm.Own{ID: "12_3"}, c.before, "ab", "mine")
		if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v", name, err)
		}
		if text, _ := os.ReadFile("requeued"); (string(text) == "requeue 12_3\n") != c.goesOn {
			t.Errorf("%s: scontrol was called with %q", name, text)
		}
		_ = os.Remove("requeued") // if it is there
	}
}
