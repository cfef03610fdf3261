package cpu

import (
	"math"

	"hgbench/pkg/graph"
)

// linearChunk is the number of positions whose features are computed together,
// and that attend to each other by scores. What came before is sums over keys.
// It divides graph.LinearSegment.
const linearChunk = 32

// linearStrip is the number of queries whose later keys are left out together.
const linearStrip = 16

// linearAttention runs the chunks of a head one after the other.
//
// Norm is a factor of o and R alone, so features are φ = e + Epsilon here. Keys
// that share their maximum c form a run, and a chunk is cut into its runs, within
// which no key needs a weight. Where c rises, the sums that have been collected
// are made relative to the new one. So the bits of a row depend on what precedes
// it alone.
type linearAttention[T Float] struct {
	graph.LinearAttention
	ks   *kernels[T]
	pass *attentionRows[T]

	batch, length      int
	inner, count, size int // of q and k, of features, of v: of one head
	wide               int // distance of rows [v, 1]: whole lines of the cache
	segments           int

	q, k, v, o, r []T
	states        []T // [B, H, segments, stateSize]
	c             []T // in units of ln 2
	projection    []T // of x to P·x′ in units of ln 2, packed
}

func newLinearAttention[T Float](op graph.LinearAttention, r *graph.Value, inputs []*graph.Value) *linearAttention[T] {
	ks := kernelsFor[T]()
	q, v := inputs[0], inputs[2]
	f := &linearAttention[T]{
		LinearAttention: op, ks: ks, pass: attentionRowsOf(ks), batch: v.Shape[0], length: v.Shape[1],
		inner: q.Cols() / op.Heads, size: v.Cols() / op.Heads, segments: (r.Shape[2] - 1) / graph.LinearSegment,
	}
	f.count = f.inner
	if op.Kernel == graph.SoftmaxKernel {
		f.count = inputs[3].Rows()
	}
	f.wide = roundUp(f.size+1, 16)
	return f
}

// linearScratch is the memory of a thread for a chunk.
type linearScratch[T Float] struct {
	state                 linearState[T]
	q, k                  []T // [chunk, count], features
	v                     []T // [chunk, wide], rows [v, 1]
	scores                []T // [chunk, chunk]
	packed, turned        []T // keys, and sums, transposed in panels
	rows                  []T // [chunk, size]
	one                   []T // as many as a row of anything has
	c, high, shift, total []T // [chunk]
}

// linearState is sums over keys: in row j < size of φ(k)·v_j, in the last one of
// φ(k); and of v.
type linearState[T Float] struct {
	sums   []T // [size + 1, count]
	values []T // [size]
	c      T   // what φ is relative to
	keys   int
}

func (f *linearAttention[T]) stateSize() int { return (f.size+1)*f.count + f.size }

func (f *linearAttention[T]) layout(c *carve[T]) linearScratch[T] {
	const n = linearChunk
	return linearScratch[T]{
		state: linearState[T]{sums: c.exactly((f.size + 1) * f.count), values: c.exactly(f.size)},
		q:     c.next(n * f.count), k: c.next(n * f.count), v: c.next(n * f.wide), scores: c.next(n * n),
		packed: c.next(f.ks.packedSize(max(f.count, f.size+1), n)), turned: c.next(f.ks.packedSize(f.count, f.size)),
		rows: c.next(n * f.size), one: c.next(max(n, f.count)),
		c: c.next(n), high: c.next(n), shift: c.next(n), total: c.next(n),
	}
}

// start makes the memory ready for a head.
func (f *linearAttention[T]) start(x *linearScratch[T]) {
	fill(x.one, 1)
	for i := range linearChunk {
		x.v[i*f.wide+f.size] = 1
	}
	clear(x.state.sums)
	clear(x.state.values)
	x.state.keys = 0
}

func linearAttentionForward[T Float](n *graph.Node, op graph.LinearAttention) kernel {
	f := newLinearAttention[T](op, n.Outputs[1], n.Inputs)
	c := carve[T]{}
	f.layout(&c)
	return kernel{
		workspace: int64(sizeOf[T]()) * int64(f.projectionSize()), scratch: int64(sizeOf[T]()) * int64(c.size),
		executed: f.executedForward,
		bind: func(m *memory) []phase {
			f.q, f.k, f.v = in[T](m, 0), in[T](m, 1), in[T](m, 2)
			f.o, f.r, f.states, f.c = out[T](m, 0), out[T](m, 1), out[T](m, 2), out[T](m, 3)
			if f.o == nil {
				f.o = make([]T, n.Outputs[0].Elements())
			}
			return append(f.project(m, 3, work[T](m, f.projectionSize()), nil), phase{tiles: f.batch * f.Heads, run: func(w *worker, pair int) {
				x := f.layout(&carve[T]{memory: scratch[T](w)})
				f.start(&x)
				f.chunks(0, f.length, func(from, rows int) { f.forward(&x, pair, from, rows) })
			}})
		},
	}
}

