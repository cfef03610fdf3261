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
// Resolve errs when the budget does not pay for one step, or for the warm-up;
// the default warm-up follows few steps.
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
	return s.resolved(int(steps))
}

// SetSteps puts the steps that a budget in seconds has come to in its place, as
// Resolve does with the others. Where an id is to depend on what was asked, and
// not on the machine's speed, take it before.
func (s *Spec) SetSteps(steps int) error {
	if s.Budget.Seconds == 0 {
		return fmt.Errorf("budget of %s: only a budget in seconds is calibrated", s.Budget)
	}
	if steps < 1 {
		return fmt.Errorf("budget of %s does not pay for one step of %d tokens", s.Budget, s.TokensPerStep())
	}
	return s.resolved(steps)
}

// resolved puts steps in the place of the budget. What specs say decides, not
// how they came to say it: a warm-up that was given as the default follows too.
func (s *Spec) resolved(steps int) error {
	b := s.Budget
	s.Budget, s.Train.Steps = Budget{}, steps
	if s.Train.Warmup == defaultWarmup {
		s.Train.Warmup = warmupOf(steps)
	}
	if s.Train.Warmup > steps {
		return fmt.Errorf("train.warmup: %d steps, but the budget of %s pays for %d in all; want train.warmup=%d, or a larger budget", s.Train.Warmup, b, steps, warmupOf(steps))
	}
	return nil
}

// Asked is the spec whose budget in seconds came to the steps of this one: the
// one that a calibrated run has its id of.
func (s Spec) Asked(seconds float64) Spec {
	if steps := s.Train.Steps; steps > 0 && s.Train.Warmup == warmupOf(steps) {
		s.Train.Warmup = defaultWarmup
	}
	s.Budget, s.Train.Steps = Budget{Seconds: seconds}, 0
	return s
}

// defaultWarmup is train.warmup where there are so many steps, and so before a
// budget has become steps.
const defaultWarmup = 100

// warmupOf so many steps by default: a tenth of a few.
func warmupOf(steps int) int {
	if steps < defaultWarmup {
		return steps / 10
	}
	return defaultWarmup
}
