package main

import (
	"testing"

	"hgbench/bench"
)

// What regressed can be told from what was, however little it is.
func TestWhatRegressed(t *testing.T) {
	for _, c := range []struct {
		figure bench.Figure
		want   string
		change string
	}{
		{bench.Figure{Name: "test BPC", Unit: "bits", Recorded: 2.5, Now: 2.75}, "test BPC 2.7500, was 2.5000", "+0.2500"},
		{bench.Figure{Name: "bits", Unit: "bits", Recorded: 8.029401, Now: 8.0294011, Note: "training BPC of step 1, the first that differs"},
			"other bits: training BPC of step 1, the first that differs: 8.0294011, was 8.029401", "+1e-07"},
		{bench.Figure{Name: "bits", Unit: "bits", Recorded: 8, Now: 8, Note: "the weights differ, the curve does not"},
			"other bits: the weights differ, the curve does not", ""},
		{bench.Figure{Name: "planned memory: total", Unit: "B", Recorded: 2 << 20, Now: 2<<20 + 4},
			"planned memory: total 2097156 B, was 2097152 B", "+2e-06"},
		{bench.Figure{Name: "planned memory: total", Unit: "B", Recorded: 2 << 20, Now: 3 << 20},
			"planned memory: total 3 MiB, was 2 MiB", "+50.0 %"},
		{bench.Figure{Name: "dense FLOPs/token", Unit: "FLOP", Recorded: 1_234_000_001, Now: 1_234_000_002},
			"dense FLOPs/token 1234000002, was 1234000001", "+8e-10"},
	} {
		c.figure.Verdict = bench.Regression
		if got := whatRegressed(bench.Checked{Figures: []bench.Figure{c.figure}}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		if got := figureRow(c.figure)[4]; got != c.change {
			t.Errorf("%s: change %q, want %q", c.want, got, c.change)
		}
	}
}
