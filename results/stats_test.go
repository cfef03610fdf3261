package results

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
)

func bootstrap(t *testing.T, windows, weights []float64, block, n int, seed uint64) float64 {
	t.Helper()
	se, err := BlockBootstrap(windows, weights, block, n, seed)
	if err != nil {
		t.Fatal(err)
	}
	return se
}

// On independent windows, any block length gives the textbook's standard error.
func TestBootstrapOfIndependentWindows(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	windows := make([]float64, 2000)
	for i := range windows {
		windows[i] = 2 + 0.5*rng.NormFloat64()
	}
	want := stat.StdErr(stat.StdDev(windows, nil), float64(len(windows)))
	for _, block := range []int{1, 7, 45} {
		if got := bootstrap(t, windows, nil, block, 1000, 1); math.Abs(got/want-1) > 0.25 {
			t.Errorf("block %d: %.4f, want %.4f", block, got, want)
		}
	}
}

// Where neighbours resemble each other, blocks see the error that drawing single
// windows misses: for an AR(1) process it is √((1+φ)/(1−φ)) times larger.
func TestBootstrapOfDependentWindows(t *testing.T) {
	const phi = 0.8
	rng := rand.New(rand.NewPCG(2, 2))
	windows := make([]float64, 5000)
	for i := 1; i < len(windows); i++ {
		windows[i] = phi*windows[i-1] + rng.NormFloat64()
	}
	naive := stat.StdErr(stat.StdDev(windows, nil), float64(len(windows)))
	want := naive * math.Sqrt((1+phi)/(1-phi)) // 3 times
	if got := bootstrap(t, windows, nil, DefaultBlock(len(windows)), 1000, 1); math.Abs(got/want-1) > 0.2 {
		t.Errorf("%.4f, want %.4f (naive %.4f)", got, want, naive)
	}
}

func TestBootstrapWeights(t *testing.T) {
	windows := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	ones := slices.Repeat([]float64{1}, 10)
	sevens := slices.Repeat([]float64{7}, 10)
	plain := bootstrap(t, windows, nil, 2, 200, 5)
	if got := bootstrap(t, windows, ones, 2, 200, 5); got != plain {
		t.Errorf("weights of 1 give %g, none %g", got, plain)
	}
	if got := bootstrap(t, windows, sevens, 2, 200, 5); math.Abs(got/plain-1) > 1e-12 {
		t.Errorf("weights of 7 give %g, none %g", got, plain)
	}
	if got := bootstrap(t, slices.Repeat([]float64{3}, 10), windows, 3, 200, 5); got > 1e-12 {
		t.Errorf("windows that are all alike have standard error %g", got)
	}
	if a, b := bootstrap(t, windows, nil, 2, 200, 6), bootstrap(t, windows, nil, 2, 200, 6); a != b || a == plain {
		t.Error("the seed does not determine the result")
	}
}

func TestBootstrapBounds(t *testing.T) {
	one := []float64{1, 2, 3}
	for _, c := range []struct {
		windows, weights []float64
		block, n         int
	}{
		{one, []float64{1}, 1, 10}, {one, nil, 0, 10}, {one, nil, 1, 1}, {[]float64{1, math.NaN()}, nil, 1, 10},
		{one, []float64{1, 0, 1}, 1, 10}, {one, []float64{1, math.Inf(1), 1}, 1, 10},
	} {
		if se, err := BlockBootstrap(c.windows, c.weights, c.block, c.n, 1); err == nil {
			t.Errorf("%+v gives %g, want an error", c, se)
		}
	}
	for _, windows := range [][]float64{nil, {1}, {1, 2, 3}} {
		if se := bootstrap(t, windows, nil, 2, 10, 1); !math.IsNaN(se) {
			t.Errorf("%v gives %g, want NaN", windows, se)
		}
	}
}

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		e    Evaluation
		want []float64
	}{
		{Evaluation{Context: 10, Stride: 4, Bytes: 20}, []float64{10, 4, 4, 2}},
		{Evaluation{Context: 10, Stride: 10, Bytes: 30}, []float64{10, 10, 10}},
		{Evaluation{Context: 10, Stride: 3, Bytes: 10}, []float64{10}},
		{Evaluation{Context: 10, Stride: 3, Bytes: 7}, []float64{7}},
		{Evaluation{Context: 1, Stride: 1, Bytes: 3}, []float64{1, 1, 1}},
	} {
		if got, err := c.e.Targets(); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, %v; want %v", c.e, got, err, c.want)
		}
	}
	for _, e := range []Evaluation{{}, {Context: 4, Stride: 5, Bytes: 9}, {Context: 4, Stride: 0, Bytes: 9}, {Context: 1, Stride: 1, Bytes: math.MaxInt64}} {
		if got, err := e.Targets(); err == nil {
			t.Errorf("%+v: %v, want an error", e, got)
		}
	}
	if _, err := TestStderr([]float64{1, 2}, Evaluation{Context: 10, Stride: 4, Bytes: 20}); err == nil {
		t.Error("2 windows for an evaluation of 4 are no error")
	}
	if se, err := TestStderr([]float64{2.5}, Evaluation{Context: 10, Stride: 4, Bytes: 10}); err != nil || se != 0 {
		t.Errorf("one window has standard error %g, %v; want 0, nil", se, err)
	}
	if se, err := TestStderr([]float64{1, 2, 1, 2}, Evaluation{Context: 10, Stride: 4, Bytes: 20}); err != nil || !(se >= 0) {
		t.Errorf("standard error %g, %v", se, err)
	}
}

func TestHolm(t *testing.T) {
	for _, c := range []struct{ p, want []float64 }{
		{nil, []float64{}},
		{[]float64{0.03}, []float64{0.03}},
		// The example of R's p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm").
		{[]float64{0.01, 0.02, 0.03, 0.04, 0.05}, []float64{0.05, 0.08, 0.09, 0.09, 0.09}},
		{[]float64{0.04, 0.01, 0.9}, []float64{0.08, 0.03, 0.9}},
		{[]float64{0.9, 0.8}, []float64{1, 1}},
	} {
		got, err := Holm(c.p)
		if err != nil || !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
			t.Errorf("Holm(%v) = %v, %v; want %v", c.p, got, err, c.want)
		}
	}
	for _, p := range [][]float64{{-0.1}, {1.1}, {math.NaN()}} {
		if got, err := Holm(p); err == nil {
			t.Errorf("Holm(%v) = %v, want an error", p, got)
		}
	}
}
