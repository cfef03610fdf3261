package plots

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"

	"hgbench/results"
)

// scale is how values of one unit are shown on an axis: divided by unit, under
// a title that names it.
type scale struct {
	title  string
	unit   float64
	format func(float64) string
}

// scaleOf picks title and unit for values up to top.
func scaleOf(a results.Axis, top float64) scale {
	switch a.Unit {
	case "B":
		return byteScale("planned peak memory", top)
	case "s":
		return scale{"training time (s)", 1, plain}
	}
	kind := "necessary FLOPs"
	if a.Name != results.NecessaryFLOPs.Name {
		kind = a.Name
	}
	return scale{kind + " of training (FLOP)", 1, si}
}

// byteScale shows bytes in the binary unit that suits the largest, as results.FormatBytes does.
func byteScale(title string, top float64) scale {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	unit := 1.0
	for i < len(units)-1 && top >= 2000*unit {
		unit *= 1024
		i++
	}
	return scale{title + " (" + units[i] + ")", unit, plain}
}

func plain(v float64) string {
	if math.Abs(v) >= 1e5 {
		return si(v)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// si is a number with an SI prefix: 2 T.
func si(v float64) string { return strings.TrimSpace(results.FormatSI(v, "")) }

// logRatio from which an axis is logarithmic: below it the two look the same
// and linear ticks are easier to read.
const logRatio = 2.5

// fit sets an axis of cost to show lo..hi with room around, as shares of the
// span, and at most ticks labels. It is logarithmic where the range asks for
// that. Costs closer than a fifth are not blown up: they count as about equal.
func fit(a *plot.Axis, lo, hi, before, after float64, ticks int, format func(float64) string) {
	if lo > 0 && hi/lo >= logRatio {
		fitLog(a, lo, hi, before, after, ticks, format)
		return
	}
	lo, hi = widen(lo, hi, 0.2)
	fitLinear(a, lo, hi, before, after, ticks, format)
}

func fitLinear(a *plot.Axis, lo, hi, before, after float64, ticks int, format func(float64) string) {
	lo, hi = widen(lo, hi, 0.01)
	span := hi - lo
	a.Min, a.Max = lo-before*span, hi+after*span
	if lo >= 0 && a.Min < 0 {
		a.Min = 0
	}
	a.Tick.Marker = linearTicks{ticks, format}
}

// widen gives bounds about the same middle, at least a share of it apart.
func widen(lo, hi, share float64) (float64, float64) {
	mid := (lo + hi) / 2
	half := math.Max(math.Abs(mid)*share/2, 1e-9)
	return math.Min(lo, mid-half), math.Max(hi, mid+half)
}

func fitLog(a *plot.Axis, lo, hi, before, after float64, ticks int, format func(float64) string) {
	span := math.Max(math.Log(hi/lo), math.Ln2)
	a.Min, a.Max = lo*math.Exp(-before*span), hi*math.Exp(after*span)
	a.Scale = plot.LogScale{}
	a.Tick.Marker = logTicks{ticks, format}
}

// inset widens an axis until its last label does not reach over its end, which
// would make panels that stand above each other unequally wide.
func inset(a *plot.Axis) {
	const limit = 0.95
	last := math.Inf(-1)
	for _, t := range a.Tick.Marker.Ticks(a.Min, a.Max) {
		if !t.IsMinor() {
			last = math.Max(last, t.Value)
		}
	}
	if math.IsInf(last, -1) || a.Norm(last) <= limit {
		return
	}
	if _, log := a.Scale.(plot.LogScale); log {
		a.Max = a.Min * math.Pow(last/a.Min, 1/limit)
	} else {
		a.Max = a.Min + (last-a.Min)/limit
	}
}

// bounds of values; ok is false when there are none.
type bounds struct {
	lo, hi float64
	ok     bool
}

func (b *bounds) add(values ...float64) {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		if !b.ok {
			b.lo, b.hi, b.ok = v, v, true
		}
		b.lo, b.hi = math.Min(b.lo, v), math.Max(b.hi, v)
	}
}
