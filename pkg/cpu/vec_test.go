package cpu

import (
	"math"
	"math/rand/v2"
	"testing"
)

var (
	inf = float32(math.Inf(1))
	nan = float32(math.NaN())
)

// ulps is the distance of x from the exact value y in units of the last place
// of a float32 near y; 0 for the same infinity or NaN.
func ulps(x float32, y float64) float64 {
	if math.IsNaN(y) || math.IsInf(y, 0) || math.Abs(y) > math.MaxFloat32 {
		if math.IsNaN(y) && x != x || x == float32(y) {
			return 0
		}
		return math.Inf(1)
	}
	_, e := math.Frexp(y)
	return math.Abs(float64(x)-y) / math.Ldexp(1, max(e-24, -149))
}

// sweep is a dense walk over [lo, hi] and special values.
func sweep(lo, hi float32, n int) []float32 {
	x := []float32{0, float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, -1e-40, 1e-40, math.MaxFloat32, -math.MaxFloat32, inf, -inf, nan}
	for i := range n {
		x = append(x, lo+(hi-lo)*float32(i)/float32(n))
	}
	return x
}

func TestExpAccuracy(t *testing.T) {
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		x := sweep(-110, 95, 1<<18)
		y := make([]float32, len(x))
		ks.exp(y, x, 0)
		worst, at := 0.0, float32(0)
		for i, x := range x {
			if u := ulps(y[i], math.Exp(float64(x))); u > worst {
				worst, at = u, x
			}
		}
		t.Logf("%.3f ulp at %v", worst, at)
		if worst > 1 {
			t.Errorf("error of %.2f ulp at %v", worst, at)
		}
	})
}

// TestGeluAccuracy allows for the conditioning of GELU: its relative error is
// that of exp(2u), whose argument is rounded, and its derivative passes
// through 0.
func TestGeluAccuracy(t *testing.T) {
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		x := sweep(-25, 25, 1<<17)
		y, both, dx, dx2, one := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
		for i := range one {
			one[i] = 1
		}
		ks.gelu(y, x)
		ks.geluGrad(dx, one, x)
		ks.geluBoth(dx2, both, one, x)
		if err := sameBits(both, y); err != nil {
			t.Errorf("geluBoth's y: %v", err)
		}
		if err := sameBits(dx2, dx); err != nil {
			t.Errorf("geluBoth's dx: %v", err)
		}
		var worst, worstRelative, worstGrad float64
		for i, x := range x {
			want, sigma, _ := gelu(float64(x))
			_ = sigma
			slope := geluDerivative64(float64(x))
			if math.IsNaN(want) || math.IsInf(want, 0) {
				if u := ulps(y[i], want); u != 0 {
					t.Errorf("gelu(%v) = %v, want %v", x, y[i], want)
				}
			} else {
				worst = max(worst, math.Abs(float64(y[i])-want)/max(1, math.Abs(want)))
				if x > -3 {
					worstRelative = max(worstRelative, ulps(y[i], want))
				}
			}
			if math.IsNaN(slope) {
				if dx[i] == dx[i] {
					t.Errorf("gelu'(%v) = %v, want NaN", x, dx[i])
				}
				continue
			}
			worstGrad = max(worstGrad, math.Abs(float64(dx[i])-slope))
		}
		t.Logf("gelu: %.2g absolute, %.2f ulp above -3; derivative %.2g", worst, worstRelative, worstGrad)
		if worst > 2.5e-7 || worstRelative > 16 || worstGrad > 5e-7 {
			t.Errorf("gelu: error %.2g absolute, %.2f ulp above -3; derivative %.2g", worst, worstRelative, worstGrad)
		}
	})
}

func geluDerivative64(x float64) float64 {
	_, sigma, rest := gelu(x)
	return geluDerivative(x, sigma, rest)
}

// TestRows compares every function of rows with its portable twin in float64,
// for all lengths around the vector sizes, at odd addresses, and checks that
// nothing beside the row is touched and that no bit depends on the address.
func TestRows(t *testing.T) {
	exact := portable[float64]()
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		for n := 0; n <= 200; n++ {
			testRow(t, ks, exact, n)
		}
	})
}

