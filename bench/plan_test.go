package bench

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hgbench/pkg/data"
)

func TestPlan(t *testing.T) {
	s := tiny(t, "hourglass", "data="+textFile(t), "train.micro_batch=2")
	p, err := Plan(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), s, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if p.ID != r.ID || p.Parameters != r.Parameters || p.Tokens != last(r).Tokens || p.Steps != 4 || !p.Spec.Equal(s) {
		t.Errorf("plan %+v of run %s, %d parameters, %+v", p, r.ID, r.Parameters, r.Curve)
	}
	if d := cmp.Diff(p.FLOPs, r.FLOPs); d != "" {
		t.Errorf("FLOPs (-planned +run)\n%s", d)
	}
	if most := max(p.Memory.Total, p.EvalMemory.Total); most > r.Memory.Planned.Total || p.Memory.Weights != r.Memory.Planned.Weights {
		t.Errorf("planned %+v for training, %+v for evaluation; the run %+v", p.Memory, p.EvalMemory, r.Memory.Planned)
	}
	if !(p.EvalFLOPs > 0 && p.PeakGFLOPS > 0 && p.Seconds > 0 && p.EvalSeconds > 0) {
		t.Errorf("plan %+v", p)
	}
	weights, err := NewModel(s, data.Vocab)
	if err != nil || weights.Divisor() != 3 {
		t.Errorf("model %v, %v", weights, err)
	}
}

// A plan needs no corpus; a budget is resolved where it can be.
func TestPlanWithoutCorpus(t *testing.T) {
	t.Setenv("HGBENCH_CACHE", t.TempDir())
	p, err := Plan(tiny(t, "transformer", "data=text8", "eval.bytes=1000000000000000000", "budget.tokens=560"), 1)
	if err != nil || p.ID != "" || p.Steps != 10 || p.Tokens != 560 {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err = Plan(tiny(t, "transformer", "data=text8", "budget.seconds=60"), 1); err != nil || p.Steps != 0 || p.Tokens != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := Plan(tiny(t, "transformer", "data=text9"), 1); err == nil || !contains(err, "unknown corpus") {
		t.Error(err)
	}
	if _, err := Plan(Spec{}, 1); err == nil {
		t.Error("an empty spec is planned")
	}
}

// A planner reads a corpus once, and plans what Plan does.
func TestPlanner(t *testing.T) {
	path := textFile(t)
	planner := NewPlanner(1)
	for i, changes := range [][]string{{}, {"train.micro_batch=1"}, {"train.context=30", "seed=2"}} {
		s := tiny(t, []string{"hourglass", "transformer", "transformer-xl"}[i], append(changes, "data="+path)...)
		want, err := Plan(s, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := planner.Plan(s)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("(-plan +planner)\n%s%v", d, err)
		}
	}
	if err := os.Rename(path, path+".gone"); err != nil {
		t.Fatal(err)
	}
	s := tiny(t, "transformer", "data="+path)
	if _, err := planner.Plan(s); err != nil {
		t.Errorf("the corpus is read again: %v", err)
	}
	if err := planner.Close(); err != nil {
		t.Error(err)
	}
	if _, err := planner.Plan(s); err == nil {
		t.Error("a corpus that is gone is planned with")
	}
}
