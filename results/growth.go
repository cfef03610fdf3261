package results

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// Growth is one model at growing contexts: records that differ in nothing but
// their context and what goes with it (the evaluation, steps, seed).
type Growth struct {
	Label   string   // of the model, with the settings that tell it from others of its name
	Told    []string // dotted keys of those settings
	Records Records  // by ascending context
}

// Growths groups the records by model, in the order in which models appear.
// Records without a context are left out.
func (rs Records) Growths() []Growth {
	rs = rs.Where(func(r Record) bool { return context(r) > 0 })
	told := map[string][]string{}
	for _, g := range rs.GroupBy(Record.Label) {
		for _, key := range g.Records.Varying() {
			if section, _, _ := strings.Cut(key, "."); section != "eval" && key != "train.steps" && key != "train.context" {
				told[g.Key] = append(told[g.Key], key)
			}
		}
	}
	name := func(r Record) string {
		label := r.Label()
		return label + tell(r.settings(), told[label])
	}
	var all []Growth
	for _, g := range rs.GroupBy(name) {
		all = append(all, Growth{g.Key, told[g.Records[0].Label()], g.Records.SortBy(context)})
	}
	return all
}

// context of training, in tokens.
func context(r Record) float64 { return r.Number("train.context") }

// Varies says whether there are two contexts or more.
func (g Growth) Varies() bool {
	return len(g.Records) > 0 && context(g.Records[0]) < context(g.Records[len(g.Records)-1])
}

// Memory is the exponent of the context in what plans hold above weights,
// gradients and optimiser; NaN where two contexts are not known.
func (g Growth) Memory() float64 {
	return g.exponent(func(r Record) float64 { return float64(r.Memory.Planned.Total - r.Memory.Planned.Floor()) })
}

// Time is the exponent of the context in the time of a window.
func (g Growth) Time() float64 { return g.exponent(Record.WindowSeconds) }

// exponent of the context in a cost: the slope of the logarithms by least squares,
// over the longer half of the contexts that know the cost (two at least), where
// what does not grow weighs least.
func (g Growth) exponent(cost func(Record) float64) float64 {
	var x, y []float64
	for _, r := range g.Records {
		if c := cost(r); c > 0 && !math.IsInf(c, 0) {
			x, y = append(x, math.Log(context(r))), append(y, math.Log(c))
		}
	}
	from := min(len(x)/2, max(0, len(x)-2))
	x, y = x[from:], y[from:]
	if len(x) < 2 || x[0] == x[len(x)-1] {
		return math.NaN()
	}
	_, k := stat.LinearRegression(x, y, nil, false)
	return k
}

// WindowSeconds is the time of training on one window, NaN where it was not taken.
func (r Record) WindowSeconds() float64 {
	return known(context(r) / known(r.TokensPerSecond))
}

// Floor is what a plan holds at any context, in bytes: weights, gradients and the
// optimiser's moments.
func (p Planned) Floor() int64 { return p.Weights + p.Gradients + p.Optimizer }

// sayGrowth says how costs grow with the context, the slowest growth of time
// first; false where no context varies.
func (s *Summary) sayGrowth(records Records) bool {
	growths := slices.DeleteFunc(records.Growths(), func(g Growth) bool { return !g.Varies() })
	if len(growths) == 0 {
		return false
	}
	slices.SortStableFunc(growths, func(a, b Growth) int { return compareNaNLast(a.Time(), b.Time()) })
	s.say("Growth with the context, as exponents of a log-log fit over the longer half of the contexts: memory above weights, gradients and optimiser, and time of a window.")
	for _, g := range growths {
		last := g.Records[len(g.Records)-1]
		costs := []string{FormatBytes(last.Memory.Planned.Total)}
		if t := last.WindowSeconds(); !math.IsNaN(t) {
			costs = append(costs, fmt.Sprintf("%.3g s", t))
		}
		s.say("  %s: memory %s, time %s; %s at %.0f tokens", properName(Group{Key: g.Label}), FormatExponent(g.Memory()), FormatExponent(g.Time()),
			joinWith(costs, "and"), context(last))
	}
	return true
}

// FormatExponent gives two decimals, "–" for none.
func FormatExponent(k float64) string {
	if math.IsNaN(k) {
		return "–"
	}
	return fmt.Sprintf("%.2f", k)
}
