package bench

import (
	"math"
	"testing"
	"time"
)

// What is planned is what the process needs: beside what was there before, no
// more than a tenth less or more.
func TestPlannedMemoryIsMeasured(t *testing.T) {
	path := "data=" + textFile(t)
	for name, s := range map[string]Spec{
		"materialised": tiny(t, "transformer", path, "model.storage=materialised", "train.context=1100", "train.batch=6", "model.dropout=0.1"),
		"streaming":    tiny(t, "hourglass", path, `model.hierarchy="0@1,1@4,0@1"`, "train.context=4000", "train.batch=12", "model.shorten=linear", "model.upsample=repeat"),
		"weights":      tiny(t, "transformer", path, "model.d_ff=30000", "model.d_model=96", "model.attention=full", "train.batch=1"),
		"memory":       tiny(t, "transformer-xl", path, "model.storage=materialised", "train.context=900", "model.memory=900", "train.batch=5"),
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Measure(t.Context(), s, 1, Options{Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			if m.PlannedBytes < 64<<20 {
				t.Errorf("%d bytes planned, too few to measure", m.PlannedBytes)
			}
			share := float64(m.PeakRSSBytes-m.IdleBytes) / float64(m.PlannedBytes)
			if math.Abs(share-1) > 0.1 {
				t.Errorf("planned %.1f MB, measured %.1f MB and %.1f MB when idle: %.0f %% of the plan",
					float64(m.PlannedBytes)/1e6, float64(m.PeakRSSBytes)/1e6, float64(m.IdleBytes)/1e6, 100*share)
			}
			t.Logf("planned %.1f MB, measured %.1f MB more than idle", float64(m.PlannedBytes)/1e6, float64(m.PeakRSSBytes-m.IdleBytes)/1e6)
		})
	}
}

// To go on from a checkpoint takes no more memory than to begin: a run that fits
// when it begins fits when it goes on.
func TestResumeNeedsNoMore(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t), "model.d_ff=30000", "model.d_model=96", "model.attention=full", "train.batch=1", "train.steps=2", "eval.every=0")
	o := Options{Threads: 1, Checkpoints: t.TempDir(), CheckpointEvery: time.Hour}
	stopped(t, s, o, 1)
	o.Note = func(text string) { t.Log(text) }
	r, err := Run(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	if m := r.Memory; m.MeasuredPeak-m.Idle > m.Planned.Total*11/10 {
		t.Errorf("planned %.1f MB, measured %.1f MB more than idle", float64(m.Planned.Total)/1e6, float64(m.MeasuredPeak-m.Idle)/1e6)
	}
}
