package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"hgbench/pkg/checkpoint"
	"hgbench/report/running"
	"hgbench/results"
	"hgbench/sweeps"
	"hgbench/sweeps/slurm"
)

// A sweep at home: done, then with a point that runs, one that was killed and
// one that has failed.
func TestStatus(t *testing.T) {
	workFolder(t)
	if got := hgbench(t, "sweep", "sweep.yaml", "--set", "train.steps=30"); got.status != exitOK {
		t.Fatal(got.stderr)
	}
	dir := "hgbench-results/tiny"
	for _, args := range [][]string{{"status"}, {"status", "tiny"}, {"status", "sweep.yaml"}, {"status", dir}, {"status", dir + "/records.jsonl"}} {
		contains(t, ok(t, args...), "transformer(relative) 2@1", "validation BPC ", "tiny: 3 of 3 points done; results in "+dir)
	}
	status := okJSON[sweepStatus](t, "status", "--json")
	if status.Sweep != "tiny" || status.Counts[isDone] != 3 || status.SecondsLeft != 0 || !(status.Points[2].ValidBPC > 0) {
		t.Errorf("got %+v", status)
	}

	// The first is kept; the second runs, the third was killed after step 10.
	records := recorded(t, dir)
	keep(t, dir, records[:1])
	ids := []string{records[0].ID, records[1].ID, records[2].ID}
	teller, err := running.Tell(dir, running.Run{ID: ids[1], Index: 2, Points: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer teller.Close()
	teller.Update(running.State{Phase: "train", Done: 12, Total: 30, Training: true, TrainBPC: 3.25, Remaining: 40 * time.Second})
	await(t, "what the teller tells", func() bool { r, _ := running.ReadOne(dir, ids[1]); return r.Done == 12 })
	leaveCheckpoint(t, dir, ids[2], `{"step": 10}`)
	contains(t, ok(t, "status"), "train 12/30, 3.25 BPC", " 40s │", "stopped after step 10 of 30", "tiny: 1 of 3 points done, 1 running, 1 waiting, about ")
	status = okJSON[sweepStatus](t, "status", "--json")
	if p := status.Points[1]; p.State != isRunning || p.Phase != "train" || p.Done != 12 || p.Total != 30 || p.SecondsLeft != 40 || p.Number != 2 {
		t.Errorf("the running point is %+v", p)
	}
	if p := status.Points[2]; p.State != isWaiting || p.Done != 10 || !(p.SecondsLeft > 0) {
		t.Errorf("the killed point is %+v", p)
	}
	if !(status.SecondsLeft > 40) || status.Counts[isWaiting] != 1 {
		t.Errorf("got %+v", status)
	}

	failed := records[2]
	failed.Status, failed.Error = results.Failed, "the run diverged"
	keep(t, dir, append(records[:1:1], failed))
	contains(t, ok(t, "status"), "failed", "the run diverged", "1 of 3 points done, 1 running, 1 failed")
}

// Single runs have no list of points.
func TestStatusOfRuns(t *testing.T) {
	workFolder(t)
	ok(t, "run", "-f", "tiny.yaml")
	contains(t, ok(t, "status"), "hourglass 1@1,1@2,1@1", "1 of 1 point done; results in hgbench-results/runs")

	// One that was stopped has no record, and one that runs has claimed its checkpoints.
	leaveCheckpoint(t, runsFolder, "0123456789abcdef", `{"step": 10}`)
	contains(t, ok(t, "status", "runs"), "0123456789abcdef", "stopped after step 10 ", "1 of 2 points done, 1 waiting")
	claim, err := results.Claim(filepath.Join(checkpointsFolder(runsFolder), "0123456789abcdef", "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer claim.Close()
	contains(t, ok(t, "status", "runs"), "checkpoint of step 10 ", "1 of 2 points done, 1 running")
}

// A run that was stopped before anything was recorded is found as well.
func TestStatusOfTheFirstRun(t *testing.T) {
	workFolder(t)
	leaveCheckpoint(t, runsFolder, "0123456789abcdef", `{"step": 10}`)
	for _, args := range [][]string{{"status"}, {"status", "runs"}} {
		contains(t, ok(t, args...), "stopped after step 10 ", "0 of 1 point done, 1 waiting; results in "+runsFolder)
	}
}

// What Slurm says and what the folder says of a point come to one state.
func TestStatusOf(t *testing.T) {
	now := time.Now()
	queued, runs := &slurm.Task{ID: "1_1", State: "PENDING", Where: "(Priority)"}, &slurm.Task{ID: "1_1", State: "RUNNING", Where: "n1"}
	done, failed := &results.Record{Status: results.Done, ValidBPC: 2}, &results.Record{Status: results.Failed, Error: "no room"}
	for name, c := range map[string]struct {
		record *results.Record
		task   *slurm.Task
		told   time.Duration // before now; negative: never
		state  string
		silent bool
	}{
		"nothing":                        {nil, nil, -1, isWaiting, false},
		"done":                           {done, nil, -1, isDone, false},
		"done, and its task not yet out": {done, runs, 0, isDone, false},
		"failed":                         {failed, nil, -1, isFailed, false},
		"failed, tried again":            {failed, nil, 0, isRunning, false},
		"failed, queued again":           {failed, queued, -1, isQueued, false},
		"queued":                         {nil, queued, -1, isQueued, false},
		"queued, runs elsewhere":         {nil, queued, 0, isRunning, false},
		"begins":                         {nil, runs, -1, isRunning, false},
		"runs":                           {nil, runs, time.Second, isRunning, false},
		"runs and does not tell":         {nil, runs, time.Hour, isRunning, true},
		"killed":                         {nil, nil, time.Hour, isWaiting, false},
	} {
		dir := t.TempDir()
		if c.told >= 0 {
			text := `{"id": "ab", "phase": "train", "done": 5, "total": 9, "updated": "` + now.Add(-c.told).Format(time.RFC3339Nano) + `"}`
			write(t, filepath.Join(dir, running.Folder, "ab.json"), text)
		}
		p, err := statusOf(sweeps.Entry{Number: 1, ID: "ab"}, dir, c.record, c.task, now)
		if err != nil || p.State != c.state || (p.Silent > 0) != c.silent {
			t.Errorf("%s: %+v, %v; want %s", name, p, err, c.state)
		}
	}
	dir := t.TempDir()
	write(t, filepath.Join(checkpointsFolder(dir), "ab", "000001.safetensors"), "torn")
	if p, err := statusOf(sweeps.Entry{ID: "ab"}, dir, nil, nil, now); err == nil || p.State != isWaiting {
		t.Errorf("with a damaged checkpoint: %+v, %v", p, err)
	}
}

// Without Slurm: a clear error, and a script to look at all the same.
func TestSlurmAbsent(t *testing.T) {
	workFolder(t)
	t.Setenv("PATH", t.TempDir())
	got := hgbench(t, "sweep", "sweep.yaml", "--slurm")
	if got.status != exitError || got.stdout != "" || exists("hgbench-results") {
		t.Errorf("status %d, stdout %q, or results were left", got.status, got.stdout)
	}
	contains(t, got.stderr, "hgbench: submit sweep tiny: sbatch is not on the PATH; want a machine that submits to a Slurm cluster")
	got = hgbench(t, "sweep", "sweep.yaml", "--slurm", "--dry-run", "--threads", "4", "--jobs", "2", "--time", "30", "--sbatch=--account=physics")
	if got.status != exitOK || exists("hgbench-results") {
		t.Errorf("status %d, or results were left", got.status)
	}
	contains(t, got.stdout, "#!/bin/bash\n", "  hourglass 1@1,1@2,1@1\n", "--array=1-3%2\n", "--cpus-per-task=4\n", "--mem=51", "--time=30\n#SBATCH --account=physics\n", "/slurm/1/points.json")
	contains(t, got.stderr, "warning: points that are queued are not left out: squeue is not on the PATH")
	if dry := okJSON[submitted](t, "sweep", "sweep.yaml", "--slurm", "--dry-run", "--json"); dry.Job != "" || len(dry.Points) != 3 || dry.Script == "" {
		t.Errorf("got %+v", dry)
	}
}

// keep leaves only these records in a folder.
func keep(t *testing.T, dir string, records results.Records) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, results.FileName)); err != nil {
		t.Fatal(err)
	}
	store, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := store.Append(r); err != nil {
			t.Fatal(err)
		}
	}
}

// leaveCheckpoint leaves a checkpoint with a state, as of a run that was killed.
func leaveCheckpoint(t *testing.T, dir, id, state string) {
	t.Helper()
	folder := filepath.Join(checkpointsFolder(dir), id)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	f := &checkpoint.File{Metadata: map[string]string{"state": state}}
	if err := checkpoint.Save(filepath.Join(folder, "000001.safetensors"), f); err != nil {
		t.Fatal(err)
	}
}
