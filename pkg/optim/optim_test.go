package optim

import (
	"math"
	"testing"
)

func TestRate(t *testing.T) {
	for _, c := range []struct {
		s    Schedule
		step int
		want float64
	}{
		{Schedule{Peak: 2, Warmup: 4, Steps: 12, Shape: Cosine}, 0, 0.5},
		{Schedule{Peak: 2, Warmup: 4, Steps: 12, Shape: Cosine}, 3, 2},
		{Schedule{Peak: 2, Warmup: 4, Steps: 12, Shape: Cosine}, 4, 2},
		{Schedule{Peak: 2, Warmup: 4, Steps: 12, Shape: Cosine}, 8, 1},
		{Schedule{Peak: 2, Warmup: 4, Steps: 12, Shape: Cosine}, 12, 0},
		{Schedule{Peak: 2, Warmup: 4, Steps: 12, Shape: Cosine}, 99, 0},
		{Schedule{Peak: 2, Steps: 10, Shape: Linear}, 0, 2},
		{Schedule{Peak: 2, Steps: 10, Shape: Linear}, 5, 1},
		{Schedule{Peak: 2, Steps: 10, Shape: Linear}, 10, 0},
		{Schedule{Peak: 2, Warmup: 2, Steps: 10}, 0, 1},
		{Schedule{Peak: 2, Warmup: 2, Steps: 10}, 9, 2},
		{Schedule{Peak: 2, Warmup: 3, Steps: 3, Shape: Cosine}, 2, 2},
	} {
		if got := c.s.Rate(c.step); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%+v at step %d: %g, want %g", c.s, c.step, got, c.want)
		}
	}
}

// Every schedule grows to its peak, then never grows, and stays positive to
// its last step.
func TestRateShape(t *testing.T) {
	for _, shape := range []Shape{Constant, Cosine, Linear} {
		for _, warmup := range []int{0, 1, 7} {
			s := Schedule{Peak: 1e-3, Warmup: warmup, Steps: 50, Shape: shape}
			for step := 1; step < s.Steps; step++ {
				before, now := s.Rate(step-1), s.Rate(step)
				if grows := step < warmup; grows && now <= before || !grows && now > before || now <= 0 || now > s.Peak {
					t.Errorf("%v, warm-up %d: %g at step %d after %g", shape, warmup, now, step, before)
				}
			}
		}
	}
}

func TestHyper(t *testing.T) {
	a := Adam{Schedule: Schedule{Peak: 1, Steps: 2}, Beta1: 0.9, Beta2: 0.98}
	got := a.Hyper(1)
	for i, want := range []float64{1, 1 - 0.9*0.9, 1 - 0.98*0.98} {
		if math.Abs(got[i]-want) > 1e-15 {
			t.Errorf("hyper[%d] = %g, want %g", i, got[i], want)
		}
	}
}

func TestParseShape(t *testing.T) {
	for _, want := range []Shape{Constant, Cosine, Linear} {
		if got, err := ParseShape(want.String()); err != nil || got != want {
			t.Errorf("%v: %v, %v", want, got, err)
		}
	}
	if _, err := ParseShape("cosin"); err == nil {
		t.Error("cosin was accepted")
	}
}
