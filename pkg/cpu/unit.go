package cpu

import (
	"math"

	"hgbench/pkg/graph"
)

func unit[T Float](op graph.Unit, x *graph.Value) kernel {
	size := x.Cols() / op.Heads
	return kernel{bind: func(m *memory) []phase {
		x, y, ks := in[T](m, 0), out[T](m, 0), kernelsFor[T]()
		return []phase{rowwise(len(x)/size, func(_ *worker, lo, hi int) {
			for at := lo * size; at < hi*size; at += size {
				row := x[at : at+size]
				ks.scale(y[at:at+size], row, 1/length(ks.dot(row, row), op.Epsilon))
			}
		})}
	}}
}

func length[T Float](square T, epsilon float64) T {
	return T(math.Sqrt(float64(square) + epsilon))
}

func unitGrad[T Float](op graph.UnitGrad, x *graph.Value) kernel {
	size := x.Cols() / op.Heads
	return kernel{bind: func(m *memory) []phase {
		dy, x, dx, ks := in[T](m, 0), in[T](m, 1), out[T](m, 0), kernelsFor[T]()
		return []phase{rowwise(len(x)/size, func(_ *worker, lo, hi int) {
			for at := lo * size; at < hi*size; at += size {
				dy, row, dst := dy[at:at+size], x[at:at+size], dx[at:at+size]
				r := length(ks.dot(row, row), op.Epsilon)
				share := ks.dot(row, dy) / (r * r * r)
				ks.scale(dst, dy, 1/r)
				ks.axpy(dst, row, -share)
			}
		})}
	}}
}