// rowCase runs one function on rows of x32 and x64 alike and returns scalars.
type rowCase struct {
	name string
	f32  func(ks *kernels[float32], x [][]float32) []float32
	f64  func(ks *kernels[float64], x [][]float64) []float64
}

func rowCaseOf(name string, f32 func(ks *kernels[float32], x [][]float32) []float32, f64 func(ks *kernels[float64], x [][]float64) []float64) rowCase {
	return rowCase{name, f32, f64}
}

var rowCases = []rowCase{
	rowCaseOf("add", addCase[float32], addCase[float64]),
	rowCaseOf("add3", add3Case[float32], add3Case[float64]),
	rowCaseOf("scale", scaleCase[float32], scaleCase[float64]),
	rowCaseOf("axpy", axpyCase[float32], axpyCase[float64]),
	rowCaseOf("reductions", reductionsCase[float32], reductionsCase[float64]),
	rowCaseOf("exp", expCase[float32], expCase[float64]),
	rowCaseOf("gelu", geluCase[float32], geluCase[float64]),
	rowCaseOf("relu", reluCase[float32], reluCase[float64]),
	rowCaseOf("layerNorm", layerNormCase[float32], layerNormCase[float64]),
	rowCaseOf("layerNormGrad", layerNormGradCase[float32], layerNormGradCase[float64]),
	rowCaseOf("layerNormGrad in place", layerNormGradInPlaceCase[float32], layerNormGradInPlaceCase[float64]),
	rowCaseOf("layerNormGrad without dx", layerNormGradNoneCase[float32], layerNormGradNoneCase[float64]),
	rowCaseOf("adam", adamCase[float32], adamCase[float64]),
	rowCaseOf("crossEntropy", crossEntropyCase[float32], crossEntropyCase[float64]),
}

func addCase[T Float](ks *kernels[T], x [][]T) []T  { ks.add(x[0], x[1], x[2]); return nil }
func add3Case[T Float](ks *kernels[T], x [][]T) []T { ks.add3(x[0], x[1], x[2], x[3]); return nil }
func scaleCase[T Float](ks *kernels[T], x [][]T) []T {
	ks.scale(x[0], x[1], 1.5)
	return nil
}
func axpyCase[T Float](ks *kernels[T], x [][]T) []T { ks.axpy(x[0], x[1], 1.5); return nil }
func reductionsCase[T Float](ks *kernels[T], x [][]T) []T {
	return []T{ks.sum(x[0]), ks.dot(x[0], x[1]), ks.max(x[0])}
}
func expCase[T Float](ks *kernels[T], x [][]T) []T {
	return []T{ks.exp(x[0], x[1], 0.5), ks.expSum(x[1], 0.5)}
}
func geluCase[T Float](ks *kernels[T], x [][]T) []T {
	ks.gelu(x[0], x[1])
	ks.geluGrad(x[2], x[3], x[1])
	ks.geluBoth(x[3], x[4], x[3], x[1])
	return nil
}
func reluCase[T Float](ks *kernels[T], x [][]T) []T {
	ks.relu(x[0], x[1])
	ks.reluGrad(x[2], x[3], x[1])
	return nil
}
func layerNormCase[T Float](ks *kernels[T], x [][]T) []T {
	if len(x[0]) == 0 {
		return nil
	}
	mean, rstd := ks.layerNorm(x[0], x[1], x[2], x[3], 1e-2)
	ks.normalize(x[4], x[1], x[2], x[3], mean, rstd)
	return []T{mean, rstd}
}
func layerNormGradCase[T Float](ks *kernels[T], x [][]T) []T {
	ks.layerNormGrad(x[0], x[1], x[2], x[3], x[4], x[5], nil, 0.1, 1.3)
	return nil
}
func layerNormGradInPlaceCase[T Float](ks *kernels[T], x [][]T) []T {
	ks.layerNormGrad(x[0], x[1], x[2], x[3], x[4], x[5], x[0], 0.1, 1.3)
	return nil
}
func layerNormGradNoneCase[T Float](ks *kernels[T], x [][]T) []T {
	ks.layerNormGrad(nil, x[1], x[2], x[3], x[4], x[5], nil, 0.1, 1.3)
	return nil
}
func adamCase[T Float](ks *kernels[T], x [][]T) []T {
	for i, v := range x[3] {
		x[3][i] = v * v
	}
	ks.adam(x[0], x[1], x[2], x[3], &adamStep[T]{0.5, 0.9, 0.98, 0.1, 0.02, 0.01, 1.5, 1e-3, 0.001})
	return nil
}
func crossEntropyCase[T Float](ks *kernels[T], x [][]T) []T {
	if len(x[0]) == 0 {
		return nil
	}
	target := len(x[0]) / 2
	alone := ks.crossEntropy(nil, x[0], target, 2)
	return []T{T(alone), T(ks.crossEntropy(x[1], x[0], target, 2))}
}