// chunks calls do with each chunk's first row and rows.
func (f *linearAttention[T]) chunks(lo, hi int, do func(from, rows int)) {
	for from := lo; from < hi; from += linearChunk {
		do(from, min(linearChunk, hi-from))
	}
}

// at is where a row of a pair starts in a matrix with so many columns a head.
func (f *linearAttention[T]) at(pair, row, size int) int {
	return ((pair/f.Heads*f.length+row)*f.Heads + pair%f.Heads) * size
}

// ahead asks for what the chunk at from will use of a matrix, if there is one: the
// rows of a head are too far apart for the machine to foresee.
func (f *linearAttention[T]) ahead(x []T, pair, from, size int) {
	if from >= 0 && from < f.length {
		f.pass.ahead(min(linearChunk, f.length-from), size, x[f.at(pair, from, size):], f.Heads*size)
	}
}

// runs calls do with the runs of equal c of a chunk.
func runs[T Float](c []T, do func(i, n int)) {
	for i := 0; i < len(c); {
		next := i + 1
		for next < len(c) && c[next] == c[i] {
			next++
		}
		do(i, next-i)
		i = next
	}
}

// rise makes the state relative to c. Only e is: Epsilon stays.
func (f *linearAttention[T]) rise(x *linearScratch[T], c T) {
	s := &x.state
	if s.keys > 0 && c != s.c {
		y, epsilon := exp2(s.c-c), T(f.Epsilon)
		f.ks.scale(s.sums, s.sums, y)
		for j, v := range s.values {
			f.ks.axpy(s.sums[j*f.count:][:f.count], x.one[:f.count], T((1-y)*epsilon)*v)
		}
		f.ks.axpy(s.sums[f.size*f.count:], x.one[:f.count], T((1-y)*epsilon)*T(s.keys))
	}
	s.c = c
}

// advance adds n keys of the chunk to the state.
func (f *linearAttention[T]) advance(x *linearScratch[T], i, n int) {
	s := &x.state
	f.ks.tile(f.size+1, f.count, n, x.v[i*f.wide:], 1, f.wide, f.ks.rowMajor(x.k[i*f.count:], f.count), s.sums, f.count, true)
	if f.Kernel == graph.SoftmaxKernel {
		f.ks.tile(1, f.size, n, x.one, n, 1, f.ks.rowMajor(x.v[i*f.wide:], f.wide), s.values, f.size, true)
	}
	s.keys += n
}

// scoresOf computes φ(q_i)·φ(k_j) of a run.
func (f *linearAttention[T]) scoresOf(x *linearScratch[T], i, n int) {
	f.ks.pack(f.count, n, x.k[i*f.count:], 1, f.count, x.packed)
	f.scoresBy(n, f.count, x.q[i*f.count:], f.count, f.ks.packed(x.packed, f.count), x.scores)
}

// scoresBy computes A·B of n queries and n packed keys, and 0 for later keys.
func (f *linearAttention[T]) scoresBy(n, k int, a []T, lda int, b panels[T], scores []T) {
	strips(n, func(i, rows int) {
		f.ks.tile(rows, i+rows, k, a[i*lda:], lda, 1, b, scores[i*linearChunk:], linearChunk, false)
	})
	clearLater(scores, n)
}

// earlier adds scores·B to C: for each query, over the keys up to it.
func (f *linearAttention[T]) earlier(n, cols int, scores, b []T, ldb int, c []T, ldc int) {
	strips(n, func(i, rows int) {
		f.ks.tile(rows, cols, i+rows, scores[i*linearChunk:], linearChunk, 1, f.ks.rowMajor(b, ldb), c[i*ldc:], ldc, true)
	})
}

// later adds scoresᵀ·B to C: for each key, over the queries from it on.
func (f *linearAttention[T]) later(n, cols int, scores, b []T, ldb int, c []T, ldc int) {
	strips(n, func(i, rows int) {
		f.ks.tile(rows, cols, n-i, scores[i*(linearChunk+1):], 1, linearChunk, f.ks.rowMajor(b[i*ldb:], ldb), c[i*ldc:], ldc, true)
	})
}

