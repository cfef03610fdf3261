package slurm

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseQueue(t *testing.T) {
	// As Slurm 22.05 prints it.
	got, err := parseQueue(`1|3|PENDING|(Resources)|/tmp/a b/x|y/job.sh
1|1|RUNNING|n1|/tmp/a b/x|y/job.sh
7|N/A|RUNNING|n2|sleep
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Task{
		{ID: "1_3", Number: 3, State: "PENDING", Where: "(Resources)", Script: "/tmp/a b/x|y/job.sh"},
		{ID: "1_1", Number: 1, State: "RUNNING", Where: "n1", Script: "/tmp/a b/x|y/job.sh"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got[0].Running() || !got[1].Running() {
		t.Error("what is pending runs, or what runs does not")
	}
	if tasks, err := parseQueue(""); err != nil || len(tasks) != 0 {
		t.Errorf("an empty queue has %v, %v", tasks, err)
	}
	if _, err := parseQueue("slurm is down\n"); err == nil || !strings.Contains(err.Error(), "want 5 fields") {
		t.Errorf("got %v", err)
	}
}

func FuzzParseQueue(f *testing.F) {
	f.Add("1|3|PENDING|(Resources)|/a/job.sh\n")
	f.Add("1|N/A|R||\n\n|")
	f.Fuzz(func(t *testing.T, text string) {
		tasks, err := parseQueue(text)
		if err == nil && len(tasks) > strings.Count(text, "|")/4 {
			t.Errorf("%d tasks", len(tasks))
		}
	})
}

// programs stands in for Slurm's where only how they are called matters, and
// how they fail; what they do is tested with a real Slurm in cmd/hgbench.
func programs(t *testing.T, scripts map[string]string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	dir := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+"/bin:/usr/bin")
}

func TestSubmit(t *testing.T) {
	for name, c := range map[string]struct{ sbatch, job, err string }{
		"plain":       {`echo 12`, "12", ""},
		"federation":  {`echo "12;north"`, "12", ""},
		"chatty site": {`echo "You have 3 hours left."; echo 12`, "12", ""},
		"refused":     {"echo 'sbatch: error: invalid partition specified: cpu' >&2; echo 'sbatch: error: Batch job submission failed' >&2; exit 1", "", "sbatch: invalid partition specified: cpu Batch job submission failed (exit status 1)"},
		"no memory":   {"echo 'sbatch: error: Memory specification can not be satisfied' >&2; exit 1", "", "then --sbatch=--mem=0 helps"},
		"silent":      {`exit 3`, "", "sbatch: exit status 3"},
		"empty":       {`echo`, "", "want the number of a job"},
	} {
		programs(t, map[string]string{"sbatch": c.sbatch})
		job, err := Submit(t.Context(), "job.sh")
		if job != c.job || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q, %v", name, job, err)
		}
	}
}

func TestAbsent(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := Present(); err == nil || !strings.Contains(err.Error(), "sbatch is not on the PATH") {
		t.Errorf("got %v", err)
	}
	if _, err := Queue(t.Context()); err == nil || !strings.Contains(err.Error(), "squeue is not on the PATH") {
		t.Errorf("got %v", err)
	}
}

// A task that was cancelled or preempted is not what Slurm means to run.
func TestStays(t *testing.T) {
	if _, ok := Self(); ok {
		t.Fatal("this is a task of a job array")
	}
	t.Setenv("SLURM_ARRAY_JOB_ID", "12")
	t.Setenv("SLURM_ARRAY_TASK_ID", "3")
	t.Setenv("SLURM_CPUS_ON_NODE", "8")
	if self, ok := Self(); !ok || self != (Own{ID: "12_3", CPUs: 8}) {
		t.Errorf("got %+v, %v", self, ok)
	}
	t.Setenv("SLURM_CPUS_PER_TASK", "4")
	t.Setenv("SLURM_RESTART_COUNT", "2")
	self, ok := Self()
	if !ok || self != (Own{ID: "12_3", CPUs: 4, Restarts: 2}) {
		t.Errorf("got %+v, %v", self, ok)
	}
	for state, want := range map[string]bool{"RUNNING": true, "COMPLETING": false, "": false} {
		programs(t, map[string]string{"squeue": `case "$*" in *--jobs=12_3*) echo "` + state + `";; esac`})
		if stays, err := self.Stays(t.Context()); err != nil || stays != want {
			t.Errorf("%s: %v, %v", state, stays, err)
		}
	}
	programs(t, map[string]string{"squeue": "exit 1", "scontrol": `[ "$*" = "requeue 12_3" ]`})
	if stays, err := self.Stays(t.Context()); err == nil || stays {
		t.Errorf("without an answer: %v, %v", stays, err)
	}
	if err := self.Requeue(t.Context()); err != nil {
		t.Error(err)
	}
}
