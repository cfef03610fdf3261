package cpu

import (
	"math"
	"unsafe"
)

// attentionRows are the passes of attention over the rows of a tile that are
// not matrix products. Rows of a matrix are ld elements apart. Scores are in
// units of ln 2, since powers of 2 are cheaper than those of e.
type attentionRows[T Float] struct {
	// max puts the maximum of each row and of high[row] into high, and what
	// high was less that into shift; exp replaces scores by 2^(score −
	// high[row]) and puts their sums into sum. Both take 0 for a high of −Inf.
	max func(rows, cols int, scores []T, ld int, high, shift []T)
	exp func(rows, cols int, scores []T, ld int, high, sum []T)

	// hide makes the scores of row i −Inf from column from + i on.
	hide func(rows, cols int, scores []T, ld, from int)

	// hideSpan makes scores −Inf whose slot is one of [first, last].
	hideSpan func(scores []T, slots []int32, first, last int32)

	// rotated is argmax [x, −x] as hashes want it: the place of the largest |x| and,
	// of equals, of a positive one, and of those the first; that of −x is len(x) more.
	rotated func(x []T) int

	// gradient replaces scores by p = 2^(score − lse[row]), and grads by
	// p·(grad − delta[row]). Where lse is −Inf it uses 0.
	gradient func(rows, cols int, scores, grads []T, ld int, lse, delta []T)

	bias  func(rows, cols int, y, z []T, ld int, x []T, ldx int, u, w []T, a T) // y = (x + u)·a, z = (x + w)·a
	scale func(rows, cols int, dst []T, ldd int, x []T, ldx int, a []T)         // dst = x·a[row]
	copy  func(rows, cols int, dst []T, ldd int, x []T, ldx int)

	axpy  func(rows, cols int, dst []T, ldd int, x []T, ldx int, a []T) // dst += x·a[row]
	dot   func(rows, cols int, dst, x []T, ldx int, y []T, ldy int)     // dst[row] = x·y
	shift func(dst, x []T, a T)                                         // dst = x + a
	// fetch has rows brought into the second-level cache while others are in use, and
	// fetchListed those that a list names.
	fetch       func(rows, cols int, x []T, ldx int)
	fetchListed func(rows, cols int, x []T, ldx int, list []int32)

	// Rows that a list names by their number, ld elements being from one to the
	// next: gather puts a·x of them into the rows of dst, scatter puts a[i]·x of
	// the rows of x into them, and scatterAdd adds a·x to them. No row is named
	// twice.
	gather     func(rows, cols int, dst []T, ldd int, x []T, ldx int, list []int32, a T)
	scatter    func(rows, cols int, dst []T, ldd int, list []int32, x []T, ldx int, a []T)
	scatterAdd func(rows, cols int, dst []T, ldd int, list []int32, x []T, ldx int, a T)

	// combine adds a·(x + y) to dst, and the sums over the rows of a·x to dx
	// and of a·y to dy.
	combine func(rows, cols int, dst []T, ldd int, x, y []T, ld int, dx, dy []T, a T)

	// Dropout: keep draws what a run of elements from 4·block on is multiplied
	// with, value or 0 (len(dst) is a multiple of maskRun); multiply is dst *= x;
	// and dropGradient replaces grads by p·(keep·grad − delta), and p by keep·p.
	keep         func(dst []T, block uint64, step, stream, key0, key1, threshold uint32, value T)
	multiply     func(dst, x []T)
	dropGradient func(p, grads, keep []T, delta T)
}

// attentionRowsOf returns the passes in the instruction set of ks.
func attentionRowsOf[T Float](ks *kernels[T]) *attentionRows[T] {
	if rows, ok := any(attentionRowsISA(ks.isa)).(*attentionRows[T]); ok && rows != nil {
		return rows
	}
	return &attentionRows[T]{
		max: maxRows[T], exp: expRows[T], hide: hideRows[T], hideSpan: hideSpanPortable[T], rotated: rotatedPortable[T], gradient: gradientRows[T],
		bias: biasRows[T], scale: scaleRows[T], copy: copyRowsPortable[T], combine: combineRows[T],
		axpy: axpyRows[T], dot: dotRows[T], shift: shiftPortable[T],
		fetch: func(_, _ int, _ []T, _ int) {}, fetchListed: func(_, _ int, _ []T, _ int, _ []int32) {},
		gather: gatherRows[T], scatter: scatterRows[T], scatterAdd: scatterAddRows[T],
		keep: keepPortable[T], multiply: multiplyPortable[T], dropGradient: dropGradientPortable[T],
	}
}

// exp2 is 2ˣ, as exact as exp.
func exp2[T Float](x T) T {
	if unsafe.Sizeof(x) == 8 {
		return T(math.Exp2(float64(x)))
	}
	return T(exp32(float64(float64(x) * math.Ln2)))
}

