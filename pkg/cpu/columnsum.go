package cpu

import "hgbench/pkg/graph"

func columnSum[T Float](n *graph.Node) kernel {
	columns := n.Outputs[0].Elements()
	rows := n.Inputs[0].Elements() / columns
	parts := ceil(rows, rowTile)
	return kernel{
		workspace: int64(parts*columns) * int64(sizeOf[T]()),
		bind: func(m *memory) []phase {
			x, y, partial := in[T](m, 0), out[T](m, 0), work[T](m, parts*columns)
			var acc []T
			if len(n.Inputs) == 2 {
				acc = in[T](m, 1)
			}
			k := kernelsFor[T]()
			sum := rowwise(rows, func(_ *worker, lo, hi int) {
				dst := partial[lo/rowTile*columns:][:columns]
				copy(dst, x[lo*columns:])
				for i := lo + 1; i < hi; i++ {
					k.add(dst, dst, x[i*columns:(i+1)*columns])
				}
			})
			return []phase{sum, reduceRows(y, acc, partial, parts, columns)}
		},
	}
}
