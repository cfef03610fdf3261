package bench

import (
	"fmt"
	"math"
	"slices"

	"hgbench/results"
)

// speedBand is the part of its recorded share of peak that a run may lose
// before it counts as slower. docs/ci.md tells what it was measured against.
const speedBand = 0.25

// Judge holds a run to what was expected of it.
//
//   - Bits: on the same instruction set and kernel version everything that a run
//     computes must be the same to the bit, better BPC included: otherwise a
//     result cannot be had again.
//   - BPC, where bits differ or cannot be compared: to the difference that another
//     seed would make (results.Group.SeedReach).
//   - Parameters, necessary and dense FLOPs are properties of the model: exactly.
//     Executed FLOPs and planned memory depend on the instruction set as well:
//     exactly on the same one, though less of them is better.
//   - Speed: to three quarters of the recorded share of peak.
func (e Expected) Judge(now results.Record, strictSpeed bool) Checked {
	c := Checked{Label: e.Label, ID: e.Record.ID, Exact: e.Exact, Record: now}
	if e.Exact {
		c.Figures = append(c.Figures, bitsFigure(e.Record, now))
	}
	c.Figures = append(c.Figures,
		e.bpc(results.ValidBPC, now),
		e.bpc(results.TestBPC, now),
		exactly("parameters", "", float64(e.Record.Parameters), float64(now.Parameters)),
		exactly("necessary FLOPs/token", "FLOP", e.Record.FLOPs.NecessaryPerToken, now.FLOPs.NecessaryPerToken),
		exactly("dense FLOPs/token", "FLOP", e.Record.FLOPs.DensePerToken, now.FLOPs.DensePerToken),
		e.plan("executed FLOPs/token", "FLOP", e.Record.FLOPs.ExecutedPerToken, now.FLOPs.ExecutedPerToken),
	)
	was, is := e.Record.Memory.Planned, now.Memory.Planned
	for _, m := range []struct {
		name    string
		was, is int64
	}{
		{"weights", was.Weights, is.Weights}, {"gradients", was.Gradients, is.Gradients},
		{"optimizer", was.Optimizer, is.Optimizer}, {"activations", was.Activations, is.Activations},
		{"workspace", was.Workspace, is.Workspace}, {"total", was.Total, is.Total},
	} {
		c.Figures = append(c.Figures, e.plan("planned memory: "+m.name, "B", float64(m.was), float64(m.is)))
	}
	// A kind of memory may grow where the whole shrinks.
	if is.Total <= was.Total {
		for i := range c.Figures {
			if f := &c.Figures[i]; f.Unit == "B" && f.Verdict == Regression {
				f.Verdict = Within
			}
		}
	}
	c.Figures = append(c.Figures, e.speed(now, strictSpeed))
	return c
}

// bitsFigure compares all that a run computes.
func bitsFigure(was, is results.Record) Figure {
	f := Figure{Name: "bits", Unit: "bits", Recorded: was.TestBPC, Now: is.TestBPC, Verdict: Regression}
	if len(was.Curve) != len(is.Curve) {
		f.Note = fmt.Sprintf("the curve has %d points, and had %d", len(is.Curve), len(was.Curve))
		return f
	}
	for i, p := range was.Curve {
		q := is.Curve[i]
		f.Recorded, f.Now, f.Note = p.TrainBPC, q.TrainBPC, fmt.Sprintf("training BPC of step %d, the first that differs", p.Step)
		if p.Step != q.Step || !sameBits(p.TrainBPC, q.TrainBPC) {
			return f
		}
		a, b := validOf(p), validOf(q)
		f.Recorded, f.Now, f.Note = a, b, fmt.Sprintf("validation BPC of step %d, the first that differs", p.Step)
		if !sameBits(a, b) {
			return f
		}
	}
	f.Recorded, f.Now = was.TestBPC, is.TestBPC
	switch {
	case was.WeightsHash != "" && was.WeightsHash != is.WeightsHash:
		f.Note = "the weights differ, the curve does not"
	case !sameBits(was.ValidBPC, is.ValidBPC):
		f.Recorded, f.Now, f.Note = was.ValidBPC, is.ValidBPC, "validation BPC"
	case !sameBits(was.TestBPC, is.TestBPC), !slices.EqualFunc(was.TestWindows, is.TestWindows, sameBits):
		f.Note = "of the test windows; the weights are the same"
	case was.Sample != is.Sample:
		f.Note = "the sample differs; the weights are the same"
	default:
		f.Note, f.Verdict = "", Same
	}
	return f
}

func validOf(p results.Point) float64 {
	if p.ValidBPC == nil {
		return 0
	}
	return *p.ValidBPC
}

func sameBits(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

// bpc holds a BPC to what another seed would make of it.
func (e Expected) bpc(m results.Metric, now results.Record) Figure {
	was, is := m.Value(e.Record), m.Value(now)
	f := Figure{Name: m.Name, Unit: m.Unit, Recorded: was, Now: is, Verdict: Same}
	if len(e.Seeds.Records) > 0 {
		f.Allowed = e.Seeds.SeedReach(m.Value)
		f.Note = fmt.Sprintf("what another seed would make of it, from %d", len(e.Seeds.Records))
	}
	switch difference := is - was; {
	case sameBits(was, is):
	case len(e.Seeds.Records) == 0:
		f.Verdict = Unjudged // "bits" tells
	case !(difference <= f.Allowed): // NaN too
		f.Verdict = Regression
	case difference < -f.Allowed:
		f.Verdict = Better
	default:
		f.Verdict = Within
	}
	return f
}

// exactly holds a property of the model to what it was.
func exactly(name, unit string, was, is float64) Figure {
	f := Figure{Name: name, Unit: unit, Recorded: was, Now: is, Verdict: Same}
	if was != is {
		f.Verdict, f.Note = Regression, "this is another model"
	}
	return f
}

// plan holds a cost of the compiled program to what it was, where it was
// compiled for the same instruction set.
func (e Expected) plan(name, unit string, was, is float64) Figure {
	f := Figure{Name: name, Unit: unit, Recorded: was, Now: is, Verdict: Same}
	switch {
	case was == is:
	case !e.Alike:
		f.Verdict, f.Note = Unjudged, "recorded on "+e.Record.Machine.ISA
	case is < was:
		f.Verdict = Better
	default:
		f.Verdict = Regression
	}
	return f
}

// speed holds the share of peak to a band.
func (e Expected) speed(now results.Record, strict bool) Figure {
	share := func(r results.Record) float64 { return r.ShareOfPeak }
	was, is := e.Speeds.Mean(share), now.ShareOfPeak
	f := Figure{Name: "share of peak", Recorded: was, Now: is, Allowed: speedBand * was, Verdict: Within}
	switch {
	case !e.Alike:
		f.Verdict, f.Note = Unjudged, "recorded on "+e.Record.Machine.ISA
	case is > was+f.Allowed:
		f.Verdict = Better
	case is < was-f.Allowed && strict:
		f.Verdict = Regression
	case is < was-f.Allowed:
		f.Verdict = Slower
	}
	if f.Note == "" && now.Machine.CPU != e.Record.Machine.CPU {
		f.Note = fmt.Sprintf("%s, recorded on %s", now.Machine.CPU, e.Record.Machine.CPU)
	}
	return f
}
