package plots

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

func labels(ticks []plot.Tick) string {
	var out []string
	for _, t := range ticks {
		if !t.IsMinor() {
			out = append(out, t.Label)
		}
	}
	return strings.Join(out, ", ")
}

func TestLogTicks(t *testing.T) {
	for _, c := range []struct {
		min, max float64
		n        int
		want     string
	}{
		{1e3, 1e6, 8, "1 k, 10 k, 100 k, 1 M"},
		{1e3, 1e6, 12, "1 k, 2 k, 5 k, 10 k, 20 k, 50 k, 100 k, 200 k, 500 k, 1 M"},
		{90e12, 1.1e15, 8, "100 T, 200 T, 500 T, 1 P"},
		{80e6, 240e6, 8, "80 M, 100 M, 120 M, 150 M, 200 M"},
		{100, 130, 8, "100, 105, 110, 115, 120, 125, 130"}, // under a decade, and round all the same
		{1, 1e12, 8, "1, 100, 10 k, 1 M, 100 M, 10 G, 1 T"},
	} {
		if got := labels(logTicks{c.n, si}.Ticks(c.min, c.max)); got != c.want {
			t.Errorf("%g–%g: %s, want %s", c.min, c.max, got, c.want)
		}
	}
}

func TestLinearTicks(t *testing.T) {
	for _, c := range []struct {
		min, max float64
		n        int
		format   func(float64) string
		want     string
	}{
		{2.5, 2.8, 7, nil, "2.50, 2.55, 2.60, 2.65, 2.70, 2.75, 2.80"},
		{0, 8e6, 5, si, "0, 2 M, 4 M, 6 M, 8 M"},
		{-0.5, 31.5, 8, plain, "0, 5, 10, 15, 20, 25, 30"},
		{1.001, 1.004, 4, nil, "1.001, 1.002, 1.003, 1.004"},
	} {
		if got := labels(linearTicks{c.n, c.format}.Ticks(c.min, c.max)); got != c.want {
			t.Errorf("%g–%g: %s, want %s", c.min, c.max, got, c.want)
		}
	}
}

// TestTicksAlways: on any range there are two labels or more, not too many, all
// inside, upwards, and no two read the same.
func TestTicksAlways(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		min := math.Pow(10, -3+18*rng.Float64())
		max := min * (1.1 + math.Pow(10, 6*rng.Float64()-2))
		n := 5 + rng.IntN(6)
		for name, ticks := range map[string][]plot.Tick{
			"log": logTicks{n, plain}.Ticks(min, max), "linear": linearTicks{n, plain}.Ticks(min, max),
		} {
			var values []float64
			seen := map[string]bool{}
			for _, tick := range ticks {
				if tick.Value < min*(1-1e-6) || tick.Value > max*(1+1e-6) {
					t.Fatalf("%s ticks of %g–%g: %g is outside", name, min, max, tick.Value)
				}
				if tick.IsMinor() {
					continue
				}
				values = append(values, tick.Value)
				if seen[tick.Label] && max < 1e5 { // from there on plain has three digits
					t.Fatalf("%s ticks of %g–%g: %q twice", name, min, max, tick.Label)
				}
				seen[tick.Label] = true
			}
			if len(values) < 2 || len(values) > n || !slices.IsSorted(values) {
				t.Fatalf("%s ticks of %g–%g, at most %d: %v", name, min, max, n, values)
			}
		}
	}
}

func TestTicksOfHostileRanges(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, r := range [][2]float64{{0, 1}, {-1, 1}, {2, 1}, {1, 1}, {nan, 1}, {1, nan}, {1, inf}, {-inf, inf}, {inf, inf}} {
		if got := (logTicks{8, plain}).Ticks(r[0], r[1]); len(got) != 0 {
			t.Errorf("log ticks of %v: %v, want none", r, got)
		}
	}
	for _, r := range [][2]float64{{2, 1}, {1, 1}, {nan, 1}, {1, nan}, {1, inf}, {-inf, inf}} {
		if got := (linearTicks{8, nil}).Ticks(r[0], r[1]); len(got) != 0 {
			t.Errorf("linear ticks of %v: %v, want none", r, got)
		}
	}
}

// TestTicksOfOneUnit have equally many digits.
func TestTicksOfOneUnit(t *testing.T) {
	for _, c := range []struct {
		min, max float64
		want     string
	}{
		{3.7e9, 4.3e9, "3.8 G 4.0 G 4.2 G"},
		{0, 2e6, "0 500 k 1.0 M 1.5 M 2.0 M"},
		{0, 4e6, "0 1 M 2 M 3 M 4 M"},
	} {
		var labels []string
		for _, tick := range (linearTicks{5, si}).Ticks(c.min, c.max) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%g to %g: %s, want %s", c.min, c.max, got, c.want)
		}
	}
}
