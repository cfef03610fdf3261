package sweeps

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hgbench/bench"
)

func mustParse(t *testing.T, src string) *Sweep {
	t.Helper()
	s, err := Parse("test.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func pointNamesOf(points []Point) []string {
	var names []string
	for _, p := range points {
		names = append(names, p.Name)
	}
	return names
}

func TestExpand(t *testing.T) {
	s := mustParse(t, `
description: two sizes, two rates
protocol: P1
base:
  model: {system: transformer, d_model: 64, heads: 2}
  train: {context: 48, batch: 2, warmup: 10}
axes:
  size:
    - model: {hierarchy: 2@1}
    - {model: {hierarchy: 4@1, attention: full, positions: rotary}, train: {clip: 1}}
  train.lr: [1e-3, 2e-3]
  seed: [1, 2]
exclude:
  - {model: {hierarchy: 4@1}, train: {lr: 1e-3}}
  - {model: {hierarchy: "2@1"}, seed: 2, train: {lr: 0.002, context: 48}}
budget: {tokens: 1e4}
`)
	if s.Name != "test" {
		t.Errorf("name %q", s.Name)
	}
	points, err := Expand(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2@1, lr=1e-3, seed=1", "2@1, lr=1e-3, seed=2", "2@1, lr=2e-3, seed=1",
		"4@1 full rotary 1, lr=2e-3, seed=1", "4@1 full rotary 1, lr=2e-3, seed=2",
	}
	if d := cmp.Diff(want, pointNamesOf(points)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	last := points[4].Spec
	if last.Model.DFF != 256 || last.Train.LearningRate != 2e-3 || last.Train.Clip != 1 || last.Seed != 2 || last.Model.Attention.Kind != "full" || last.Eval.Context != 48 {
		t.Errorf("last point %+v", last)
	}
	for _, p := range points {
		if p.Spec.Train.Steps != 104 || !p.Spec.Budget.IsZero() { // 10000 tokens at 96 a step
			t.Errorf("%s: %d steps, budget %s", p.Name, p.Spec.Train.Steps, p.Spec.Budget)
		}
	}
}

func TestAxisOfSections(t *testing.T) {
	s := mustParse(t, "protocol: P3\naxes:\n  model.attention: [full, {1: full, 3: relative}]\n  budget.steps: [100, 200]\n  train.shorten_factors: [[]]")
	points, err := Expand(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"attention=full, steps=100, shorten_factors=[]", "attention=full, steps=200, shorten_factors=[]",
		"attention={1: full, 3: relative}, steps=100, shorten_factors=[]", "attention={1: full, 3: relative}, steps=200, shorten_factors=[]",
	}
	if d := cmp.Diff(want, pointNamesOf(points)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if points[3].Spec.Train.Steps != 200 || points[3].Spec.Model.Attention.At(3) != "relative" {
		t.Errorf("got %+v", points[3].Spec)
	}
}

func TestSweepOfNoAxesIsOnePoint(t *testing.T) {
	points, err := Expand(mustParse(t, "protocol: P1"), nil)
	if err != nil || len(points) != 1 || !points[0].Spec.Equal(bench.DefaultSpec()) {
		t.Errorf("got %v, %v", points, err)
	}
}

func TestBudgetInFLOPs(t *testing.T) {
	s := mustParse(t, "protocol: P2\nbase: {train: {warmup: 1, context: 100, batch: 1}}\naxes: {model.hierarchy: ['1@1,1@2,1@1', '1@1,2@2,1@1']}\nbudget: {flops: 1e9}")
	cost := func(spec bench.Spec) (float64, error) {
		h, err := spec.ParsedHierarchy()
		return float64(h.Layers()) * 1e5, err
	}
	points, err := Expand(s, cost)
	if err != nil {
		t.Fatal(err)
	}
	if points[0].Spec.Train.Steps != 33 || points[1].Spec.Train.Steps != 25 {
		t.Errorf("steps %d and %d, want 33 and 25", points[0].Spec.Train.Steps, points[1].Spec.Train.Steps)
	}
	for _, c := range []struct {
		cost bench.Cost
		want string
	}{
		{nil, "nothing here knows what a token costs"},
		{func(bench.Spec) (float64, error) { return 0, nil }, "a token costs 0 FLOPs"},
		{func(bench.Spec) (float64, error) { return 1e9, nil }, "pays for 0.01 steps of 100 tokens"},
		{func(bench.Spec) (float64, error) { return 0, errors.New("no such op") }, `test.yaml: point "hierarchy=1@1,1@2,1@1": budget of 1e+09 FLOPs: no such op`},
	} {
		if _, err := Expand(s, c.cost); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestBudgetInSecondsStays(t *testing.T) {
	s := mustParse(t, "protocol: P3\nbudget: {seconds: 60}\naxes: {seed: [1, 2]}")
	points, err := Expand(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	spec := points[0].Spec
	if spec.Budget.Seconds != 60 || spec.Train.Steps != 0 {
		t.Fatalf("got %+v", spec)
	}
	if err := spec.SetSteps(1234); err != nil {
		t.Fatal(err)
	}
	if err := spec.Validate(); err != nil || spec.Train.Steps != 1234 || spec.Asked(60).ID("x") != points[0].Spec.ID("x") {
		t.Errorf("calibrated: %+v, %v", spec.Train, err)
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"axis: {}", "test.yaml:1: unknown key axis; did you mean axes?"},
		{"protocol: P4", `test.yaml:1: protocol: "P4"; want P1 (equal steps`},
		{"", `test.yaml: protocol: ""; want P1`},
		{"protocol: P1\nplan_only: true", "protocol: P1 in a sweep that trains nothing"},
		{"protocol: P1\nname: ../x", `test.yaml:2: name: "../x"; want letters`},
		{"protocol: P1\ndescription: \"a\\nb\"", "description: several lines"},
		{"protocol: P1\nbase:\n  modle: {}", "test.yaml:3: unknown key base.modle; did you mean base.model?"},
		{"protocol: P1\nbase: {model: {heads: many}}", "base.model.heads: want a whole number"},
		{"protocol: P1\nbase: {model: {heads: 3}}", "test.yaml:2: model.heads: 3 does not divide"},
		{"protocol: P1\naxes: [1]", "axes: want a mapping from axes to lists"},
		{"protocol: P1\naxes: {seed: 1}", "axes.seed: want a list of at least one value"},
		{"protocol: P1\naxes: {seed: []}", "axes.seed: want a list of at least one value"},
		{"protocol: P1\naxes:\n  seed: [1]\n  seed: [2]", "test.yaml:4: axes.seed: given twice"},
		{"protocol: P1\naxes:\n  lr: [1e-3]", "test.yaml:3: axis lr is no key of the spec and has no list of partial specs; did you mean train.lr?"},
		{"protocol: P1\naxes:\n  train.lrr: [1e-3]", "did you mean train.lr?"},
		{"protocol: P1\naxes:\n  train.zzzzzzzzz: [{}]", "want such as train.lr"},
		{"protocol: P1\naxes:\n  seed: [1, x]", "test.yaml:3: axes.seed[1]: want a whole number"},
		{"protocol: P1\naxes:\n  model: [{d_modle: 3}]", "did you mean model.d_model?"},
		{"protocol: P1\naxes:\n  mine:\n  - model: {d_modle: 3}", "test.yaml:4: unknown key axes.mine[0].model.d_modle; did you mean axes.mine[0].model.d_model?"},
		{"protocol: P1\naxes:\n  model.heads: [2, 3, 4]", `test.yaml:3: model.heads: 3 does not divide d_model 256; want 2 heads or another divisor (point "heads=3")`},
		{"protocol: P1\naxes: {seed: [1, 2]}\nexclude:\n- {seed: 3}", "test.yaml:4: exclude[0]: matches no point"},
		{"protocol: P1\naxes: {seed: [1, 2]}\nexclude:\n- {sed: 3}", "unknown key exclude[0].sed; did you mean exclude[0].seed?"},
		{"protocol: P1\naxes: {seed: [1]}\nexclude: [{seed: 1}]", "no point is left"},
		{"protocol: P1\nexclude: {seed: 1}", "exclude: want a list"},
		{"protocol: P1\nbudget: {}", "budget: empty"},
		{"protocol: P1\nbudget: {step: 3}", "unknown key budget.step; did you mean budget.steps?"},
		{"protocol: P1\nbudget: {steps: 3, tokens: 3}", "budget: several units"},
		{"protocol: P1\nbudget: {steps: 300}\nbase: {budget: {steps: 200}}", "base.budget: given beside the sweep's budget"},
		{"protocol: P1\nbudget: {steps: 300}\nbase: {train: {steps: 200}}", "base.train.steps: given beside the sweep's budget of 300 steps"},
		{"protocol: P1\nbudget: {steps: 300}\naxes: {train.steps: [200]}", "train.steps: 200 beside a budget of 300 steps"},
		{"protocol: P3\nbudget: {seconds: 300}\naxes: {train.steps: [200]}", "train.steps: 200 beside a budget of 300 seconds"},
		{"protocol: P1\naxes: {seed: &a [1], data: *a}", "aliases such as *a are not supported"},
		{"protocol: P1\naxes: {seed: [0,1,2,3,4,5,6,7,8,9], train.lr: [1,2,3,4,5,6,7,8,9,10], train.clip: [0,1,2,3,4,5,6,7,8,9], train.epsilon: [.1,.2,.3,.4,.5,.6,.7,.8,.9,1], eval.every: [1,2]}", "axes: more than 10000 points"},
	} {
		_, err := Parse("test.yaml", []byte(c.src))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q\n got %v\nwant %s", c.src, err, c.want)
		}
	}
}

func TestExpandErrors(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"protocol: P1\naxes: {seed: [1, 1]}", `test.yaml: point "seed=1": it is the same run as point "seed=1"`},
		{"protocol: P1\naxes: {model.d_ff: [1024], model: [{}, {heads: 4}]}", "it is the same run as"},
		{"protocol: P1\naxes: {model.system: [transformer], model.shorten: [average, linear]}", "it is the same run as"},
		{"protocol: P1\naxes: {train.steps: [200, 300]}", `protocol P1 wants equal steps, tokens and data order, but train.steps is 300 and that of point "steps=200" is 200`},
		{"protocol: P1\naxes: {train.batch: [2, 4]}", "train.batch is 4"},
		{"protocol: P1\naxes: {data: [enwik7, enwik8]}", "data is enwik8"},
		{"protocol: P1\nbudget: {tokens: 1e6}\naxes: {train.context: [48, 504]}", "train.steps is"},
		{"protocol: P1\nbudget: {seconds: 10}", "protocol P1 wants equal steps, a budget in seconds gives each point its own"},
		{"protocol: P2\nbudget: {tokens: 1e6}", "protocol P2 wants equal necessary FLOPs"},
		{"protocol: P1\nbudget: {tokens: 100}", "budget of 100 tokens pays for 0.025 steps of 4032 tokens"},
		{"protocol: P1\nbase: {train: {warmup: 60}}\nbudget: {steps: 50}", "train.warmup: 60 steps, but the budget of 50 steps pays for 50"},
	} {
		_, err := Expand(mustParse(t, c.src), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q\n got %v\nwant %s", c.src, err, c.want)
		}
	}
}

func TestMergeLeavesItsArgumentsAlone(t *testing.T) {
	s := mustParse(t, "protocol: P3\nbase: {model: {d_model: 64, attention: {1: full, 3: full}}}\naxes:\n  a: [{model: {heads: 2, attention: {1: relative, 3: full}}}, {model: {heads: 4}}]\n  b: [{}, {model: {d_model: 128}}]")
	points, err := Expand(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range points {
		m := p.Spec.Model
		got = append(got, strings.Join([]string{m.Attention.String(), string(rune('0' + m.Heads)), string(rune('0' + m.DModel/64))}, " "))
	}
	want := []string{"1: relative, 3: full 2 1", "1: relative, 3: full 2 2", "1: full, 3: full 4 1", "1: full, 3: full 4 2"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range names() {
		src, err := embedded.ReadFile(name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	for _, s := range []string{"protocol: P1\naxes: {seed: [1, 2]}\nexclude: [{seed: 1}]", "protocol: P2\nbudget: {flops: 1}", "base:", "axes: {? [a] : [1]}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		s, err := Parse("fuzz.yaml", src)
		if err != nil {
			return
		}
		points, err := Expand(s, func(bench.Spec) (float64, error) { return 1e6, nil })
		if err != nil {
			return
		}
		ids := make(map[string]bool)
		for _, p := range points {
			if err := p.Spec.Validate(); err != nil {
				t.Fatalf("point %q of a valid sweep: %v", p.Name, err)
			}
			id := p.Spec.ID(p.Spec.Data)
			if ids[id] {
				t.Fatalf("point %q has another's id", p.Name)
			}
			ids[id] = true
		}
	})
}
