package bench

import (
	"fmt"
	"math"
)

// Budget is how much training a run gets, in exactly one unit. It stands in
// place of train.steps, in a spec or for every point of a sweep.
type Budget struct {
	Steps   int64   `json:"steps,omitempty" yaml:"steps,omitempty"`
	Tokens  int64   `json:"tokens,omitempty" yaml:"tokens,omitempty"`
	Seconds float64 `json:"seconds,omitempty" yaml:"seconds,omitempty"` // of training, evaluation excluded
	FLOPs   float64 `json:"flops,omitempty" yaml:"flops,omitempty"`     // necessary ones
}

// IsZero says that there is no budget: train.steps decides.
func (b Budget) IsZero() bool { return b == Budget{} }

// String such as "5e+12 FLOPs".
func (b Budget) String() string {
	switch {
	case b.Steps != 0:
		return fmt.Sprintf("%d steps", b.Steps)
	case b.Tokens != 0:
		return fmt.Sprintf("%d tokens", b.Tokens)
	case b.Seconds != 0:
		return fmt.Sprintf("%g seconds", b.Seconds)
	case b.FLOPs != 0:
		return fmt.Sprintf("%g FLOPs", b.FLOPs)
	}
	return "none"
}

// Validate says what is wrong with a budget: a negative amount, or two units.
func (b Budget) Validate() error {
	units := 0
	for _, v := range []float64{float64(b.Steps), float64(b.Tokens), b.Seconds, b.FLOPs} {
		if v < 0 || math.IsInf(v, 0) || math.IsNaN(v) {
			return fmt.Errorf("%g is not a budget; want a positive amount", v)
		}
		if v > 0 {
			units++
		}
	}
	if units > 1 {
		return fmt.Errorf("several units; want one of steps, tokens, seconds and flops")
	}
	return nil
}

// Cost is the necessary FLOPs of training a spec for one token: three times
// the forward pass's (see results.FLOPs).
type Cost func(Spec) (float64, error)

// Resolve turns a budget in steps, tokens or FLOPs into train.steps, rounded
// down to whole steps, and removes it. cost is asked only for FLOPs. A budget
// in seconds stays: only a timed calibration can tell (see SetSteps).
// Resolve errs when the budget does not pay for one step, or for the warm-up.
func (s *Spec) Resolve(cost Cost) error {
	b := s.Budget
	if err := b.Validate(); err != nil {
		return fmt.Errorf("budget: %w", err)
	}
	var steps float64
	switch {
	case b.IsZero(), b.Seconds > 0:
		return nil
	case b.Steps > 0:
		steps = float64(b.Steps)
	case b.Tokens > 0:
		steps = float64(b.Tokens) / float64(s.TokensPerStep())
	default:
		if cost == nil {
			return fmt.Errorf("budget of %s: nothing here knows what a token costs", b)
		}
		perToken, err := cost(*s)
		if err != nil {
			return fmt.Errorf("budget of %s: %w", b, err)
		}
		if !(perToken > 0) {
			return fmt.Errorf("budget of %s: a token costs %g FLOPs, want more than 0", b, perToken)
		}
		steps = b.FLOPs / perToken / float64(s.TokensPerStep())
	}
	if steps < 1 {
		return fmt.Errorf("budget of %s pays for %.2g steps of %d tokens; want at least one", b, steps, s.TokensPerStep())
	}
	if steps > maxInt {
		return fmt.Errorf("budget of %s pays for %.2g steps of %d tokens; want at most %d", b, steps, s.TokensPerStep(), maxInt)
	}
	s.Budget = Budget{}
	s.Train.Steps = int(steps)
	return s.checkWarmup()
}

// SetSteps fixes the steps that a budget in seconds has come to. The budget
// stays, as the run's id depends on it and not on the machine's speed.
// A recorded spec has both, and is replayed with the steps.
func (s *Spec) SetSteps(steps int) error {
	if s.Budget.Seconds == 0 {
		return fmt.Errorf("budget of %s: only a budget in seconds is calibrated", s.Budget)
	}
	if steps < 1 {
		return fmt.Errorf("budget of %s does not pay for one step of %d tokens", s.Budget, s.TokensPerStep())
	}
	s.Train.Steps = steps
	return s.checkWarmup()
}

func (s *Spec) checkWarmup() error {
	if s.Train.Steps > 0 && s.Train.Warmup > s.Train.Steps {
		return fmt.Errorf("train.warmup: %d steps of %d; want no more than train.steps", s.Train.Warmup, s.Train.Steps)
	}
	return nil
}
