package cpu

import "unsafe"

// shape is what the cutting of a product into tiles depends on: op(A) is m×k
// and op(B) k×n, at most one of them transposed.
type shape struct {
	m, n, k        int
	transA, transB bool
}

// blocking is how a product is cut. Only splits and depth set an order of
// summation, so their constants belong to the kernel version.
//
// A product with A as it is (of activations with weights) packs B once, shares
// it among all tiles, and reads A in place. One with A transposed (a weight
// gradient: sums over all tokens, few results) reads A in place, packs each
// panel of B when its turn comes, and cuts k when there would be few tiles.
type blocking struct {
	mc, nc, kc                int // largest block of C, and of k at a time
	mBlocks, nBlocks, kBlocks int
	splits, depth             int // k is cut into parts of depth for tiles of their own
}

// Sizes were measured on Zen 5 (48 KiB and 1 MiB of cache a core): a tile's
// block of A, panel of B and block of C lie in the second-level cache.
const (
	wideRows, wideCols, wideDepth = 112, 256, 512
	deepRows, deepCols, deepDepth = 256, 256, 256

	fewTiles   = 32      // where there are fewer, tiles are made smaller
	smallTile  = 1 << 24 // operations, some 60 µs: but not smaller than this
	evenTiles  = 8       // their number is a multiple, for an even share
	deepTiles  = 16      // where there are fewer, k is cut as well
	splitDepth = 256     // least part of k
)

func (ks *kernels[T]) plan(s shape) blocking {
	if s.transA {
		return ks.planDeep(s)
	}
	p := blocking{splits: 1, depth: s.k}
	p.kBlocks, p.kc = divide(s.k, wideDepth, 8)
	p.mBlocks, p.mc = divide(s.m, wideRows, 1)
	p.nBlocks, p.nc = divide(s.n, wideCols, ks.cols)
	for p.mBlocks*p.nBlocks < fewTiles && p.nc >= 2*ks.cols && p.mc*p.nc*s.k >= smallTile {
		p.nBlocks, p.nc = divide(s.n, p.nc/2, ks.cols)
	}
	if p.mBlocks > evenTiles {
		even := (p.mBlocks + evenTiles - 1) / evenTiles * evenTiles
		p.mBlocks, p.mc = divide(s.m, (s.m+even-1)/even, 1)
	}
	return p
}

func (ks *kernels[T]) planDeep(s shape) blocking {
	var p blocking
	p.mBlocks, p.mc = divide(s.m, deepRows, 1)
	p.nBlocks, p.nc = divide(s.n, deepCols, ks.cols)
	if p.mBlocks*p.nBlocks < deepTiles {
		p.nBlocks, p.nc = divide(s.n, deepCols/2, ks.cols)
	}
	tiles := p.mBlocks * p.nBlocks
	p.splits = max(1, min((deepTiles+tiles-1)/tiles, s.k/splitDepth))
	p.splits, p.depth = divide(s.k, (s.k+p.splits-1)/p.splits, 8)
	p.kBlocks, p.kc = divide(p.depth, deepDepth, 8)
	return p
}

// divide cuts n into as few nearly equal parts of at most limit as possible,
// sized in multiples of step.
func divide(n, limit, step int) (parts, size int) {
	if n == 0 {
		return 1, step
	}
	limit = max(step, limit/step*step)
	parts = (n + limit - 1) / limit
	size = ((n+parts-1)/parts + step - 1) / step * step
	return (n + size - 1) / size, size
}

// gemmWorkspace is the number of elements that the tiles of a product share:
// the packed B, or the parts of a split sum.
func (ks *kernels[T]) gemmWorkspace(s shape) int {
	switch p := ks.plan(s); {
	case !s.transA:
		return ks.packedSize(s.k, s.n)
	case p.splits > 1:
		return p.splits * s.m * s.n
	}
	return 0
}

// gemmScratch is the number of elements of scratch memory for each worker: a
// panel of B, and what is gathered of A.
func (ks *kernels[T]) gemmScratch(s shape) int {
	p := ks.plan(s)
	n := 0
	if s.transA {
		n = p.kc * ks.cols
		if ks.gatherColumns {
			n += p.kc * (p.mc + gatherPad)
		}
	} else if ks.gatherRows {
		n = p.mc * (p.kc + gatherPad)
	}
	return n
}

// gatherPad keeps gathered rows from lying a multiple of 4 KiB apart.
const gatherPad = 16

// pageApart reports whether rows of ld elements fall into one set of the
// first-level cache.
func pageApart[T Float](ld int) bool {
	var zero T
	return ld*int(unsafe.Sizeof(zero))%4096 == 0
}
