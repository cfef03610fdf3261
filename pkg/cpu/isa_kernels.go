package cpu

// Float is the element type of the kernels. float32 is what models run in;
// float64 always runs the portable code, and is the reference for gradient
// checks.
type Float interface{ ~float32 | ~float64 }

// kernels is one implementation of everything that is inner loop. The
// portable one defines what each function computes; the others differ from it
// in the order of sums and in rounding only, and each gives the same bits for
// the same arguments wherever they lie in memory.
//
// Functions of rows put their result into the first operand, which may be one
// of the others; all are of the same length. A sum of a row runs in lanes that
// are added in a tree; how many is a constant of the instruction set (1 in
// portable code), so the order of a sum depends on the row's length alone.
type kernels[T Float] struct {
	isa ISA

	// The micro-kernel of matrix products computes blocks of up to rows×cols
	// elements, or edgeRows×cols when fewer than cols columns are wanted.
	rows, edgeRows, cols int

	// gatherRows says that rows of A a multiple of 4 KiB apart should be
	// copied before use, since those of a micro-tile do not fit into a set of
	// the cache; gatherColumns that a transposed A should, since a micro-tile
	// uses too little of each cache line.
	gatherRows, gatherColumns bool

	// gemm computes C = A·B, or C += A·B, for a column panel of C: `tiles`
	// blocks one below the other, each of the same number of rows (1..rows,
	// or 1..edgeRows for a narrow panel) and cols columns. Element (i, p) of A
	// is a[i·rsA + p·csA], row p of B starts at b[p·ldb], row i of C at
	// c[i·ldc]. Every element is one chain over p: its bits depend neither on
	// the block that it is in nor on how p is cut into successive calls.
	gemm func(tiles, rows, cols, k int, a []T, rsA, csA int, b []T, ldb int, c []T, ldc int, accumulate bool)

	// gemmAhead is gemm that also prefetches: at every step of k, what lies
	// aheadA elements after what it reads of A, and cols elements of x, moving
	// on by ldx.
	gemmAhead func(tiles, rows, cols, k int, a []T, rsA, csA int, b []T, ldb int, c []T, ldc int, accumulate bool, aheadA int, x []T, ldx int)

	// transpose turns `blocks` blocks of square×square elements that lie side
	// by side in rows of lds elements into as many, one below the other in
	// rows of ldd: dst[p·ldd + i] = src[i·lds + p].
	transpose func(dst []T, ldd int, src []T, lds, blocks int)
	square    int

	// copyBlock copies rows of cols elements.
	copyBlock func(dst []T, ldd int, src []T, lds, rows, cols int)

	add   func(dst, x, y []T)    // dst = x + y
	add3  func(dst, x, y, z []T) // dst = (x + y) + z
	scale func(dst, x []T, a T)  // dst = a·x
	axpy  func(dst, x []T, a T)  // dst += a·x

	sum func(x []T) T    // Σ x
	dot func(x, y []T) T // Σ x·y
	max func(x []T) T    // the largest that is not NaN; −Inf if there is none

	exp    func(dst, x []T, m T) T // dst = exp(x − m); returns Σ dst
	expSum func(x []T, m T) T      // the same sum, bit by bit, without dst

	// gelu is y = GELU(x) and geluGrad dx = dy·GELU′(x); geluBoth is geluGrad
	// that also stores y = GELU(x).
	gelu     func(y, x []T)
	geluGrad func(dx, dy, x []T)
	geluBoth func(dx, y, dy, x []T)

	relu     func(y, x []T)      // y = max(x, 0); NaN stays NaN
	reluGrad func(dx, dy, x []T) // dx = dy where x > 0, else 0

	// layerNorm is y = (x − mean)·rstd·scale + bias with rstd =
	// 1/sqrt(variance + epsilon), and returns the statistics; normalize is
	// the same, bit by bit, for statistics that are known.
	layerNorm func(y, x, scale, bias []T, epsilon T) (mean, rstd T)
	normalize func(y, x, scale, bias []T, mean, rstd T)

	// layerNormGrad is the gradient of a normalised row: with x̂ = (x −
	// mean)·rstd and g = dy·scale it adds dy·x̂ to dscale and dy to dbias and,
	// unless dx is nil, stores dx = acc + rstd·(g − mean(g) − x̂·mean(g·x̂)).
	// acc may be dx, or nil for 0.
	layerNormGrad func(dx, dy, x, scale, dscale, dbias, acc []T, mean, rstd T)

	// adam updates weights w and moments m, v by gradients g.
	adam func(w, g, m, v []T, s *adamStep[T])
}

// portable returns the kernels in plain Go.
func portable[T Float]() *kernels[T] {
	return &kernels[T]{
		rows: 4, edgeRows: 4, cols: 8, square: 8,
		gemm: gemmPortable[T], gemmAhead: gemmAheadPortable[T], transpose: transposePortable[T], copyBlock: copyBlockPortable[T],

		add: addPortable[T], add3: add3Portable[T], scale: scalePortable[T], axpy: axpyPortable[T],
		sum: sumPortable[T], dot: dotPortable[T], max: maxPortable[T],
		exp: expPortable[T], expSum: expSumPortable[T],
		gelu: geluPortable[T], geluGrad: geluGradPortable[T], geluBoth: geluBothPortable[T],
		relu: reluPortable[T], reluGrad: reluGradPortable[T],
		layerNorm: layerNormPortable[T], normalize: normalizePortable[T], layerNormGrad: layerNormGradPortable[T],
		adam: adamPortable[T],
	}
}

// kernelsFor returns the kernels in use for an element type.
func kernelsFor[T Float]() *kernels[T] {
	if ks, ok := any(kernels32).(*kernels[T]); ok {
		return ks
	}
	if ks, ok := any(kernels64).(*kernels[T]); ok {
		return ks
	}
	return portable[T]()
}
