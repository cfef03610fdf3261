package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// random returns n values in [-1, 1).
func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 2*r.Float32() - 1
	}
	return x
}

// eachISA runs a test on the kernels of every supported instruction set.
func eachISA(t *testing.T, f func(t *testing.T, ks *kernels[float32])) {
	for _, isa := range Supported() {
		t.Run(isa.String(), func(t *testing.T) { f(t, kernelsOf(isa)) })
	}
}

// bits compares NaNs and signs of zero too.
func sameBits(x, y []float32) error {
	for i := range x {
		if math.Float32bits(x[i]) != math.Float32bits(y[i]) {
			return fmt.Errorf("element %d: %v (%#x) and %v (%#x)", i, x[i], math.Float32bits(x[i]), y[i], math.Float32bits(y[i]))
		}
	}
	return nil
}

// TestTile compares tiles of random shapes and strides with a naive float64
// product, and checks that nothing outside C is written.
func TestTile(t *testing.T) {
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		r := rand.New(rand.NewPCG(1, 2))
		for range 400 {
			m, n, k := 1+r.IntN(70), 1+r.IntN(70), r.IntN(40)
			transA, transB, direct, accumulate := r.IntN(2) == 1, r.IntN(2) == 1, r.IntN(2) == 1, r.IntN(2) == 1
			lda, rsA, csA := k+r.IntN(5), 0, 1
			rsA = lda
			if transA {
				lda = m + r.IntN(5)
				rsA, csA = 1, lda
			}
			a := random(r, max(m, k)*(max(m, k)+5))
			ldb := n + r.IntN(5)
			rsB, csB := ldb, 1
			if transB {
				ldb = k + r.IntN(5)
				rsB, csB = 1, ldb
			}
			b := random(r, max(n, k)*(max(n, k)+5))
			right := ks.rowMajor(b, ldb)
			if transB || !direct {
				dst := make([]float32, ks.packedSize(k, n))
				ks.pack(k, n, b, rsB, csB, dst)
				right = ks.packed(dst, k)
			}
			ldc := n + r.IntN(5)
			c := random(r, m*ldc)
			want := append([]float32(nil), c...)
			got := append([]float32(nil), c...)
			ks.tile(m, n, k, a, rsA, csA, right, got, ldc, accumulate)
			for i := range m {
				for j := range n {
					sum, size := 0.0, 1.0
					if accumulate {
						sum = float64(c[i*ldc+j])
					}
					for p := range k {
						x := float64(a[i*rsA+p*csA]) * float64(b[p*rsB+j*csB])
						sum += x
						size += math.Abs(x)
					}
					if x := float64(got[i*ldc+j]); math.Abs(x-sum) > 1e-6*size {
						t.Fatalf("%dx%dx%d: c[%d,%d] = %v, want %v", m, n, k, i, j, x, sum)
					}
					want[i*ldc+j] = got[i*ldc+j]
				}
			}
			if err := sameBits(got, want); err != nil {
				t.Fatalf("%dx%dx%d ldc %d wrote outside C: %v", m, n, k, ldc, err)
			}
		}
	})
}

// TestTileSlices checks that no bit of an element depends on the block of C
// that is computed with it, on where k is cut, or on how B is stored.
func TestTileSlices(t *testing.T) {
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		r := rand.New(rand.NewPCG(3, 4))
		const m, n, k = 61, 77, 37
		a, b := random(r, m*k), random(r, k*n)
		whole := make([]float32, m*n)
		ks.tile(m, n, k, a, k, 1, ks.rowMajor(b, n), whole, n, false)
		for range 100 {
			i, j, p := r.IntN(m), r.IntN(n), r.IntN(k)
			rows, cols := 1+r.IntN(m-i), 1+r.IntN(n-j)
			dst := make([]float32, ks.packedSize(k, cols))
			ks.pack(k, cols, b[j:], n, 1, dst)
			right := ks.packed(dst, k)
			part := make([]float32, rows*cols)
			ks.tile(rows, cols, p, a[i*k:], k, 1, right, part, cols, false)
			ks.tile(rows, cols, k-p, a[i*k+p:], k, 1, right.from(p, 0), part, cols, true)
			for x := range rows {
				if err := sameBits(part[x*cols:][:cols], whole[(i+x)*n+j:][:cols]); err != nil {
					t.Fatalf("rows %d+%d, columns %d+%d, k cut at %d: row %d: %v", i, rows, j, cols, p, x, err)
				}
			}
		}
	})
}

// TestTileSpecial checks that a NaN or an infinity reaches exactly the
// elements that it is a factor of, and that padding never makes one.
func TestTileSpecial(t *testing.T) {
	eachISA(t, func(t *testing.T, ks *kernels[float32]) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, special := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
			const m, n, k = 17, 35, 9
			a, b := random(r, m*k), random(r, k*n)
			a[3*k+4] = special
			b[5*n+33] = special
			c := make([]float32, m*n)
			dst := make([]float32, ks.packedSize(k, n))
			ks.pack(k, n, b, n, 1, dst)
			ks.tile(m, n, k, a, k, 1, ks.packed(dst, k), c, n, false)
			for i := range m {
				for j := range n {
					finite := !math.IsNaN(float64(c[i*n+j])) && !math.IsInf(float64(c[i*n+j]), 0)
					if finite == (i == 3 || j == 33) {
						t.Fatalf("%v: c[%d,%d] = %v", special, i, j, c[i*n+j])
					}
				}
			}
		}
	})
}
