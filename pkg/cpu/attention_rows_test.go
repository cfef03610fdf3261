package cpu

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestAttentionRows compares every pass with its portable twin in float64, and
// checks that it writes nothing outside its matrix.
func TestAttentionRows(t *testing.T) {
	exact := attentionRowsOf(kernels64)
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		pass := attentionRowsOf(ks)
		r := rand.New(rand.NewPCG(11, 12))
		for range 300 {
			rows, cols := r.IntN(7), r.IntN(80)
			ld := cols + r.IntN(20)
			n := (rows+1)*ld + 100
			a, b := 0.7, r.IntN(cols+20)-10
			list := make([]int32, rows) // of rows + 1
			for i, row := range r.Perm(rows + 1)[:rows] {
				list[i] = int32(row)
			}
			x := make([][]float32, 6)
			y := make([][]float64, len(x))
			for i := range x {
				x[i], y[i] = random(r, n), make([]float64, n)
				for j := range x[i] {
					if i == 0 && r.IntN(9) == 0 || i == 1 && r.IntN(5) == 0 {
						x[i][j] = float32(math.Inf(-1))
					}
					y[i][j] = float64(x[i][j])
				}
			}
			var name string
			switch r.IntN(14) {
			case 0:
				name = "max"
				pass.max(rows, cols, x[0], ld, x[1], x[2])
				exact.max(rows, cols, y[0], ld, y[1], y[2])
			case 1:
				name = "exp"
				pass.exp(rows, cols, x[0], ld, x[1], x[2])
				exact.exp(rows, cols, y[0], ld, y[1], y[2])
			case 2:
				name = "hide"
				pass.hide(rows, cols, x[0], ld, b)
				exact.hide(rows, cols, y[0], ld, b)
			case 3:
				name = "gradient"
				pass.gradient(rows, cols, x[0], x[2], ld, x[1], x[3])
				exact.gradient(rows, cols, y[0], y[2], ld, y[1], y[3])
			case 4:
				name = "bias"
				pass.bias(rows, cols, x[2], x[3], ld, x[4], ld+1, x[5], x[5][80:], float32(a))
				exact.bias(rows, cols, y[2], y[3], ld, y[4], ld+1, y[5], y[5][80:], a)
			case 5:
				name = "scale"
				pass.scale(rows, cols, x[2], ld, x[3], ld+1, x[4])
				exact.scale(rows, cols, y[2], ld, y[3], ld+1, y[4])
			case 6:
				name = "copy"
				pass.copy(rows, cols, x[2], ld, x[3], ld+1)
				exact.copy(rows, cols, y[2], ld, y[3], ld+1)
			case 7:
				name = "combine"
				pass.combine(rows, cols, x[2], ld+1, x[3], x[4], ld, x[5], x[5][80:], float32(a))
				exact.combine(rows, cols, y[2], ld+1, y[3], y[4], ld, y[5], y[5][80:], a)
			case 8:
				name = "dot"
				pass.dot(rows, cols, x[2], x[3], ld, x[4], ld+1)
				exact.dot(rows, cols, y[2], y[3], ld, y[4], ld+1)
				pass.fetch(rows, cols, x[3], ld) // changes nothing
				pass.fetchListed(rows, cols, x[3], ld, list)
			case 9:
				name = "axpy"
				pass.axpy(rows, cols, x[2], ld, x[3], ld+1, x[4])
				exact.axpy(rows, cols, y[2], ld, y[3], ld+1, y[4])
			case 10:
				name = "shift"
				pass.shift(x[2][:cols], x[3][:cols], float32(a))
				exact.shift(y[2][:cols], y[3][:cols], a)
			case 11:
				name = "gather"
				pass.gather(rows, cols, x[2], ld+1, x[3], ld, list, float32(a))
				exact.gather(rows, cols, y[2], ld+1, y[3], ld, list, a)
			case 12:
				name = "scatter"
				pass.scatter(rows, cols, x[2], ld, list, x[3], ld+1, x[4])
				exact.scatter(rows, cols, y[2], ld, list, y[3], ld+1, y[4])
			case 13:
				name = "scatterAdd"
				pass.scatterAdd(rows, cols, x[2], ld, list, x[3], ld+1, float32(a))
				exact.scatterAdd(rows, cols, y[2], ld, list, y[3], ld+1, a)
			}
			for i := range x {
				for j, got := range x[i] {
					want := y[i][j]
					if float64(got) != want && !(math.Abs(float64(got)-want) <= 3e-6*(1+math.Abs(want))) {
						t.Fatalf("%s of %d rows of %d, ld %d: operand %d[%d] = %v, want %v", name, rows, cols, ld, i, j, got, want)
					}
				}
			}
		}
	})
}

