//go:build long

package bench

import (
	"context"
	"testing"
	"time"

	"hgbench/results"
)

// Checkpoints of a real model, as often as they may be, take a hundredth of a
// run's time.
func TestCheckpointCost(t *testing.T) {
	s := tiny(t, "hourglass", "data="+textFile(t), "model={d_model: 256, heads: 4, d_ff: 1024}", `model.hierarchy="2@1,4@3,2@1"`,
		"train.context=252", "train.batch=2", "train.steps=1000000", "eval.every=0")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r := run{ctx: ctx, spec: s}
	r.record = results.Record{Versions: CurrentVersions(), Machine: CurrentMachine(2)}
	var spent time.Duration
	written := 0
	r.options = Options{Threads: 2, Checkpoints: t.TempDir(), CheckpointEvery: 1, Progress: func(Progress) {
		if c := r.checkpoints; c != nil && c.last > written {
			written = c.last
			spent += c.cost
		}
	}}
	if err := r.prepare(); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := r.perform(); ctx.Err() == nil {
		t.Fatal(err)
	}
	share := spent.Seconds() / time.Since(start).Seconds()
	t.Logf("%d parameters, %d checkpoints in %v, %v in all, %.2f %% of the time", r.record.Parameters, written, time.Since(start).Round(time.Second), spent.Round(time.Millisecond), 100*share)
	if written < 2 || share > 0.011 { // the last one may be slower than the one before
		t.Errorf("%d checkpoints took %.2f %% of the time; want at most 1", written, 100*share)
	}
	if err := r.closeCheckpoints(); err != nil {
		t.Error(err)
	}
}
