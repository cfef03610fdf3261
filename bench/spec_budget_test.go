package bench

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"hgbench/results"
)

func TestResolve(t *testing.T) {
	cost := func(Spec) (float64, error) { return 1e6, nil }
	for _, c := range []struct {
		budget Budget
		steps  int
	}{
		{Budget{Steps: 300}, 300},
		{Budget{Tokens: 4032 * 200}, 200},
		{Budget{Tokens: 4032*200 + 4031}, 200},
		{Budget{FLOPs: 4032 * 150.5e6}, 150},
	} {
		s := DefaultSpec()
		s.Budget, s.Train.Steps = c.budget, 0
		if err := s.Resolve(cost); err != nil || s.Train.Steps != c.steps || !s.Budget.IsZero() {
			t.Errorf("%s: %d steps, %v; want %d", c.budget, s.Train.Steps, err, c.steps)
		}
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", c.budget, err)
		}
	}
	plain := DefaultSpec()
	if err := plain.Resolve(nil); err != nil || !plain.Equal(DefaultSpec()) {
		t.Errorf("without a budget: %+v, %v", plain, err)
	}
}

func TestResolveErrors(t *testing.T) {
	for _, c := range []struct {
		budget Budget
		want   string
	}{
		{Budget{Tokens: 1}, "at least one"},
		{Budget{Steps: 1 << 40}, "want at most"},
		{Budget{FLOPs: 1e9}, "nothing here knows"},
		{Budget{FLOPs: math.Inf(1)}, "not a budget"},
		{Budget{Seconds: math.NaN()}, "not a budget"},
		{Budget{Steps: 1, Seconds: 1}, "several units"},
	} {
		s := DefaultSpec()
		s.Budget = c.budget
		if err := s.Resolve(nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.budget, err, c.want)
		}
	}
}

func TestSetSteps(t *testing.T) {
	s := DefaultSpec()
	if err := s.SetSteps(10); err == nil {
		t.Error("no budget: no error")
	}
	s.Budget = Budget{Seconds: 2}
	for _, c := range []struct {
		steps int
		want  string
	}{{0, "does not pay for one step"}, {50, "train.warmup: 60 steps, but the budget of 2 seconds pays for 50 in all; want train.warmup=5, or a larger budget"}} {
		few := s
		few.Train.Warmup = 60
		if err := few.SetSteps(c.steps); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d: %v, want %q", c.steps, err, c.want)
		}
	}
	if err := s.SetSteps(500); err != nil || s.Train.Steps != 500 || !s.Budget.IsZero() {
		t.Errorf("%+v, %v", s, err)
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}

func TestBudgetString(t *testing.T) {
	for want, b := range map[string]Budget{"none": {}, "3 steps": {Steps: 3}, "1000 tokens": {Tokens: 1000}, "0.5 seconds": {Seconds: .5}, "5e+12 FLOPs": {FLOPs: 5e12}} {
		if b.String() != want {
			t.Errorf("%s, want %s", b, want)
		}
	}
}

// Few steps have a short warm-up, however they came to be few, unless another one
// was given.
func TestWarmupOfFewSteps(t *testing.T) {
	for _, c := range []struct {
		src           string
		steps, warmup int
	}{
		{"train: {steps: 40}", 40, 4},
		{"train: {steps: 5}", 5, 0},
		{"train: {steps: 100}", 100, 100},
		{"train: {steps: 40, warmup: 7}", 40, 7},
		{"budget: {steps: 40}", 40, 4},
		{"budget: {steps: 40}\ntrain: {warmup: 100}", 40, 4}, // as the default, of which it has the id
		{"budget: {steps: 40}\ntrain: {warmup: 7}", 40, 7},
		{"budget: {steps: 400}", 400, 100},
	} {
		s := mustParse(t, c.src)
		if err := s.Resolve(nil); err != nil || s.Train.Steps != c.steps || s.Train.Warmup != c.warmup {
			t.Errorf("%q: %d steps, %d of warm-up, %v; want %d, %d", c.src, s.Train.Steps, s.Train.Warmup, err, c.steps, c.warmup)
		}
	}
	s := DefaultSpec()
	for _, c := range []struct {
		set    string
		warmup int
	}{{"train.steps=30", 3}, {"train.steps=3000", 100}, {"budget.seconds=9", 100}, {"train.warmup=30", 30}, {"train.steps=20", 30}} {
		if err := s.Set(c.set); err != nil || s.Train.Warmup != c.warmup {
			t.Errorf("after %s: warm-up %d, %v; want %d", c.set, s.Train.Warmup, err, c.warmup)
		}
	}
}

// What a budget in seconds has come to can be told from what was asked, also where
// the warm-up followed, and in records that once had both.
func TestCalibratedRecords(t *testing.T) {
	for _, src := range []string{"", "train: {warmup: 30}", "train: {warmup: 6}", "seed: 3"} {
		for _, steps := range []int{60, 500} {
			s := mustParse(t, src+"\nbudget: {seconds: 2}")
			r := results.Record{ID: s.ID("x"), Data: results.Data{SHA256: "x"}, Calibration: &results.Calibration{Budget: 2, StepSeconds: 2 / float64(steps), Steps: steps}}
			old := s
			if err := s.SetSteps(steps); err != nil {
				t.Fatal(err)
			}
			old.Train.Steps = steps
			for name, recorded := range map[string]Spec{"now": s, "once": old} {
				if recorded.Train.Warmup > steps {
					continue // was refused
				}
				text, err := json.Marshal(recorded)
				if err != nil {
					t.Fatal(err)
				}
				r.Spec = text
				if wrong := CheckRecord(r); len(wrong) > 0 {
					t.Errorf("%q, %d steps, %s: %v", src, steps, name, wrong)
				}
				var again Spec
				if err := json.Unmarshal(text, &again); err != nil || !again.Budget.IsZero() || again.Train.Steps != steps || again.ID("x") == r.ID {
					t.Errorf("%q, %d steps, %s: replayed as %d steps with a budget of %s, id %s: %v", src, steps, name, again.Train.Steps, again.Budget, again.ID("x"), err)
				}
			}
		}
	}
}
