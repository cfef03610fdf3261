package bench

import (
	"context"
	"errors"
	"fmt"

	"hgbench/pkg/cpu"
	"hgbench/results"
)

// Verdict on a figure of a run that was checked, from good to bad.
type Verdict string

// Verdicts.
const (
	Same       Verdict = "same"       // equal, to the bit
	Within     Verdict = "within"     // the tolerance
	Better     Verdict = "better"     // than the tolerance, or cheaper: worth recording
	Unjudged   Verdict = "unjudged"   // nothing recorded that it could be held to
	Slower     Verdict = "slower"     // than the band of speed: machines differ, so only a warning
	Regression Verdict = "regression" // worse, or other bits where they must be the same
)

// Figure is something that was recorded of a run, and what it is now.
type Figure struct {
	Name     string  `json:"name"`
	Unit     string  `json:"unit"` // bits, B, FLOP, or empty
	Recorded float64 `json:"recorded"`
	Now      float64 `json:"now"`
	Allowed  float64 `json:"allowed"` // difference; 0: none
	Verdict  Verdict `json:"verdict"`
	Note     string  `json:"note,omitempty"`
}

// Checked is a run of a baseline that was made again.
type Checked struct {
	Label   string         `json:"label"` // of the model, for people
	ID      string         `json:"id"`
	Exact   bool           `json:"exact"`           // the bits had to be the same
	Error   string         `json:"error,omitempty"` // of a run that failed: a regression
	Figures []Figure       `json:"figures"`
	Record  results.Record `json:"record,omitzero"` // of the run now; none of one that failed
}

// Regressed says whether the run failed, or one of its figures is a regression.
func (c Checked) Regressed() bool {
	if c.Error != "" {
		return true
	}
	for _, f := range c.Figures {
		if f.Verdict == Regression {
			return true
		}
	}
	return false
}

// CheckOptions of Check and Update.
type CheckOptions struct {
	StrictSpeed bool // a run that is slower than the band is a regression

	Begin    func(label string, i, n int) // told before each run; may be nil
	Progress func(Progress)               // of the run; may be nil
	Note     func(note string)            // may be nil
}

// options of one run.
func (o CheckOptions) options(threads int, sweep string) Options {
	return Options{Threads: threads, Sweep: sweep, Progress: o.Progress, Note: o.Note}
}

func (o CheckOptions) begin(label string, i, n int) {
	if o.Begin != nil {
		o.Begin(label, i, n)
	}
}

// Check trains one run of each spec of a baseline again, on as many threads as
// it was recorded with, and judges it (see Expected.Judge).
//
// It errs before anything is trained when a corpus is another one or not here,
// or when the baseline has nothing that this machine can be held to; and when
// ctx ends, with an error that wraps ctx's. A run that fails is a regression,
// and the rest goes on.
func (b Baseline) Check(ctx context.Context, o CheckOptions) ([]Checked, error) {
	all, err := b.Expected(cpu.Current().String(), cpu.KernelVersion)
	if err := errors.Join(err, b.checkCorpora(ctx)); err != nil {
		return nil, err
	}
	checked := make([]Checked, len(all))
	for i, e := range all {
		o.begin(e.Label, i, len(all))
		r, err := Run(ctx, e.Spec, o.options(e.Record.Machine.Threads, e.Record.Sweep))
		if ctx.Err() != nil {
			return nil, fmt.Errorf("check stopped with %d of %d runs left: %w", len(all)-i, len(all), context.Cause(ctx))
		}
		if err != nil {
			checked[i] = Checked{Label: e.Label, ID: e.Record.ID, Exact: e.Exact, Error: err.Error()}
			continue
		}
		checked[i] = e.Judge(r, o.StrictSpeed)
	}
	return checked, nil
}
