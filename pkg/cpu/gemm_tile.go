package cpu

// panels is the right operand of a product as the micro-kernel reads it: cut
// into panels of kernels.cols columns, where row p of panel j starts at
// data[j·step + p·ld].
type panels[T Float] struct {
	data     []T
	ld, step int
}

// rowMajor reads a row-major matrix in place.
func (ks *kernels[T]) rowMajor(b []T, ldb int) panels[T] {
	return panels[T]{b, ldb, ks.cols}
}

// packed reads what pack wrote for a matrix of k rows.
func (ks *kernels[T]) packed(b []T, k int) panels[T] {
	return panels[T]{b, ks.cols, k * ks.cols}
}

// from returns the panels from row p and panel j on.
func (b panels[T]) from(p, j int) panels[T] {
	b.data = b.data[j*b.step+p*b.ld:]
	return b
}

// panel returns panel j, of which there may be none, from its start.
func (b panels[T]) panel(j int) []T { return b.data[min(j*b.step, len(b.data)):] }

// tile computes the m×n matrix C = A·B, or C += A·B, where A is m×k with
// element (i, p) at a[i·rsA + p·csA] and C has rows of ldc elements. The bits
// of an element do not depend on m and n, nor on how k is cut into successive
// calls that accumulate.
func (ks *kernels[T]) tile(m, n, k int, a []T, rsA, csA int, b panels[T], c []T, ldc int, accumulate bool) {
	for j := 0; j < n; j += ks.cols {
		ks.column(m, min(ks.cols, n-j), k, a, rsA, csA, b.panel(j/ks.cols), b.ld, c[j:], ldc, accumulate, nil)
	}
}

// upcoming is what a product will read next, to be prefetched on the way.
type upcoming[T Float] struct {
	a  int // elements after the present ones of A; 0 for none
	b  []T // a panel
	ld int // elements between its rows
}

// column is tile for one panel: n is at most ks.cols.
func (ks *kernels[T]) column(m, n, k int, a []T, rsA, csA int, b []T, ldb int, c []T, ldc int, accumulate bool, next *upcoming[T]) {
	if m <= 0 {
		return
	}
	// As few micro-tiles as possible, of heights that differ by at most one:
	// first the tall ones.
	most := ks.rows
	if n < ks.cols {
		most = ks.edgeRows
	}
	tiles := (m + most - 1) / most
	rows, tall := m/tiles, m%tiles
	if k == 0 {
		a, b = nil, nil
	} else {
		a, b = a[:(m-1)*rsA+(k-1)*csA+1], b[:(k-1)*ldb+n]
	}
	c = c[:(m-1)*ldc+n]
	if tall > 0 {
		ks.stack(tall, rows+1, n, k, a, rsA, csA, b, ldb, c, ldc, accumulate, next)
		if tall == tiles {
			return
		}
		a, c = a[min(tall*(rows+1)*rsA, len(a)):], c[tall*(rows+1)*ldc:]
	}
	ks.stack(tiles-tall, rows, n, k, a, rsA, csA, b, ldb, c, ldc, accumulate, next)
}

// stack calls the micro-kernel.
func (ks *kernels[T]) stack(tiles, rows, n, k int, a []T, rsA, csA int, b []T, ldb int, c []T, ldc int, accumulate bool, next *upcoming[T]) {
	if next == nil {
		ks.gemm(tiles, rows, n, k, a, rsA, csA, b, ldb, c, ldc, accumulate)
	} else {
		ks.gemmAhead(tiles, rows, n, k, a, rsA, csA, b, ldb, c, ldc, accumulate, next.a, next.b, next.ld)
	}
}

// gemmPortable is the definition of kernels.gemm.
func gemmPortable[T Float](tiles, rows, cols, k int, a []T, rsA, csA int, b []T, ldb int, c []T, ldc int, accumulate bool) {
	for i := range tiles * rows {
		var sum [8]T
		out := c[i*ldc:][:cols]
		if accumulate {
			copy(sum[:], out)
		}
		for p := range k {
			x := a[i*rsA+p*csA]
			for j, y := range b[p*ldb:][:cols] {
				sum[j] += T(x * y)
			}
		}
		copy(out, sum[:])
	}
}

// gemmAheadPortable leaves prefetching to the machine.
func gemmAheadPortable[T Float](tiles, rows, cols, k int, a []T, rsA, csA int, b []T, ldb int, c []T, ldc int, accumulate bool, _ int, _ []T, _ int) {
	gemmPortable(tiles, rows, cols, k, a, rsA, csA, b, ldb, c, ldc, accumulate)
}
