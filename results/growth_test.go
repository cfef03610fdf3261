package results

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// growing is a model at contexts of 256 to 8192, whose activations and time are
// powers of the context above a floor.
func growing(system, attention, storage string, memory, time float64) Records {
	var rs Records
	for context := 256; context <= 8192; context *= 2 {
		c := float64(context)
		spec := fmt.Sprintf(`{"model": {"system": %q, "hierarchy": "4@1", "attention": %q, "storage": %q, "d_model": 64, "d_ff": 256},
			"train": {"context": %d, "batch": 1, "micro_batch": 1, "steps": %d}, "eval": {"context": %[4]d, "stride": %[6]d}, "data": "enwik7"}`,
			system, attention, storage, context, 1000+context, context/2)
		act := int64(1000 * math.Pow(c, memory))
		rs = append(rs, Record{ID: fmt.Sprint(system, attention, storage, context), Status: Done, Spec: []byte(spec), Parameters: 1000,
			Memory: Memory{Planned: Planned{Weights: 4e6, Gradients: 1e6, Optimizer: 8e6, Activations: act, Total: 13e6 + act}}})
		if time > 0 {
			rs[len(rs)-1].TokensPerSecond = c / (1e-5 * math.Pow(c, time))
		}
	}
	return rs
}

func TestGrowths(t *testing.T) {
	var rs Records
	for _, m := range [][]Record{
		growing("transformer", "relative", "materialised", 2, 0), growing("transformer", "relative", "streaming", 1, 2), growing("longformer", "window(64)", "streaming", 1, 1),
	} {
		rs = append(rs, m...)
	}
	rs[6], rs[11] = rs[11], rs[6] // the order of records does not count
	growths := rs.Growths()
	if len(growths) != 3 {
		t.Fatalf("%d models, want 3", len(growths))
	}
	for i, want := range []struct {
		label        string
		memory, time float64
	}{
		{"transformer(relative) 4@1 (storage materialised)", 2, math.NaN()},
		{"transformer(relative) 4@1 (storage streaming)", 1, 2},
		{"longformer(window(64)) 4@1", 1, 1},
	} {
		g := growths[i]
		same := func(a, b float64) bool { return math.Abs(a-b) < 1e-4 || math.IsNaN(a) && math.IsNaN(b) }
		if g.Label != want.label || !same(g.Memory(), want.memory) || !same(g.Time(), want.time) {
			t.Errorf("%q grows as %.4f, %.4f; want %q, %.4f, %.4f", g.Label, g.Memory(), g.Time(), want.label, want.memory, want.time)
		}
		if len(g.Records) != 6 || context(g.Records[0]) != 256 || context(g.Records[5]) != 8192 || !g.Varies() {
			t.Errorf("%q: contexts do not ascend", g.Label)
		}
	}
	one := Growth{Records: growths[1].Records[:1]}
	if one.Varies() || !math.IsNaN(one.Memory()) || !math.IsNaN(one.Time()) {
		t.Error("one context grows")
	}
}

// Of the shorter contexts nothing counts: there, what does not grow with them hides
// how the rest does.
func TestExponentIsOfLongContexts(t *testing.T) {
	g := growing("transformer", "relative", "streaming", 1, 2).Growths()[0]
	for i := range g.Records[:3] {
		g.Records[i].TokensPerSecond *= 0.01
	}
	if k := g.Time(); math.Abs(k-2) > 1e-6 {
		t.Errorf("exponent %.4f, want 2", k)
	}
}

// Names tell the context, and nothing that follows from it.
func TestNamesOverContexts(t *testing.T) {
	rs := growing("transformer", "relative", "streaming", 1, 1)
	for i := range rs {
		rs[i].Spec = []byte(strings.Replace(string(rs[i].Spec), fmt.Sprint(`"steps": `, 1000+context(rs[i])), `"steps": 7`, 1))
	}
	if got := rs.Labels()[1]; got != "transformer(relative) 4@1 (context 512)" {
		t.Errorf("named %q", got)
	}
	rs[1].Spec = []byte(strings.Replace(string(rs[1].Spec), `"stride": 256`, `"stride": 17`, 1))
	if got := rs.Labels()[1]; got != "transformer(relative) 4@1 (eval stride 17, context 512)" {
		t.Errorf("named %q", got)
	}
	xl := growing("transformer-xl", "relative", "streaming", 1, 1)
	for i := range xl {
		c := fmt.Sprint(context(xl[i]))
		xl[i].Spec = []byte(strings.NewReplacer(`"d_model"`, `"memory": `+c+`, "eval_memory": `+c+`, "d_model"`,
			fmt.Sprint(`"stride": `, context(xl[i])/2), `"stride": `+c, fmt.Sprint(`"steps": `, 1000+context(xl[i])), `"steps": 7`).Replace(string(xl[i].Spec)))
	}
	if got := xl.Labels()[1]; got != "transformer-xl 4@1 (context 512)" {
		t.Errorf("named %q", got)
	}
}

func TestSummaryOfGrowth(t *testing.T) {
	rs := append(growing("transformer", "relative", "streaming", 1, 2), growing("longformer", "window(64)", "streaming", 1, 1)...)
	got := Summarise(rs, "").Lines
	want := []string{
		"Growth with the context, as exponents of a log-log fit over the longer half of the contexts: memory above weights, gradients and optimiser, and time of a window.",
		"  longformer(window(64)) 4@1: memory 1.00, time 1.00; 20.2 MiB and 0.0819 s at 8192 tokens",
		"  transformer(relative) 4@1: memory 1.00, time 2.00; 20.2 MiB and 671 s at 8192 tokens",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := Summarise(rs[:1], "").String(); !strings.HasPrefix(got, "Nothing to compare") {
		t.Error(got)
	}
}
