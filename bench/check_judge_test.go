package bench

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hgbench/results"
)

// recordedRun is a run of a baseline.
func recordedRun(seed string, isa string, valid float64) results.Record {
	half := valid + 0.5
	return results.Record{
		ID: "run-" + seed, Status: results.Done, Spec: []byte(`{"seed": ` + seed + `}`),
		Versions: results.Versions{Kernel: 1}, Machine: results.Machine{CPU: "this one", ISA: isa, Threads: 2},
		Parameters: 1000, FLOPs: results.FLOPs{NecessaryPerToken: 10, DensePerToken: 20, ExecutedPerToken: 12},
		Memory:      results.Memory{Planned: results.Planned{Weights: 100, Activations: 200, Workspace: 50, Total: 350}},
		ShareOfPeak: 0.4, ValidBPC: valid, TestBPC: valid + 0.1, TestWindows: []float64{valid, valid + 0.2}, WeightsHash: "aa", Sample: "the",
		Curve: []results.Point{{Step: 5, TrainBPC: 4, ValidBPC: &half}, {Step: 10, TrainBPC: 3.5, ValidBPC: &valid}},
	}
}

// judged is what Judge says of a run that is like the recorded one but for a
// change, by name of figure; what is the same is left out.
func judged(e Expected, strict bool, change func(*results.Record)) (map[string]Verdict, Checked) {
	now := recordedRun("1", "avx512", 3)
	change(&now)
	verdicts := make(map[string]Verdict)
	c := e.Judge(now, strict)
	for _, f := range c.Figures {
		if f.Verdict != Same && (f.Name != "share of peak" || f.Verdict != Within) {
			verdicts[f.Name] = f.Verdict
		}
	}
	return verdicts, c
}

func TestJudge(t *testing.T) {
	// Five seeds with a standard deviation of 0.0158 bits: another one lies
	// within 0.0621 bits of the first in 95 of 100 cases.
	var seeds results.Group
	for i, offset := range []float64{0, 0.01, -0.01, 0.02, -0.02} {
		seeds.Records = append(seeds.Records, recordedRun(string(rune('1'+i)), "avx512", 3+offset))
	}
	recorded := seeds.Records[0]
	exact := Expected{Record: recorded, Exact: true, Alike: true, Seeds: seeds, Speeds: results.Group{Records: seeds.Records[:1]}}
	alone := exact
	alone.Seeds = results.Group{}
	newer := exact
	newer.Exact = false
	other := newer
	other.Alike = false

	bpc := func(by float64) func(*results.Record) {
		return func(r *results.Record) {
			valid := r.ValidBPC + by
			r.ValidBPC, r.TestBPC, r.WeightsHash = valid, r.TestBPC+by, "bb"
			r.Curve = []results.Point{r.Curve[0], {Step: 10, TrainBPC: 3.5, ValidBPC: &valid}}
		}
	}
	type verdicts = map[string]Verdict
	for _, c := range []struct {
		name   string
		by     Expected
		strict bool
		change func(*results.Record)
		want   verdicts
		fails  bool
	}{
		{"nothing", exact, true, func(*results.Record) {}, verdicts{}, false},
		{"time, place and commit", exact, true, func(r *results.Record) {
			r.Seconds, r.Machine.PeakGFLOPS, r.Versions.Commit, r.Memory.MeasuredPeak = 9, 9, "other", 9
			r.Curve = []results.Point{r.Curve[0], r.Curve[1]}
			r.Curve[0].Seconds = 3
		}, verdicts{}, false},

		{"last bit of the curve", exact, false, func(r *results.Record) {
			r.Curve = []results.Point{r.Curve[0], r.Curve[1]}
			r.Curve[0].TrainBPC += 1e-15
		}, verdicts{"bits": Regression}, true},
		{"a point less", exact, false, func(r *results.Record) { r.Curve = r.Curve[:1] }, verdicts{"bits": Regression}, true},
		{"weights", exact, false, func(r *results.Record) { r.WeightsHash = "bb" }, verdicts{"bits": Regression}, true},
		{"a test window", exact, false, func(r *results.Record) { r.TestWindows = []float64{3, 3.1} }, verdicts{"bits": Regression}, true},
		{"the sample", exact, false, func(r *results.Record) { r.Sample = "The" }, verdicts{"bits": Regression}, true},
		{"better, but other bits", exact, false, bpc(-0.5), verdicts{"bits": Regression, "validation BPC": Better, "test BPC": Better}, true},
		{"a little worse", exact, false, bpc(0.01), verdicts{"bits": Regression, "validation BPC": Within, "test BPC": Within}, true},
		{"one seed only", alone, false, bpc(0.01), verdicts{"bits": Regression, "validation BPC": Unjudged, "test BPC": Unjudged}, true},

		{"other kernels, other bits", newer, false, bpc(0.06), verdicts{"validation BPC": Within, "test BPC": Within}, false},
		{"other kernels, worse", newer, false, bpc(0.07), verdicts{"validation BPC": Regression, "test BPC": Regression}, true},
		{"other kernels, better", newer, false, bpc(-0.07), verdicts{"validation BPC": Better, "test BPC": Better}, false},
		{"only test is worse", newer, false, func(r *results.Record) { r.TestBPC += 0.07 }, verdicts{"test BPC": Regression}, true},

		{"a parameter more", newer, false, func(r *results.Record) { r.Parameters++ }, verdicts{"parameters": Regression}, true},
		{"a parameter less", newer, false, func(r *results.Record) { r.Parameters-- }, verdicts{"parameters": Regression}, true},
		{"necessary FLOPs", newer, false, func(r *results.Record) { r.FLOPs.NecessaryPerToken-- }, verdicts{"necessary FLOPs/token": Regression}, true},
		{"dense FLOPs", newer, false, func(r *results.Record) { r.FLOPs.DensePerToken++ }, verdicts{"dense FLOPs/token": Regression}, true},
		{"executed FLOPs", newer, false, func(r *results.Record) { r.FLOPs.ExecutedPerToken++ }, verdicts{"executed FLOPs/token": Regression}, true},
		{"fewer executed FLOPs", newer, false, func(r *results.Record) { r.FLOPs.ExecutedPerToken-- }, verdicts{"executed FLOPs/token": Better}, false},
		{"executed FLOPs elsewhere", other, false, func(r *results.Record) { r.FLOPs.ExecutedPerToken++ },
			verdicts{"executed FLOPs/token": Unjudged, "share of peak": Unjudged}, false},
		{"more memory", exact, false, func(r *results.Record) { r.Memory.Planned.Activations += 64; r.Memory.Planned.Total += 64 },
			verdicts{"planned memory: activations": Regression, "planned memory: total": Regression}, true},
		{"less memory", exact, false, func(r *results.Record) { r.Memory.Planned.Workspace, r.Memory.Planned.Total = 0, 300 },
			verdicts{"planned memory: workspace": Better, "planned memory: total": Better}, false},
		{"memory moved", exact, false, func(r *results.Record) { r.Memory.Planned.Workspace, r.Memory.Planned.Activations = 60, 190 },
			verdicts{"planned memory: workspace": Within, "planned memory: activations": Better}, false},
		{"memory elsewhere", other, false, func(r *results.Record) { r.Memory.Planned.Total++ }, verdicts{"planned memory: total": Unjudged, "share of peak": Unjudged}, false},

		{"slower", exact, false, func(r *results.Record) { r.ShareOfPeak = 0.29 }, verdicts{"share of peak": Slower}, false},
		{"slower, strictly", exact, true, func(r *results.Record) { r.ShareOfPeak = 0.29 }, verdicts{"share of peak": Regression}, true},
		{"in the band, strictly", exact, true, func(r *results.Record) { r.ShareOfPeak = 0.31 }, verdicts{}, false},
		{"faster", exact, true, func(r *results.Record) { r.ShareOfPeak = 0.6 }, verdicts{"share of peak": Better}, false},
		{"slower elsewhere, strictly", other, true, func(r *results.Record) { r.ShareOfPeak = 0.1 }, verdicts{"share of peak": Unjudged}, false},
	} {
		got, checked := judged(c.by, c.strict, c.change)
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, d)
		}
		if checked.Regressed() != c.fails {
			t.Errorf("%s: regressed %v, want %v", c.name, checked.Regressed(), c.fails)
		}
	}
	if !(Checked{Error: "diverged"}).Regressed() {
		t.Error("a run that failed has not regressed")
	}
}

