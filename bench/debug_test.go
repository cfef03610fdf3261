package bench

import (
	"math"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hgbench/pkg/graph"
)

// A run that looks for NaNs and finds none has the same bits.
func TestDebugNaNChangesNothing(t *testing.T) {
	s := tiny(t, "transformer-xl", "data="+textFile(t), "model.memory=20", "model.dropout=0.1", "train.steps=8")
	want, err := Run(t.Context(), s, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Run(t.Context(), s, Options{Threads: 2, DebugNaN: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bare(want), bare(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A diverged run names the op and the tensor that went bad first, and of a
// weight that cannot hold its step the update.
func TestDebugNaN(t *testing.T) {
	s := diverging(t)
	if err := s.Set("eval.every=0"); err != nil {
		t.Fatal(err)
	}
	_, err := Run(t.Context(), s, Options{Threads: 1, DebugNaN: true})
	want := regexp.MustCompile(`^(the loss is \S+ at step \d+|\S+ has \S+ at element \d+ after step \d+): the run diverged.*; ` +
		`the first bad value is (NaN|[+-]Inf) at element \d+ of .*float32\[.*\], made by node \d+ of \d+, \w+ \((forward|backward)\) of .* up to `)
	if err == nil || !want.MatchString(err.Error()) {
		t.Errorf("error %v", err)
	}
	t.Log(err)
}

// Every value of a sound step is finite, at every op of every system; and the
// step has the bits of one that is not looked at.
func TestSoundStepsAreFinite(t *testing.T) {
	for name, s := range runs(t) {
		corpus := inMemory(0)
		plain, checked := start(t, s, corpus, 1), start(t, s, corpus, 2)
		for step := range 3 {
			plain.step(corpus, plain.machine, step)
			v := checked.load(corpus, checked.machine, step)
			if fault := checked.machine.RunChecked(v.Program); fault != nil {
				t.Errorf("%s, step %d: %v", name, step, fault)
			}
		}
		if plain.machine.Hash() != checked.machine.Hash() {
			t.Errorf("%s: a checked step has other bits", name)
		}
	}
}

// A bad number is found where it comes from, not where it arrives.
func TestFaultIsTheFirst(t *testing.T) {
	s := tiny(t, "transformer", "model.attention=full", "model.positions=rotary")
	corpus := inMemory(0)
	run := start(t, s, corpus, 1)
	v := run.load(corpus, run.machine, 0)

	// Weights so large that their product overflows.
	var weight *graph.Value
	for _, w := range run.machine.Weights() {
		if regexp.MustCompile(`ff|mlp`).MatchString(w.Name) && len(w.Shape) == 2 {
			weight = w
			break
		}
	}
	if weight == nil {
		t.Fatal("no weight of a feed-forward layer")
	}
	values := run.machine.Floats(v.Program, weight)
	for i := range values {
		values[i] = math.MaxFloat32
	}
	fault := run.machine.RunChecked(v.Program)
	if fault == nil {
		t.Fatal("nothing found")
	}
	n := v.Nodes[fault.Node]
	uses := false
	for k, in := range n.Inputs {
		uses = uses || in.Name == weight.Name && fault.Largest[k] == math.MaxFloat32
	}
	if _, ok := n.Op.(graph.MatMul); !ok || !uses || n.Backward {
		t.Errorf("found %v", fault)
	}

	// What is bad before the step begins is no op's fault.
	run.load(corpus, run.machine, 0)
	values[7] = float32(math.NaN())
	fault = run.machine.RunChecked(v.Program)
	if fault == nil || fault.Node != -1 || fault.Element != 7 || fault.Value.Name != weight.Name {
		t.Errorf("found %v", fault)
	}
	if want := regexp.MustCompile(`^NaN was at element 7 of .* before the step began$`); !want.MatchString(fault.String()) {
		t.Errorf("%v", fault)
	}
}
