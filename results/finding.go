package results

import (
	"math"
	"slices"
)

// Verdict of Hourglass against its baselines on one axis.
type Verdict string

const (
	Wins    Verdict = "wins"    // reaches baselines, and none reaches it
	Mixed   Verdict = "mixed"   // each reaches some of the other
	Loses   Verdict = "loses"   // baselines reach it, and it reaches none
	Neither Verdict = "neither" // neither reaches the frontier of the other
)

// Reach says that By has at most the BPC of Of at lower cost, or less BPC at the
// same cost. Costs that agree to 1 % are the same.
type Reach struct {
	By, Of Group
}

// Ratio is what By costs over what Of costs, on any axis; NaN where unknown.
func (r Reach) Ratio(x Axis) float64 { return ratio(r.By, r.Of, x) }

// Finding is what the measured points say on one axis. Only measured points are
// compared, nothing is interpolated, and only points on their own family's
// frontier count: to reach a model which another of its family beats proves
// nothing.
type Finding struct {
	Axis    Axis
	Verdict Verdict
	Equal   bool // all costs agree to 1 %: the verdict is by BPC alone

	Hourglass, Baseline Group // the best of each family

	// Ours is Hourglass reaching the best baseline that it does reach, by the
	// cheapest point that does; Theirs is the same of a baseline reaching
	// Hourglass. They are nil where there is no such pair.
	Ours, Theirs *Reach

	// Front are the baselines on their frontier, cheapest first.
	Front []Group
}

// findOn compares two families of groups on axis x by metric y. ok is false if
// either has no measured point there.
func findOn(hourglass, baselines []Group, x Axis, y Metric) (f Finding, ok bool) {
	hourglass, baselines = measured(hourglass, x, y), measured(baselines, x, y)
	if len(hourglass) == 0 || len(baselines) == 0 {
		return f, false
	}
	f = Finding{
		Axis:      x,
		Hourglass: lowest(hourglass, y), Baseline: lowest(baselines, y),
		Front: FrontierOfGroups(baselines, x, y),
	}
	if x.Equal(slices.Concat(hourglass, baselines)) {
		f.Equal = true
		f.Verdict = verdictOf(f.Hourglass.Mean(y.Value) < f.Baseline.Mean(y.Value), f.Baseline.Mean(y.Value) < f.Hourglass.Mean(y.Value))
		return f, true
	}
	f.Ours = bestReach(hourglass, f.Front, x, y)
	f.Theirs = bestReach(baselines, FrontierOfGroups(hourglass, x, y), x, y)
	f.Verdict = verdictOf(f.Ours != nil, f.Theirs != nil)
	return f, true
}

func verdictOf(ours, theirs bool) Verdict {
	switch {
	case ours && theirs:
		return Mixed
	case ours:
		return Wins
	case theirs:
		return Loses
	}
	return Neither
}

// bestReach finds the best of the front that one of gs reaches, and the cheapest
// of gs that does.
func bestReach(gs, front []Group, x Axis, y Metric) *Reach {
	for _, of := range slices.Backward(front) {
		var best *Reach
		for _, by := range gs {
			r, bpc, most := ratio(by, of, x), by.Mean(y.Value), of.Mean(y.Value)
			reaches := r < 1 && bpc <= most
			if alike(r) {
				reaches = bpc < most
			}
			if reaches && (best == nil || r < best.Ratio(x)) {
				best = &Reach{By: by, Of: of}
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

func measured(gs []Group, x Axis, y Metric) []Group {
	return slices.DeleteFunc(slices.Clone(gs), func(g Group) bool {
		return math.IsNaN(g.Mean(x.Value)) || math.IsNaN(g.Mean(y.Value))
	})
}

func lowest(gs []Group, y Metric) Group {
	return slices.MinFunc(gs, func(a, b Group) int { return compareNaNLast(a.Mean(y.Value), b.Mean(y.Value)) })
}

func ratio(a, b Group, x Axis) float64 { return a.Mean(x.Value) / b.Mean(x.Value) }