// strips calls do with the strips of a run of n.
func strips(n int, do func(i, rows int)) {
	for i := 0; i < n; i += linearStrip {
		do(i, min(linearStrip, n-i))
	}
}

// clearLater clears the scores of keys after the query.
func clearLater[T Float](scores []T, n int) {
	for i := range n {
		clear(scores[i*linearChunk+i+1 : i*linearChunk+n])
	}
}

// forward is one chunk of a head.
func (f *linearAttention[T]) forward(x *linearScratch[T], pair, from, rows int) {
	size := f.stateSize()
	if at := from/graph.LinearSegment - 1; f.states != nil && from%graph.LinearSegment == 0 && from > 0 {
		kept := f.states[(pair*f.segments+at)*size:][:size]
		copy(kept[copy(kept, x.state.sums):], x.state.values)
	}
	f.ahead(f.q, pair, from+linearChunk, f.inner)
	f.features(x, x.q, f.q, pair, from, rows, ownMaximum)
	f.ahead(f.k, pair, from+linearChunk, f.inner)
	f.features(x, x.k, f.k, pair, from, rows, runningMaximum)
	f.ahead(f.v, pair, from+linearChunk, f.size)
	f.pass.shift(x.q[:rows*f.count], x.q[:rows*f.count], T(f.Epsilon))
	f.pass.shift(x.k[:rows*f.count], x.k[:rows*f.count], T(f.Epsilon))
	f.pass.copy(rows, f.size, x.v, f.wide, f.v[f.at(pair, from, f.size):], f.Heads*f.size)
	if f.c != nil {
		copy(f.c[pair*f.length+from:], x.c[:rows])
	}
	f.ahead(f.o, pair, from+linearChunk, f.size)
	runs(x.c[:rows], func(i, n int) {
		f.rise(x, x.c[i])
		f.scoresOf(x, i, n)
		f.ks.pack(f.count, f.size, x.state.sums, 1, f.count, x.turned)
		q := x.q[i*f.count:]
		f.ks.tile(n, f.size, f.count, q, f.count, 1, f.ks.packed(x.turned, f.count), x.rows, f.size, false)
		f.earlier(n, f.size, x.scores, x.v[i*f.wide:], f.wide, x.rows, f.size)
		squared := T(f.Norm * f.Norm)
		f.pass.dot(n, f.count, x.total, q, f.count, x.state.sums[f.size*f.count:], 0)
		f.pass.dot(n, n, x.high, x.scores, linearChunk, x.one, 0)
		for t := range n {
			r := x.total[t] + x.high[t]
			if r *= squared; r <= T(f.Stabiliser) { // it is not negative
				r += 2 * T(f.Stabiliser)
			}
			x.total[t] = squared / r
			if f.r != nil {
				f.r[pair*f.length+from+i+t] = r
			}
		}
		f.pass.scale(n, f.size, f.o[f.at(pair, from+i, f.size):], f.Heads*f.size, x.rows, f.size, x.total)
		f.advance(x, i, n)
	})
}

// executedForward counts operations as if every chunk were one run: the most.
func (f *linearAttention[T]) executedForward() float64 {
	return f.executed(2, 1, func(rows, m, size float64) float64 {
		return rows*m*size + half(rows)*(m+size)
	})
}

// executed sums over chunks: of products with the projection, of sums over keys,
// and others in multiply-adds.
func (f *linearAttention[T]) executed(projections, sums float64, others func(rows, m, size float64) float64) (flops float64) {
	m, size := float64(f.count), float64(f.size)
	f.chunks(0, f.length, func(_, rows int) {
		n := float64(rows)
		flops += others(n, m, size) + sums*n*m*(size+1)
		if f.Kernel == graph.SoftmaxKernel {
			flops += projections*n*m*float64(f.inner) + n*size
		}
	})
	return 2 * flops * float64(f.batch*f.Heads)
}

// half is the pairs of a query and a key of its strip, or an earlier one, in a run.
func half(rows float64) (pairs float64) {
	strips(int(rows), func(i, n int) { pairs += float64(n * (i + n)) })
	return pairs
}

// quarter is size^(−1/4), with which queries and keys are multiplied.
func quarter(size int) float64 { return math.Pow(float64(size), -0.25) }