// TestPowerOfTwo checks the accuracy of 2ˣ over all its range.
func TestPowerOfTwo(t *testing.T) {
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		x := append(sweep(-155, 0, 200_000), sweep(-1, 1, 100_000)...)
		x = append(x, sweep(0, 127.99, 20_000)...)
		x = append(x, 0, -1, 1, -126, -149, -150, -1e30, 127, float32(math.Inf(-1)), float32(math.NaN()))
		y := append([]float32(nil), x...)
		attentionRowsOf(ks).exp(1, len(y), y, len(y), []float32{0}, []float32{0})
		for i, got := range y {
			want := math.Exp2(float64(x[i]))
			if u := ulps(got, want); !(u <= 1) && !math.IsNaN(want) || math.IsNaN(want) != math.IsNaN(float64(got)) {
				t.Fatalf("2^%v = %v, want %v: %.2f ulp", x[i], got, want, u)
			}
		}
		for _, integer := range []int{0, 1, 5, -3, -126, -140} {
			for i := range x {
				if x[i] == float32(integer) && float64(y[i]) != math.Ldexp(1, integer) {
					t.Errorf("2^%d = %v", integer, y[i])
				}
			}
		}
	})
}

// TestExactRows compares passes that do not round, those of dropout above all, with
// their portable twins, bit by bit.
func TestExactRows(t *testing.T) {
	portable := attentionRowsOf(portable[float32]())
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		pass := attentionRowsOf(ks)
		r := rand.New(rand.NewPCG(13, 14))
		for range 100 {
			n := r.IntN(4) * maskRun
			got, want := make([]float32, n), make([]float32, n)
			block := r.Uint64() >> r.IntN(40)
			if r.IntN(4) == 0 {
				block = 1<<32 - 3 // carries into the next word
			}
			step, stream, key0, key1, threshold := r.Uint32(), r.Uint32(), r.Uint32(), r.Uint32(), r.Uint32()
			pass.keep(got, block, step, stream, key0, key1, threshold, 1.25)
			portable.keep(want, block, step, stream, key0, key1, threshold, 1.25)
			if err := sameBits(got, want); err != nil {
				t.Fatalf("block %d: %v", block, err)
			}

			n = r.IntN(70)
			slots, first := make([]int32, n), int32(r.IntN(20)-5)
			for i := range slots {
				slots[i] = int32(r.IntN(30) - 5)
			}
			last := first + int32(r.IntN(10))
			shown, shown2 := random(r, n+8), []float32(nil)
			shown2 = append(shown2, shown...)
			pass.hideSpan(shown[:n], slots, first, last)
			portable.hideSpan(shown2[:n], slots, first, last)
			if err := sameBits(shown, shown2); err != nil {
				t.Fatalf("slots %v of [%d, %d]: %v", slots, first, last, err)
			}

			few := make([]float32, n) // values, with many equals, zeros of both signs and an infinity
			for i := range few {
				few[i] = float32(math.Copysign(float64(r.IntN(2+r.IntN(3))), r.Float64()-0.5))
				if r.IntN(200) == 0 {
					few[i] /= 0
				}
			}
			if got, want := pass.rotated(few), portable.rotated(few); got != want {
				t.Fatalf("the largest of %v and its negative is %d, want %d", few, got, want)
			}

			p, grads, keep := random(r, n), random(r, n), random(r, n)
			p2, grads2 := append([]float32(nil), p...), append([]float32(nil), grads...)
			pass.dropGradient(p, grads, keep, 0.5)
			portable.dropGradient(p2, grads2, keep, 0.5)
			pass.multiply(p, keep)
			portable.multiply(p2, keep)
			if err := sameBits(append(p, grads...), append(p2, grads2...)); err != nil {
				t.Fatalf("%d elements: %v", n, err)
			}
		}
	})
}
