package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hgbench/bench"
)

const clusterSweep = `
name: cluster
protocol: P1
base:
  data: corpus.txt
  model: {d_model: 16, heads: 2}
  train: {context: 24, batch: 2, steps: 200, warmup: 3}
  eval: {every: 100, valid_bytes: 300, bytes: 900}
axes:
  model:
    - {system: transformer, hierarchy: 1@1}
    - {system: transformer, hierarchy: 2@1}
    - {hierarchy: "1@1,1@2,1@1"}
  seed: [1, 2]
`

// array is a submitted job array, and what was done to its tasks.
type array struct {
	cluster
	submitted
	out string
}

func (a array) task(number int) string { return fmt.Sprintf("%s_%d", a.Job, number) }

// hold waits until a task runs and has written a checkpoint since, and then
// stops its process, so that what comes next does not come too late.
func (a array) hold(t *testing.T, number int) {
	t.Helper()
	id := a.Points[number-1].ID
	before, _ := bench.ReadReached(checkpointsFolder(a.out), id)
	await(t, "a checkpoint of task "+a.task(number), func() bool {
		now, err := bench.ReadReached(checkpointsFolder(a.out), id)
		return err == nil && now.Step > before.Step
	})
	a.signal(t, number, syscall.SIGSTOP)
}

// processesOf are those of a task: one, and while it tells Slurm something the
// program that it has do so.
func (a array) processesOf(number int) []int {
	return a.processes("SLURM_ARRAY_JOB_ID="+a.Job, fmt.Sprint("SLURM_ARRAY_TASK_ID=", number))
}

// signal sends a signal to the process of a task.
func (a array) signal(t *testing.T, number int, signal syscall.Signal) {
	t.Helper()
	ids := a.processesOf(number)
	if len(ids) != 1 {
		t.Fatalf("task %s has processes %v; want one", a.task(number), ids)
	}
	if err := syscall.Kill(ids[0], signal); err != nil {
		t.Error(err)
	}
}

// Points that are requeued, preempted, warned, killed and cancelled on a real
// Slurm: in the end all are recorded, with the bits of a run at home, and
// nothing was submitted twice.
func TestSlurm(t *testing.T) {
	c := startCluster(t)
	t.Setenv(asCommand, "1")
	write(t, "sweep.yaml", clusterSweep)
	ok(t, "sweep", "sweep.yaml", "--out", "home", "--threads", "1")
	out := "on a cluster" // Slurm has its own way with spaces
	args := []string{"sweep", "sweep.yaml", "--out", out, "--slurm", "--partition", "low", "--time", "10", "--sbatch=--comment=it's \"a test\"", "--checkpoint", "0", "--json"}
	a := array{c, okJSON[submitted](t, args...), out}
	if len(a.Points) != 6 || a.Job == "" {
		t.Fatalf("submitted %+v", a.submitted)
	}
	if again := okJSON[submitted](t, args...); again.Job != "" || len(again.Points) != 0 {
		t.Errorf("submitted again: %+v", again)
	}
	contains(t, c.slurm(t, "scontrol", "show", "job", a.task(6)), `Comment=it's "a test"`, "TimeLimit=00:10:00", "Requeue=1", "Partition=low", "NumCPUs=1")
	// What is submitted is not what the file says by now.
	write(t, "sweep.yaml", strings.Replace(clusterSweep, "seed: [1, 2]", "seed: [3, 2, 1]", 1))

	// Slurm itself sends SIGCONT with SIGTERM.
	a.hold(t, 1)
	a.hold(t, 2)
	status := okJSON[sweepStatus](t, "status", out, "--json")
	if status.Counts[isRunning] != 2 || status.Counts[isQueued] != 4 || !(status.SecondsLeft > 0) || status.Points[5].Task == nil {
		t.Errorf("status %+v", status)
	}
	c.slurm(t, "scontrol", "requeue", a.task(1))
	a.signal(t, 2, syscall.SIGKILL)
	a.hold(t, 3)
	a.hold(t, 4)
	c.slurm(t, "scancel", a.task(3))
	a.signal(t, 4, syscall.SIGTERM) // Slurm's warning, as it comes when time runs out
	a.signal(t, 4, syscall.SIGCONT)
	a.hold(t, 5)
	c.slurm(t, "sbatch", "--partition=high", "--nodes=2", "--output=/dev/null", "--wrap=sleep 0.5")
	a.emptied(t)

	write(t, "sweep.yaml", clusterSweep)
	done := recorded(t, out)
	missing := okJSON[submitted](t, args...)
	var names []string
	for _, p := range missing.Points {
		names = append(names, fmt.Sprint(p.Number))
	}
	if got := strings.Join(names, " "); len(done) != 4 || got != "2 3" || missing.Job == "" {
		t.Errorf("%d points are recorded, submitted %q, job %q; want the killed and the cancelled one, 2 3", len(done), got, missing.Job)
	}
	a.emptied(t)
	contains(t, ok(t, "sweep", "sweep.yaml", "--out", out, "--slurm"), "sweep cluster: 6 points, 6 done", "nothing to submit")
	contains(t, ok(t, "status", out), "6 of 6 points done")
	contains(t, ok(t, "results", "fsck", out), "nothing wrong with 6 records", " 0 checkpoints")
	if diff := cmp.Diff(bare(recorded(t, "home")), bare(recorded(t, out))); diff != "" {
		t.Errorf("at home (-), on the cluster (+):\n%s", diff)
	}

	a.logged(t, 1, "DUE TO JOB REQUEUE", "going on from a checkpoint after step ")
	a.logged(t, 4, "task "+a.task(4)+" goes back to the queue", "going on from a checkpoint after step ")
	a.logged(t, 5, "DUE TO PREEMPTION", "going on from a checkpoint after step ")
	a.logged(t, 3, "interrupted: ")
	for _, number := range []string{"1.log", "2.log"} {
		log, err := os.ReadFile(filepath.Join(missing.Folder, number))
		if err != nil {
			t.Error(err)
		}
		contains(t, string(log), "going on from a checkpoint after step ")
	}
}

// emptied waits until the queue is empty.
func (a array) emptied(t *testing.T) {
	t.Helper()
	await(t, "an empty queue", func() bool {
		left, err := exec.Command("squeue", "--noheader").Output()
		return err == nil && len(left) == 0
	})
}

// logged wants words in a task's log, in their order.
func (a array) logged(t *testing.T, number int, words ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(a.Folder, fmt.Sprint(number)+".log"))
	if err != nil {
		t.Fatal(err)
	}
	rest := string(text)
	for _, w := range words {
		var found bool
		if _, rest, found = strings.Cut(rest, w); !found {
			t.Errorf("log of task %d lacks %q:\n%s", number, w, text)
		}
	}
}
