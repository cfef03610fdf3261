package cpu

import "hgbench/pkg/graph"

func layerNorm[T Float](n *graph.Node, op graph.LayerNorm) kernel {
	d := n.Inputs[0].Cols()
	return kernel{scratch: int64(d) * int64(sizeOf[T]()), bind: func(m *memory) []phase {
		x, scale, bias := in[T](m, 0), in[T](m, 1), in[T](m, 2)
		y, mean, rstd := out[T](m, 0), out[T](m, 1), out[T](m, 2)
		k := kernelsFor[T]()
		return []phase{rowwise(len(x)/d, func(w *worker, lo, hi int) {
			for i := lo; i < hi; i++ {
				row := scratch[T](w)[:d] // where only the statistics are wanted
				if y != nil {
					row = y[i*d : (i+1)*d]
				}
				mu, r := k.layerNorm(row, x[i*d:(i+1)*d], scale, bias, T(op.Epsilon))
				if mean != nil {
					mean[i] = mu
				}
				if rstd != nil {
					rstd[i] = r
				}
			}
		})}
	}}
}

func normalize[T Float](n *graph.Node) kernel {
	d := n.Inputs[0].Cols()
	return kernel{bind: func(m *memory) []phase {
		x, scale, bias, mean, rstd, y := in[T](m, 0), in[T](m, 1), in[T](m, 2), in[T](m, 3), in[T](m, 4), out[T](m, 0)
		k := kernelsFor[T]()
		return []phase{rowwise(len(x)/d, func(_ *worker, lo, hi int) {
			for i := lo; i < hi; i++ {
				k.normalize(y[i*d:(i+1)*d], x[i*d:(i+1)*d], scale, bias, mean[i], rstd[i])
			}
		})}
	}}
}

// layerNormGrad sums dscale and dbias tile by tile, then over tiles.
func layerNormGrad[T Float](n *graph.Node, op graph.LayerNormGrad) kernel {
	d := n.Inputs[0].Cols()
	rows := n.Inputs[0].Rows()
	parts := ceil(rows, rowTile)
	return kernel{
		workspace: int64(2*parts*d) * int64(sizeOf[T]()),
		scratch:   int64(d) * int64(sizeOf[T]()),
		bind: func(m *memory) []phase {
			dy, x, mean, rstd, scale := in[T](m, 0), in[T](m, 1), in[T](m, 2), in[T](m, 3), in[T](m, 4)
			var acc []T
			if op.Accumulate {
				acc = in[T](m, 5)
			}
			dx, dscale, dbias := out[T](m, 0), out[T](m, 1), out[T](m, 2)
			partial := work[T](m, 2*parts*d)
			forScale, forBias := partial[:parts*d], partial[parts*d:]
			k := kernelsFor[T]()
			phases := []phase{rowwise(rows, func(w *worker, lo, hi int) {
				t := lo / rowTile
				ds, db := forScale[t*d:(t+1)*d], forBias[t*d:(t+1)*d]
				clear(ds)
				clear(db)
				for i := lo; i < hi; i++ {
					var onto []T
					if acc != nil {
						onto = acc[i*d : (i+1)*d]
					}
					to := scratch[T](w)[:d] // where nobody reads dx
					if dx != nil {
						to = dx[i*d : (i+1)*d]
					}
					k.layerNormGrad(to, dy[i*d:(i+1)*d], x[i*d:(i+1)*d], scale, ds, db, onto, mean[i], rstd[i])
				}
			})}
			if dscale != nil {
				phases = append(phases, reduceRows(dscale, nil, forScale, parts, d))
			}
			if dbias != nil {
				phases = append(phases, reduceRows(dbias, nil, forBias, parts, d))
			}
			return phases
		},
	}
}
