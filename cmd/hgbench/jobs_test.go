package main

import (
	"strings"
	"testing"

	"hgbench/results"
)

// A point that does not fit in memory, or that fails otherwise, is recorded as
// such and the sweep goes on.
func TestSweepJobsThatFail(t *testing.T) {
	workFolder(t)
	t.Setenv(asCommand, "1")
	write(t, "sweep.yaml", strings.Replace(tinySweep[:strings.Index(tinySweep, "axes:")], "P1", "P3", 1)+`
axes:
  model:
    - {system: transformer, hierarchy: 1@1}
  points:
    - {model: {storage: materialised}, train: {context: 18000, batch: 512}, seed: 3}
    - {seed: 2}
    - {train: {lr: 100, steps: 200, schedule: constant}}
`)
	got := hgbench(t, "sweep", "sweep.yaml", "--out", "mine", "--threads", "1", "--jobs", "2")
	if got.status != exitError {
		t.Fatalf("status %d\n%s", got.status, got.stderr)
	}
	contains(t, got.stderr, "2 of 3 points failed")
	records := recorded(t, "mine")
	if len(records.Done()) != 1 || len(records) != 3 {
		t.Fatalf("%d records", len(records))
	}
	for _, r := range records.NotDone() {
		want := "the run diverged"
		if r.Setting("seed") == "3" {
			want = " free: a smaller train.micro_batch"
		}
		if r.Status != results.Failed || !strings.Contains(r.Error, want) || r.Sweep != "tiny" {
			t.Errorf("%s: %s", r.Status, r.Error)
		}
	}
	contains(t, ok(t, "results", "fsck", "mine"), "nothing wrong with 3 records (2 failed)")
}
