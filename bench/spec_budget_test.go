package bench

import (
	"math"
	"strings"
	"testing"
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
	}{{0, "does not pay for one step"}, {50, "train.warmup: 100 steps of 50"}} {
		if err := s.SetSteps(c.steps); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d: %v, want %q", c.steps, err, c.want)
		}
	}
	if err := s.SetSteps(500); err != nil || s.Train.Steps != 500 || s.Budget.Seconds != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestBudgetString(t *testing.T) {
	for want, b := range map[string]Budget{"none": {}, "3 steps": {Steps: 3}, "1000 tokens": {Tokens: 1000}, "0.5 seconds": {Seconds: .5}, "5e+12 FLOPs": {FLOPs: 5e12}} {
		if b.String() != want {
			t.Errorf("%s, want %s", b, want)
		}
	}
}