func testRow(t *testing.T, ks *kernels[float32], exact *kernels[float64], n int) {
	t.Helper()
	const operands, guard = 6, 3
	for _, c := range rowCases {
		var first [][]float32
		var firstScalars []float32
		for _, shift := range []int{0, 1, 5} {
			r := rand.New(rand.NewPCG(uint64(n), 99))
			var whole, x [][]float32
			var y [][]float64
			for range operands {
				b := make([]float32, shift+n+guard)
				for i := range b {
					b[i] = 42
				}
				row := b[shift:][:n:n]
				copy(row, random(r, n))
				wide := make([]float64, n)
				for i, x := range row {
					wide[i] = float64(x)
				}
				whole, x, y = append(whole, b), append(x, row), append(y, wide)
			}
			got, want := c.f32(ks, x), c.f64(exact, y)
			for i := range want {
				if math.Abs(float64(got[i])-want[i]) > 2e-6*(1+math.Abs(want[i])+float64(n)/10) && !(math.IsInf(want[i], -1) && got[i] == -inf) {
					t.Fatalf("%s of %d: result %d is %v, want %v", c.name, n, i, got[i], want[i])
				}
			}
			for o := range x {
				for i := range x[o] {
					if math.Abs(float64(x[o][i])-y[o][i]) > 4e-6*(1+math.Abs(y[o][i])) {
						t.Fatalf("%s of %d: operand %d[%d] is %v, want %v", c.name, n, o, i, x[o][i], y[o][i])
					}
				}
				for i, v := range whole[o] {
					if (i < shift || i >= shift+n) && v != 42 {
						t.Fatalf("%s of %d: wrote beside operand %d at %d", c.name, n, o, i-shift)
					}
				}
			}
			if shift == 0 {
				first, firstScalars = x, got
				continue
			}
			for o := range x {
				if err := sameBits(x[o], first[o]); err != nil {
					t.Fatalf("%s of %d: operand %d depends on its address: %v", c.name, n, o, err)
				}
			}
			if err := sameBits(got, firstScalars); err != nil {
				t.Fatalf("%s of %d: results depend on the address: %v", c.name, n, err)
			}
		}
	}
}

// TestMaxNaN: NaN is passed over, wherever it is.
func TestMaxNaN(t *testing.T) {
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		for n := 1; n < 150; n++ {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(-1 - i)
			}
			x[n-1] = nan
			want := float32(-1)
			if n == 1 {
				want = -inf
			}
			if got := ks.max(x); got != want {
				t.Fatalf("max of %d is %v, want %v", n, got, want)
			}
			x[0] = inf
			if got := ks.max(x); n > 1 && got != inf {
				t.Fatalf("max of %d with an infinity is %v", n, got)
			}
		}
	})
}

func TestReluNaN(t *testing.T) {
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		x := []float32{nan, -inf, inf, -1, 1}
		y, dx := make([]float32, 5), make([]float32, 5)
		ks.relu(y, x)
		ks.reluGrad(dx, []float32{1, 2, 3, 4, 5}, x)
		if y[0] == y[0] || y[1] != 0 || y[2] != inf || y[3] != 0 || y[4] != 1 {
			t.Errorf("relu(%v) = %v", x, y)
		}
		if dx[0] != 0 || dx[1] != 0 || dx[2] != 3 || dx[3] != 0 || dx[4] != 5 {
			t.Errorf("its derivative is %v", dx)
		}
	})
}
