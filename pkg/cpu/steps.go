package cpu

import (
	"unsafe"

	"hgbench/pkg/graph"
)

// This file holds the ops that only move time steps or add neighbouring ones:
// Shift, Pool, Repeat, Concat, Slice, Assign.

func sizeOf[T element | Float]() int {
	var zero T
	return int(unsafe.Sizeof(zero))
}

func shiftSteps[T Float](n *graph.Node, op graph.Shift) kernel {
	x := n.Inputs[0]
	batch, steps := x.Shape[0], x.Shape[1]
	width := x.Elements() / (batch * steps) * x.DType.Size()
	return kernel{bind: func(m *memory) []phase {
		src, dst := m.at(x), m.at(n.Outputs[0])
		by := min(max(op.N, -steps), steps)
		return []phase{{tiles: batch, run: func(_ *worker, b int) {
			s, d := src[b*steps*width:][:steps*width], dst[b*steps*width:][:steps*width]
			if by > 0 {
				clear(d[:by*width])
				copy(d[by*width:], s)
			} else {
				copy(d, s[-by*width:])
				clear(d[(steps+by)*width:])
			}
		}}}
	}}
}

func poolSteps[T Float](n *graph.Node, op graph.Pool) kernel {
	d := n.Inputs[0].Cols()
	return kernel{bind: func(m *memory) []phase {
		x, y, k := in[T](m, 0), out[T](m, 0), kernelsFor[T]()
		return []phase{rowwise(len(y)/d, func(_ *worker, lo, hi int) {
			for j := lo; j < hi; j++ {
				dst := y[j*d : (j+1)*d]
				copy(dst, x[j*op.Factor*d:])
				for r := 1; r < op.Factor; r++ {
					k.add(dst, dst, x[(j*op.Factor+r)*d:][:d])
				}
				if op.Scale != 1 {
					k.scale(dst, dst, T(op.Scale))
				}
			}
		})}
	}}
}

func repeatSteps[T Float](n *graph.Node, op graph.Repeat) kernel {
	d := n.Inputs[0].Cols()
	return kernel{bind: func(m *memory) []phase {
		x, y, k := in[T](m, 0), out[T](m, 0), kernelsFor[T]()
		return []phase{rowwise(len(x)/d, func(_ *worker, lo, hi int) {
			for j := lo; j < hi; j++ {
				first := y[j*op.Factor*d:][:d]
				copy(first, x[j*d:(j+1)*d])
				if op.Scale != 1 {
					k.scale(first, first, T(op.Scale))
				}
				for r := 1; r < op.Factor; r++ {
					copy(y[(j*op.Factor+r)*d:][:d], first)
				}
			}
		})}
	}}
}

func concat[T Float](n *graph.Node) kernel {
	return kernel{bind: func(m *memory) []phase {
		x, y, z := in[T](m, 0), in[T](m, 1), out[T](m, 0)
		batch := n.Inputs[0].Shape[0]
		nx, ny := len(x)/batch, len(y)/batch
		return []phase{{tiles: batch, run: func(_ *worker, b int) {
			dst := z[b*(nx+ny):]
			copy(dst, x[b*nx:(b+1)*nx])
			copy(dst[nx:], y[b*ny:(b+1)*ny])
		}}}
	}}
}

func sliceSteps[T Float](n *graph.Node, op graph.Slice) kernel {
	return kernel{bind: func(m *memory) []phase {
		x, y := in[T](m, 0), out[T](m, 0)
		v := n.Inputs[0]
		batch, d := v.Shape[0], v.Shape[2]
		nx, ny := len(x)/batch, len(y)/batch
		return []phase{{tiles: batch, run: func(_ *worker, b int) {
			copy(y[b*ny:(b+1)*ny], x[b*nx+op.From*d:])
		}}}
	}}
}

func assign[T Float](n *graph.Node) kernel {
	return kernel{bind: func(m *memory) []phase {
		x, state := in[T](m, 0), in[T](m, 1)
		return elementwise(n.Inputs[0].Elements(), func(lo, hi int) { copy(state[lo:hi], x[lo:hi]) })
	}}
}
