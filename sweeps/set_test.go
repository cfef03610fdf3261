package sweeps

import (
	"strings"
	"testing"
)

const settable = `
name: x
protocol: P1
base: {model: {d_model: 64, heads: 2}, train: {context: 252, batch: 2, lr: 2e-3, warmup: 10}}
axes:
  model.hierarchy: [2@1, 4@1]
  rates: [{train: {lr: 1e-3}}, {train: {lr: 2e-3}}]
budget: {tokens: 1e6}
`

func TestSet(t *testing.T) {
	settable := strings.Replace(settable, "base: {model: {", "base: {model: {system: transformer, ", 1)
	for _, c := range []struct {
		set   []string
		check func(Point) bool
	}{
		{nil, func(p Point) bool { return p.Spec.Train.Steps == 1984 }},
		{[]string{"train.steps=50"}, func(p Point) bool { return p.Spec.Train.Steps == 50 }},
		{[]string{"budget.steps=60"}, func(p Point) bool { return p.Spec.Train.Steps == 60 }},
		{[]string{"train.batch=4"}, func(p Point) bool { return p.Spec.Train.Steps == 992 && p.Spec.Train.MicroBatch == 4 }},
		{[]string{"model.d_model=32", "seed=7"}, func(p Point) bool { return p.Spec.Model.DFF == 128 && p.Spec.Seed == 7 }},
	} {
		s, err := Parse("x.yaml", []byte(settable), c.set...)
		if err != nil {
			t.Errorf("set %v: %v", c.set, err)
			continue
		}
		points, err := Expand(s, nil)
		if err != nil || len(points) != 4 {
			t.Errorf("set %v: %d points, %v", c.set, len(points), err)
			continue
		}
		for _, p := range points {
			if !c.check(p) {
				t.Errorf("set %v: point %s has %+v", c.set, p.Name, p.Spec)
			}
		}
	}
}

func TestSetErrors(t *testing.T) {
	for assignment, want := range map[string]string{
		"train.lr=1e-3":       "points of the sweep differ",
		"model.hierarchy=6@1": "points of the sweep differ",
		"model={d_model: 32}": "points of the sweep differ",
		"model.d_modle=32":    "d_model",
		"model.d_model=lots":  "d_model",
		"budget={tokens: -1}": "-1",
		"train.steps":         "KEY=VALUE",
	} {
		_, err := Parse("x.yaml", []byte(settable), assignment)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("set %s: %v; want %q", assignment, err, want)
		}
	}
}
