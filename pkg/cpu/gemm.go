package cpu

import "hgbench/pkg/graph"

// product describes one matrix product with its epilogue,
//
//	z = op(A)·op(B) + bias + residual,  C = f(z)
//
// for row-major operands. The sum of an element starts with its bias and
// residual and runs over k in order.
type product[T Float] struct {
	shape
	a, b, c       []T
	lda, ldb, ldc int

	bias     []T // [n], or nil
	residual []T // as C, or nil; C itself to accumulate

	// With a function, C = f(z), and z [m, n] is stored too unless nil. With
	// grad, C = z·f′(input) instead for a given input [m, n]; f(input) is
	// stored as well in output [m, n] unless nil. All have rows of ldc.
	f      graph.Func
	grad   bool
	z      []T
	input  []T
	output []T

	workspace []T // of gemmWorkspace elements
}

// phases cuts the product into tiles: the same ones for any number of threads.
func (ks *kernels[T]) phases(g product[T]) []phase {
	p := ks.plan(g.shape)
	var phases []phase
	if !g.transA && g.k > 0 {
		phases = append(phases, ks.packPhase(&g, p))
	}
	phases = append(phases, phase{p.splits * p.mBlocks * p.nBlocks, func(w *worker, t int) { ks.block(w, &g, &p, t) }})
	if p.splits > 1 {
		phases = append(phases, ks.reducePhase(&g, p))
	}
	return phases
}

// packPhase packs B once for all tiles, block of k by block of k.
func (ks *kernels[T]) packPhase(g *product[T], p blocking) phase {
	const panelsPerTile = 4
	cols := panelsPerTile * ks.cols
	across := (g.n + cols - 1) / cols
	rsB, csB := g.ldb, 1
	if g.transB {
		rsB, csB = 1, g.ldb
	}
	return phase{p.kBlocks * across, func(_ *worker, t int) {
		k0, j0 := t/across*p.kc, t%across*cols
		k, n := min(p.kc, g.k-k0), min(cols, g.n-j0)
		ks.pack(k, n, g.b[k0*rsB+j0*csB:], rsB, csB, g.workspace[ks.packedSize(k0, g.n)+j0*k:])
	}}
}

// sums is where the sums of a product are made: C, or z where C is more.
func (g *product[T]) sums() []T {
	if g.z != nil {
		return g.z
	}
	return g.c
}

// block computes one block of C, over all of k or over one part of it.
func (ks *kernels[T]) block(w *worker, g *product[T], p *blocking, t int) {
	part, t := t/(p.mBlocks*p.nBlocks), t%(p.mBlocks*p.nBlocks)
	i0, j0 := t/p.nBlocks*p.mc, t%p.nBlocks*p.nc
	m, n := min(p.mc, g.m-i0), min(p.nc, g.n-j0)
	lo, hi := part*p.depth, min(g.k, (part+1)*p.depth)

	c, ldc := g.sums(), g.ldc
	accumulate := false
	if p.splits > 1 {
		c, ldc = g.workspace[part*g.m*g.n:], g.n
	} else {
		accumulate = ks.prologue(g, i0, j0, m, n)
	}
	at := c[i0*ldc+j0:]
	if lo == hi && !accumulate {
		ks.tile(m, n, 0, nil, 0, 0, panels[T]{}, at, ldc, false)
	}
	for k0 := lo; k0 < hi; k0 += p.kc {
		k := min(p.kc, hi-k0)
		if g.transA {
			ks.deep(w, g, i0, j0, k0, m, n, k, hi, at, ldc, accumulate)
		} else {
			ks.wide(w, g, i0, j0, k0, m, n, k, at, ldc, accumulate)
		}
		accumulate = true
	}
	if p.splits == 1 {
		ks.epilogue(g, i0, j0, m, n)
	}
}

// wide adds a part of k to a block of C: A as it is, B packed.
func (ks *kernels[T]) wide(w *worker, g *product[T], i0, j0, k0, m, n, k int, c []T, ldc int, accumulate bool) {
	a, lda := g.a[i0*g.lda+k0:], g.lda
	if ks.gatherRows && pageApart[T](lda) {
		gathered := scratch[T](w)
		ks.copyBlock(gathered, k+gatherPad, a, lda, m, k)
		a, lda = gathered, k+gatherPad
	}
	b := ks.packed(g.workspace[ks.packedSize(k0, g.n)+j0*k:], k)
	for j := 0; j < n; j += ks.cols {
		next := upcoming[T]{b: b.panel(j/ks.cols + 1), ld: ks.cols}
		ks.column(m, min(ks.cols, n-j), k, a, lda, 1, b.panel(j/ks.cols), ks.cols, c[j:], ldc, accumulate, &next)
	}
}

// deep adds a part of k, which ends at hi in all, to a block of C: A
// transposed, B as it is. What the next panel and the next part will read is
// far apart in memory, so it is asked for in time.
func (ks *kernels[T]) deep(w *worker, g *product[T], i0, j0, k0, m, n, k, hi int, c []T, ldc int, accumulate bool) {
	a, lda, b := g.a[k0*g.lda+i0:], g.lda, g.b[k0*g.ldb+j0:]
	space := scratch[T](w)
	panel, next := space[:k*ks.cols], upcoming[T]{ld: g.ldb}
	more := k0+k < hi
	if ks.gatherColumns {
		gathered := space[k*ks.cols:]
		ks.copyBlock(gathered, m+gatherPad, a, lda, k, m)
		a, lda = gathered, m+gatherPad
	} else if more {
		next.a = k * lda
	}
	for j := 0; j < n; j += ks.cols {
		cols := min(ks.cols, n-j)
		ks.pack(k, cols, b[j:], g.ldb, 1, panel)
		switch {
		case j+ks.cols < n:
			next.b = b[j+ks.cols:]
		case more:
			next.b = b[k*g.ldb:]
		default:
			next.b, next.ld = panel, 0
		}
		ks.column(m, cols, k, a, 1, lda, panel, ks.cols, c[j:], ldc, accumulate, &next)
	}
}

// reducePhase adds the parts of a split product in their order.
func (ks *kernels[T]) reducePhase(g *product[T], p blocking) phase {
	const elements = 1 << 14
	rows := max(1, elements/g.n)
	return phase{(g.m + rows - 1) / rows, func(_ *worker, t int) {
		i0 := t * rows
		m := min(rows, g.m-i0)
		accumulate := ks.prologue(g, i0, 0, m, g.n)
		for i := i0; i < i0+m; i++ {
			row := g.sums()[i*g.ldc:][:g.n]
			for s := range p.splits {
				part := g.workspace[(s*g.m+i)*g.n:][:g.n]
				if s == 0 && !accumulate {
					copy(row, part)
				} else {
					ks.add(row, row, part)
				}
			}
		}
		ks.epilogue(g, i0, 0, m, g.n)
	}}
}
