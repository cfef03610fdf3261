package cpu

// chunk is how many elements a tile of an elementwise op covers: enough to
// hide the cost of claiming it, few enough to stay in cache.
const chunk = 1 << 14

// elementwise cuts n elements into chunks.
func elementwise(n int, run func(lo, hi int)) []phase {
	return []phase{{tiles: ceil(n, chunk), run: func(_ *worker, t int) {
		run(t*chunk, min((t+1)*chunk, n))
	}}}
}

// rowTile is how many rows a tile of a row-wise op covers. Partial sums over
// rows are made tile by tile, so it is part of the kernel version.
const rowTile = 64

func rowwise(rows int, run func(w *worker, lo, hi int)) phase {
	return phase{tiles: ceil(rows, rowTile), run: func(w *worker, t int) {
		run(w, t*rowTile, min((t+1)*rowTile, rows))
	}}
}

// reduceRows adds the rows of partial [parts, n] in order, after acc where
// there is one, into dst.
func reduceRows[T Float](dst, acc, partial []T, parts, n int) phase {
	const columns = 256
	return phase{tiles: ceil(n, columns), run: func(_ *worker, t int) {
		lo, hi := t*columns, min((t+1)*columns, n)
		if acc == nil {
			clear(dst[lo:hi])
		} else {
			copy(dst[lo:hi], acc[lo:hi])
		}
		k := kernelsFor[T]()
		for i := range parts {
			k.add(dst[lo:hi], dst[lo:hi], partial[i*n+lo:i*n+hi])
		}
	}}
}

func ceil(a, b int) int { return (a + b - 1) / b }
