package bench

import (
	"context"
	"math"
	"strings"
	"testing"
)

func TestMeasure(t *testing.T) {
	s := tiny(t, "hourglass", "data="+textFile(t), "train.micro_batch=2", "train.steps=1", "train.warmup=0")
	m, err := Measure(t.Context(), s, 5, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !(0 < m.StepSecondsMin && m.StepSecondsMin <= m.StepSecondsMedian && m.StepSecondsMedian <= m.StepSecondsMax) || m.Steps != 5 || m.Threads != 1 || m.ISA == "" {
		t.Errorf("%+v", m)
	}
	f := flops(t, s)
	for _, c := range []struct{ got, want float64 }{
		{m.FLOPsNecessary, f.NecessaryPerToken * 56}, {m.FLOPsDense, f.DensePerToken * 56}, {m.FLOPsExecuted, f.ExecutedPerToken * 56},
		{m.TokensPerSecond, 56 / m.StepSecondsMedian}, {m.GFLOPS, m.FLOPsNecessary / m.StepSecondsMedian / 1e9},
		{m.ShareOfPeak, m.GFLOPS / m.PeakGFLOPS}, {float64(m.PlannedBytes), float64(memory(t, s).Total)},
	} {
		if !(c.want > 0) || math.Abs(c.got/c.want-1) > 1e-12 {
			t.Errorf("%g, want %g, in %+v", c.got, c.want, m)
		}
	}
}

// What was executed is told where it depends on the data.
func TestMeasureDone(t *testing.T) {
	for kind, depends := range map[string]bool{"relative": false, "lsh(4, chunk: 3)": true, "routing(2, 4)": true} {
		s := tiny(t, "transformer", "data="+textFile(t), `model.attention="`+kind+`"`)
		m, err := Measure(t.Context(), s, 1, Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if (m.FLOPsDone > 0) != depends || m.FLOPsDone > m.FLOPsExecuted {
			t.Errorf("%s: %g done of %g executed", kind, m.FLOPsDone, m.FLOPsExecuted)
		}
	}
}

// benchstat can read a measurement: a line for each step.
func TestWriteBench(t *testing.T) {
	s := tiny(t, "transformer")
	m := Measurement{StepSeconds: []float64{0.5, 0.25}, FLOPsNecessary: 1e9, PeakGFLOPS: 20, PlannedBytes: 7, PeakRSSBytes: 9, ISA: "avx2", Threads: 2}
	var b strings.Builder
	if err := m.WriteBench(&b, s, "some CPU"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"pkg: hgbench\ncpu: some CPU\nisa: avx2\n",
		"BenchmarkStep/system=transformer/hierarchy=1@1/attention=relative/d_model=16/context=14/batch=4-2\t1\t500000000 ns/op\t112 tok/s\t0.1000 peak-share\t7 planned-peak-B\t9 measured-peak-B\n",
		"\t250000000 ns/op\t224 tok/s\t0.2000 peak-share",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q in\n%s", want, b.String())
		}
	}
	if err := m.WriteBench(brokenWriter{}, s, ""); err == nil || !contains(err, "disk full") {
		t.Error(err)
	}
}

func TestMeasureErrors(t *testing.T) {
	path := "data=" + textFile(t)
	good := tiny(t, "transformer", path)
	if _, err := Measure(t.Context(), good, 0, Options{}); err == nil || !contains(err, "measure 0 steps") {
		t.Error(err)
	}
	huge := tiny(t, "transformer", path, "model.storage=materialised", "train.context=18000", "train.batch=512")
	if _, err := Measure(t.Context(), huge, 1, Options{}); err == nil || !contains(err, "needs ") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Measure(ctx, good, 1, Options{}); !isCancelled(err) {
		t.Error(err)
	}
}

func TestMedian(t *testing.T) {
	for want, x := range map[float64][]float64{3: {3}, 2.5: {4, 1}, 2: {9, 2, 1}, 4.5: {1, 8, 6, 3}} {
		if got := median(x); got != want {
			t.Errorf("median of %v is %g, want %g", x, got, want)
		}
	}
}
