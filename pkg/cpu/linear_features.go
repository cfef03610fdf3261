package cpu

import (
	"math"

	"hgbench/pkg/graph"
)

// maximum says which c the features of a chunk get.
type maximum uint8

const (
	ownMaximum     maximum = iota // that of the row
	runningMaximum                // that of all rows so far, which goes to scratch.c
	knownMaximum                  // what is in scratch.c
)

// projectionSize is the elements of the projection as packed, with room for what
// is packed.
func (f *linearAttention[T]) projectionSize() int {
	if f.Kernel != graph.SoftmaxKernel {
		return 0
	}
	return f.ks.packedSize(f.inner, f.count) + f.inner*f.count
}

// project prepares the projection, which is input i: for features, so that their
// exponents come in units of ln 2, and for gradients in back unless nil.
func (f *linearAttention[T]) project(m *memory, i int, memory, back []T) []phase {
	if f.Kernel != graph.SoftmaxKernel {
		return nil
	}
	given, scaled := in[T](m, i), memory[:f.inner*f.count]
	f.projection = memory[f.inner*f.count:]
	factor := quarter(f.inner)
	return []phase{{tiles: 1, run: func(*worker, int) {
		f.ks.scale(scaled, given, T(factor*math.Log2E))
		f.ks.pack(f.inner, f.count, scaled, 1, f.inner, f.projection)
		if back != nil {
			f.ks.scale(back, given, T(factor))
		}
	}}}
}

// features computes e of the rows of a chunk of queries or keys.
func (f *linearAttention[T]) features(x *linearScratch[T], e, from []T, pair, first, rows int, c maximum) {
	src, ld := from[f.at(pair, first, f.inner):], f.Heads*f.inner
	switch f.Kernel {
	case graph.GivenFeatures:
		f.pass.copy(rows, f.count, e, f.count, src, ld)
	case graph.ReLUKernel:
		f.pass.copy(rows, f.count, e, f.count, src, ld)
		f.ks.relu(e[:rows*f.count], e[:rows*f.count])
	case graph.SoftmaxKernel:
		f.ks.tile(rows, f.count, f.inner, src, ld, 1, f.ks.packed(f.projection, f.inner), e, f.count, false)
		if c != knownMaximum {
			fill(x.high[:rows], T(math.Inf(-1)))
			f.pass.max(rows, f.count, e, f.count, x.high, x.shift)
		}
		switch c {
		case runningMaximum:
			top := x.high[0]
			if x.state.keys > 0 {
				top = max(top, x.state.c)
			}
			for i, y := range x.high[:rows] {
				top = max(top, y)
				x.c[i], x.high[i] = top, top
			}
		case knownMaximum:
			copy(x.high, x.c[:rows])
		}
		half := T(math.Log2E / 2 / math.Sqrt(float64(f.inner)))
		f.pass.dot(rows, f.inner, x.total, src, ld, src, ld)
		for i, square := range x.total[:rows] {
			x.high[i] += T(half * square)
		}
		f.pass.exp(rows, f.count, e, f.count, x.high, x.total)
		return
	}
	if c == runningMaximum {
		clear(x.c[:rows])
	}
}

// featuresGrad turns de [rows, count], which it overwrites, into the gradient of
// queries or keys x. With u = de·e it is Pᵀu − x′·Σu times what made x to x′.
func (f *linearAttention[T]) featuresGrad(s *linearScratch[T], dst, de, e, x, projection []T, pair, first, rows int) {
	at, ld := f.at(pair, first, f.inner), f.Heads*f.inner
	dst, x = dst[at:], x[at:]
	switch f.Kernel {
	case graph.GivenFeatures:
		f.pass.copy(rows, f.count, dst, ld, de, f.count)
	case graph.ReLUKernel:
		f.ks.reluGrad(de[:rows*f.count], de[:rows*f.count], e[:rows*f.count])
		f.pass.copy(rows, f.count, dst, ld, de, f.count)
	case graph.SoftmaxKernel:
		f.pass.multiply(de[:rows*f.count], e[:rows*f.count])
		f.ks.tile(rows, f.inner, f.count, de, f.count, 1, f.ks.rowMajor(projection, f.inner), dst, ld, false)
		f.pass.dot(rows, f.count, s.total, de, f.count, s.one, 0)
		f.ks.scale(s.total[:rows], s.total[:rows], T(-1/math.Sqrt(float64(f.inner))))
		f.pass.axpy(rows, f.inner, dst, ld, x, ld, s.total)
	}
}