// A baseline with another processor's speed says so.
func TestJudgeNamesTheProcessor(t *testing.T) {
	recorded := recordedRun("1", "avx512", 3)
	e := Expected{Record: recorded, Alike: true, Exact: true, Speeds: results.Group{Records: results.Records{recorded}}}
	_, c := judged(e, false, func(r *results.Record) { r.Machine.CPU = "another"; r.ShareOfPeak = 0.1 })
	if f := c.Figures[len(c.Figures)-1]; f.Verdict != Slower || !strings.Contains(f.Note, "another, recorded on this one") {
		t.Errorf("%+v", f)
	}
}

// The first difference is named.
func TestBitsFigure(t *testing.T) {
	for _, c := range []struct {
		change func(*results.Record)
		want   string
	}{
		{func(r *results.Record) { r.Curve[1].TrainBPC = 2 }, "training BPC of step 10, the first that differs"},
		{func(r *results.Record) { v := 3.0; r.Curve[0].ValidBPC = &v }, "validation BPC of step 5, the first that differs"},
		{func(r *results.Record) { r.Curve[1].ValidBPC = nil }, "validation BPC of step 10, the first that differs"},
		{func(r *results.Record) { r.Curve = r.Curve[:1] }, "the curve has 1 points, and had 2"},
		{func(r *results.Record) { r.WeightsHash = "" }, "the weights differ, the curve does not"},
		{func(r *results.Record) { r.TestBPC = 1 }, "of the test windows; the weights are the same"},
	} {
		now := recordedRun("1", "avx512", 3)
		c.change(&now)
		if f := bitsFigure(recordedRun("1", "avx512", 3), now); f.Note != c.want || f.Verdict != Regression {
			t.Errorf("%q, %s; want %q", f.Note, f.Verdict, c.want)
		}
	}
	old := recordedRun("1", "avx512", 3)
	old.WeightsHash = "" // from before there were hashes
	if f := bitsFigure(old, recordedRun("1", "avx512", 3)); f.Verdict != Same {
		t.Errorf("%+v", f)
	}
}
