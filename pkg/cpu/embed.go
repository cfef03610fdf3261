package cpu

import "hgbench/pkg/graph"

func embed[T Float](n *graph.Node, op graph.Embed) kernel {
	vocab, d := n.Inputs[0].Rows(), n.Inputs[0].Cols()
	return kernel{bind: func(m *memory) []phase {
		table, ids, y, k := in[T](m, 0), in[int32](m, 1), out[T](m, 0), kernelsFor[T]()
		return []phase{rowwise(len(ids), func(_ *worker, lo, hi int) {
			for i := lo; i < hi; i++ {
				dst := y[i*d : (i+1)*d]
				copy(dst, table[clip(ids[i], vocab)*d:])
				if op.Scale != 1 {
					k.scale(dst, dst, T(op.Scale))
				}
			}
		})}
	}}
}

func clip(id int32, vocab int) int { return min(max(int(id), 0), vocab-1) }

// embedGrad adds rows in order of their position. Tiles are columns of the
// table, so that no two write the same element.
func embedGrad[T Float](n *graph.Node, op graph.EmbedGrad) kernel {
	const columns = 32
	vocab, d := n.Outputs[0].Rows(), n.Outputs[0].Cols()
	return kernel{bind: func(m *memory) []phase {
		ids, dy, dst := in[int32](m, 0), in[T](m, 1), out[T](m, 0)
		var acc []T
		if len(n.Inputs) == 3 {
			acc = in[T](m, 2)
		}
		return []phase{{tiles: ceil(d, columns), run: func(_ *worker, t int) {
			lo, hi := t*columns, min((t+1)*columns, d)
			for r := range vocab {
				if acc == nil {
					clear(dst[r*d+lo : r*d+hi])
				} else {
					copy(dst[r*d+lo:r*d+hi], acc[r*d+lo:r*d+hi])
				}
			}
			scale := T(op.Scale)
			for i, id := range ids {
				row := dst[clip(id, vocab)*d+lo:][:hi-lo]
				for j, g := range dy[i*d+lo : i*d+hi] {
					row[j] += T(scale * g)
				}
			}
		}}}
	}}
}
