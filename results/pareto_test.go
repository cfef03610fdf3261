package results

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestFrontier(t *testing.T) {
	rs := records(
		synthetic{system: "transformer", hierarchy: "2@1", bpc: 2.6, flops: 500, seconds: 9, memory: 5},
		synthetic{system: "transformer", hierarchy: "3@1", bpc: 2.7, flops: 600, seconds: 8, memory: 5},
		synthetic{system: "transformer", hierarchy: "4@1", bpc: 2.3, flops: 1000, seconds: 7, memory: 9},
		synthetic{system: "transformer", hierarchy: "5@1", bpc: 2.3, flops: 1000, seconds: 6, memory: 9},
		synthetic{system: "transformer", hierarchy: "6@1", bpc: 2.2, flops: 10, seconds: 1, memory: 1, fail: "NaN"},
	)
	rs = append(rs, bare("costs nothing known", 1))
	hierarchies := func(rs Records) (hs []string) {
		for _, r := range rs {
			hs = append(hs, r.Hierarchy())
		}
		return hs
	}
	for _, c := range []struct {
		x    Axis
		want []string
	}{
		{NecessaryFLOPs, []string{"2@1", "4@1"}},
		{DenseFLOPs, []string{"2@1", "4@1"}},
		{Seconds, []string{"5@1"}},
		{PeakMemory, []string{"2@1", "4@1"}},
	} {
		if got := hierarchies(rs.Pareto(c.x, ValidBPC)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.x.Name, got, c.want)
		}
	}
	if got := Frontier(nil, Seconds, TestBPC); len(got) != 0 {
		t.Errorf("frontier of nothing: %v", got)
	}
}

// The frontier is what a direct reading of its definition gives.
func TestFrontierByDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		n := rng.IntN(12)
		xs, ys := make([]float64, n), make([]float64, n)
		for i := range xs {
			xs[i], ys[i] = float64(rng.IntN(6)), float64(rng.IntN(6))
			if rng.IntN(10) == 0 {
				ys[i] = math.NaN()
			}
		}
		var want []int
		for i := range xs {
			beaten := math.IsNaN(ys[i])
			for j := range xs {
				better := xs[j] <= xs[i] && ys[j] <= ys[i] && (xs[j] < xs[i] || ys[j] < ys[i] || j < i)
				beaten = beaten || better
			}
			if !beaten {
				want = append(want, i)
			}
		}
		got := frontier(xs, ys)
		if !slices.IsSortedFunc(got, func(a, b int) int { return int(xs[a] - xs[b]) }) {
			t.Fatalf("not sorted: %v of %v", got, xs)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("x %v, y %v: %v, want %v", xs, ys, got, want)
		}
	}
}

func TestFrontierOfGroupsTakesMeans(t *testing.T) {
	lucky := records(
		synthetic{system: "hourglass", hierarchy: "4@1", bpc: 2.0, flops: 10, seconds: 1, memory: 1, seed: 1},
		synthetic{system: "hourglass", hierarchy: "4@1", bpc: 3.0, flops: 10, seconds: 1, memory: 1, seed: 2},
		synthetic{system: "transformer", hierarchy: "4@1", bpc: 2.4, flops: 10, seconds: 1, memory: 1, seed: 1},
	)
	front := FrontierOfGroups(lucky.OverSeeds(), NecessaryFLOPs, ValidBPC)
	if len(front) != 1 || front[0].Key != "transformer(relative) 4@1" {
		t.Errorf("%v", front)
	}
}

func TestAxes(t *testing.T) {
	r := two()[0]
	for i, want := range []float64{1e12, 1.25e12, 70, 40 << 20} {
		x := Axes()[i]
		if got := x.Value(r); math.Abs(got/want-1) > 1e-12 {
			t.Errorf("%s is %g %s, want %g", x.Name, got, x.Unit, want)
		}
		if got := x.Value(Record{}); !math.IsNaN(got) {
			t.Errorf("%s of an empty record is %g, want NaN", x.Name, got)
		}
	}
}
