package cpu

// fetchLines is how many lines of the cache are asked for at once: of fewer, too few
// are asked for in time, and of more a core forgets most.
const fetchLines = 64

// fetcher has rows brought into the second-level cache while others are computed
// with: rows of one head are pieces of rows of all heads, or lie far apart, which the
// machine does not foresee. It asks for a few at a time, between two products.
type fetcher[T Float] struct {
	pass   *attentionRows[T]
	wanted [16]wantedRows[T] // a ring
	first  uint              // the oldest
	end    uint
}

// wantedRows are rows that are not yet asked for.
type wantedRows[T Float] struct {
	rows, cols int
	x          []T
	ld         int
	list       []int32 // the rows' numbers; nil for rows that follow each other
}

// want adds rows to what is asked for. Too many are forgotten.
func (f *fetcher[T]) want(rows, cols int, x []T, ld int, list []int32) {
	if rows <= 0 || f.end-f.first == uint(len(f.wanted)) {
		return
	}
	f.wanted[f.end%uint(len(f.wanted))] = wantedRows[T]{rows, cols, x, ld, list}
	f.end++
}

// some asks for the next few rows.
func (f *fetcher[T]) some() {
	if f.first == f.end {
		return
	}
	w := &f.wanted[f.first%uint(len(f.wanted))]
	n := min(w.rows, max(1, fetchLines*16/w.cols))
	if w.rows -= n; w.rows == 0 {
		f.first++
	}
	if w.list != nil {
		f.pass.fetchListed(n, w.cols, w.x, w.ld, w.list)
		w.list = w.list[n:]
		return
	}
	f.pass.fetch(n, w.cols, w.x, w.ld)
	if w.rows > 0 {
		w.x = w.x[n*w.ld:]
	}
}
