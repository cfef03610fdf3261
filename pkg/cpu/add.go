package cpu

import "hgbench/pkg/graph"

func add[T Float](n *graph.Node) kernel {
	return kernel{bind: func(m *memory) []phase {
		x, y, z := in[T](m, 0), in[T](m, 1), out[T](m, 0)
		k := kernelsFor[T]()
		if len(x) == len(y) {
			return elementwise(len(x), func(lo, hi int) { k.add(z[lo:hi], x[lo:hi], y[lo:hi]) })
		}
		rows := len(x) / len(y)
		if rows <= len(y) { // positions, to each sequence of a batch
			return []phase{{tiles: rows * ceil(len(y), chunk), run: func(_ *worker, t int) {
				row, lo := t%rows, t/rows*chunk
				hi := min(lo+chunk, len(y))
				at := row * len(y)
				k.add(z[at+lo:at+hi], x[at+lo:at+hi], y[lo:hi])
			}}}
		}
		return []phase{rowwise(rows, func(_ *worker, lo, hi int) {
			for at := lo * len(y); at < hi*len(y); at += len(y) {
				k.add(z[at:at+len(y)], x[at:at+len(y)], y)
			}
		})}
	}}
}
