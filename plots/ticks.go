package plots

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// logTicks labels a logarithmic axis at 1-2-5 values, finer where less than a
// decade is shown and coarser where many are, with at most max labels.
type logTicks struct {
	max    int
	format func(float64) string
}

// mantissas in the order in which they are tried.
var mantissas = [][]float64{
	{1},
	{1, 2, 5},
	{1, 3},
	{1, 1.5, 2, 3, 5, 7},
	{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8},
}

// Ticks implements plot.Ticker. It never panics: bounds that a logarithm
// cannot show give no ticks.
func (t logTicks) Ticks(min, max float64) []plot.Tick {
	if !(min > 0) || !(max > min) || math.IsInf(max, 0) {
		return nil
	}
	major := t.major(min, max)
	var ticks []plot.Tick
	labelled := map[float64]bool{}
	for _, v := range major {
		ticks = append(ticks, plot.Tick{Value: v, Label: t.format(v)})
		labelled[v] = true
	}
	if math.Log10(max/min) > 4 {
		return ticks
	}
	for _, v := range decades(min, max, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, 1) {
		if !labelled[v] {
			ticks = append(ticks, plot.Tick{Value: v})
		}
	}
	return ticks
}

func (t logTicks) major(min, max float64) []float64 {
	var best []float64
	for _, m := range mantissas {
		if v := decades(min, max, m, 1); len(v) <= t.max && len(v) > len(best) {
			best = v
		}
		if 2*len(best) >= t.max {
			break
		}
	}
	if len(best) >= 3 {
		return best
	}
	if math.Log10(max/min) > 2 { // even one a decade is too many
		for step := 2; ; step++ {
			if v := decades(min, max, mantissas[0], step); len(v) <= t.max {
				return v
			}
		}
	}
	return nice(min, max, t.max)
}

// decades lists m·10ᵏ within the bounds, for every step-th k.
func decades(min, max float64, m []float64, step int) []float64 {
	var out []float64
	lo, hi := int(math.Floor(math.Log10(min))), int(math.Ceil(math.Log10(max)))
	for k := lo; k <= hi; k++ {
		if ((k%step)+step)%step != 0 {
			continue
		}
		for _, f := range m {
			v, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', -1, 64)+"e"+strconv.Itoa(k), 64)
			if err == nil && v >= min*(1-1e-9) && v <= max*(1+1e-9) {
				out = append(out, v)
			}
		}
	}
	return out
}

// linearTicks labels a linear axis at multiples of 1, 2, 2.5 or 5 times a power of ten.
type linearTicks struct {
	max    int
	format func(float64) string // nil: the decimals that the step needs
}

// Ticks implements plot.Ticker.
func (t linearTicks) Ticks(min, max float64) []plot.Tick {
	values := nice(min, max, t.max)
	format := t.format
	if format == nil {
		decimals := 0
		if len(values) > 1 {
			decimals = decimalsOf(values[1] - values[0])
		}
		format = func(v float64) string { return strconv.FormatFloat(v, 'f', decimals, 64) }
	}
	ticks := make([]plot.Tick, len(values))
	labels := make([]string, len(values))
	for i, v := range values {
		labels[i] = format(v)
	}
	for i, label := range evenly(labels) {
		ticks[i] = plot.Tick{Value: values[i], Label: label}
	}
	return ticks
}

// evenly gives labels of one unit as many decimals as one of them needs: "3.8 G",
// "4.0 G", not "3.80 G", "4 G".
func evenly(labels []string) []string {
	decimals := map[string]int{} // of each unit
	for _, l := range labels {
		number, unit, _ := strings.Cut(l, " ")
		_, fraction, _ := strings.Cut(number, ".")
		decimals[unit] = max(decimals[unit], len(strings.TrimRight(fraction, "0")))
	}
	out := make([]string, len(labels))
	for i, l := range labels {
		number, unit, _ := strings.Cut(l, " ")
		if v, err := strconv.ParseFloat(number, 64); err == nil && !strings.Contains(number, "e") && v != 0 {
			number = strconv.FormatFloat(v, 'f', decimals[unit], 64)
		}
		out[i] = strings.TrimSpace(number + " " + unit)
	}
	return out
}

// nice lists at most n multiples of a round step within the bounds.
func nice(min, max float64, n int) []float64 {
	if !(max > min) || math.IsInf(max, 0) || math.IsInf(min, 0) || n < 1 {
		return nil
	}
	for k := math.Floor(math.Log10((max - min) / float64(n))); ; k++ {
		for _, f := range []float64{1, 2, 2.5, 5} {
			step := f * math.Pow(10, k)
			first, last := math.Ceil(min/step-1e-9), math.Floor(max/step+1e-9)
			if last-first+1 > float64(n) {
				continue
			}
			var out []float64
			for i := first; i <= last; i++ {
				v, _ := strconv.ParseFloat(strconv.FormatFloat(i*step, 'g', 12, 64), 64)
				out = append(out, v+0) // never -0
			}
			return out
		}
	}
}

func decimalsOf(step float64) int {
	s := strconv.FormatFloat(step, 'f', -1, 64)
	if f, err := strconv.ParseFloat(strconv.FormatFloat(step, 'g', 6, 64), 64); err == nil {
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	if _, frac, ok := strings.Cut(s, "."); ok {
		return len(frac)
	}
	return 0
}