// reference is x, or 0 for −Inf.
func reference[T Float](x T) T {
	if x == T(math.Inf(-1)) {
		return 0
	}
	return x
}

// softmax is max and exp, on a few rows at a time so that they stay in the
// first cache, but on many enough to hide how long a row's maximum takes.
func (p *attentionRows[T]) softmax(rows, cols int, scores []T, ld int, high, shift, sum []T) {
	const few = 16
	for i := 0; i < rows; i += few {
		n := min(few, rows-i)
		p.max(n, cols, scores[i*ld:], ld, high[i:], shift[i:])
		p.exp(n, cols, scores[i*ld:], ld, high[i:], sum[i:])
	}
}

func maxRows[T Float](rows, cols int, scores []T, ld int, high, shift []T) {
	for i := range rows {
		top := max(high[i], maxPortable(scores[i*ld:][:cols]))
		shift[i] = high[i] - reference(top)
		high[i] = top
	}
}

func expRows[T Float](rows, cols int, scores []T, ld int, high, sum []T) {
	for i := range rows {
		zero := reference(high[i])
		sum[i] = 0
		for j, x := range scores[i*ld:][:cols] {
			y := exp2(x - zero)
			scores[i*ld+j] = y
			sum[i] += y
		}
	}
}

func hideRows[T Float](rows, cols int, scores []T, ld, from int) {
	for i := range rows {
		fill(scores[i*ld+min(max(from+i, 0), cols):i*ld+cols], T(math.Inf(-1)))
	}
}

func hideSpanPortable[T Float](scores []T, slots []int32, first, last int32) {
	for i, slot := range slots {
		if uint32(slot-first) <= uint32(last-first) {
			scores[i] = T(math.Inf(-1))
		}
	}
}

func gradientRows[T Float](rows, cols int, scores, grads []T, ld int, lse, delta []T) {
	for i := range rows {
		zero := reference(lse[i])
		grad := grads[i*ld:][:cols]
		for j, x := range scores[i*ld:][:cols] {
			p := exp2(x - zero)
			scores[i*ld+j] = p
			grad[j] = p * (grad[j] - delta[i])
		}
	}
}

func biasRows[T Float](rows, cols int, y, z []T, ld int, x []T, ldx int, u, w []T, a T) {
	for i := range rows {
		for e, s := range x[i*ldx:][:cols] {
			y[i*ld+e] = (s + u[e]) * a
			z[i*ld+e] = (s + w[e]) * a
		}
	}
}

func scaleRows[T Float](rows, cols int, dst []T, ldd int, x []T, ldx int, a []T) {
	for i := range rows {
		for e, y := range x[i*ldx:][:cols] {
			dst[i*ldd+e] = y * a[i]
		}
	}
}

func copyRowsPortable[T Float](rows, cols int, dst []T, ldd int, x []T, ldx int) {
	for i := range rows {
		copy(dst[i*ldd:][:cols], x[i*ldx:])
	}
}

func axpyRows[T Float](rows, cols int, dst []T, ldd int, x []T, ldx int, a []T) {
	for i := range rows {
		axpyPortable(dst[i*ldd:][:cols], x[i*ldx:][:cols], a[i])
	}
}

func dotRows[T Float](rows, cols int, dst, x []T, ldx int, y []T, ldy int) {
	for i := range rows {
		dst[i] = dotPortable(x[i*ldx:][:cols], y[i*ldy:][:cols])
	}
}

func shiftPortable[T Float](dst, x []T, a T) {
	for i := range dst {
		dst[i] = x[i] + a
	}
}

func gatherRows[T Float](rows, cols int, dst []T, ldd int, x []T, ldx int, list []int32, a T) {
	for i, row := range list[:rows] {
		for e, y := range x[int(row)*ldx:][:cols] {
			dst[i*ldd+e] = y * a
		}
	}
}

func scatterRows[T Float](rows, cols int, dst []T, ldd int, list []int32, x []T, ldx int, a []T) {
	for i, row := range list[:rows] {
		for e, y := range x[i*ldx:][:cols] {
			dst[int(row)*ldd+e] = y * a[i]
		}
	}
}

func scatterAddRows[T Float](rows, cols int, dst []T, ldd int, list []int32, x []T, ldx int, a T) {
	for i, row := range list[:rows] {
		for e, y := range x[i*ldx:][:cols] {
			dst[int(row)*ldd+e] += T(y * a)
		}
	}
}

func combineRows[T Float](rows, cols int, dst []T, ldd int, x, y []T, ld int, dx, dy []T, a T) {
	for i := range rows {
		for e, s := range x[i*ld:][:cols] {
			s, t := T(s*a), T(y[i*ld+e]*a)
			dx[e] += s
			dy[e] += t
			dst[i*ldd+e] += s + t
		}
	}
}
