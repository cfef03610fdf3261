package cpu

import (
	"math"

	"hgbench/pkg/graph"
)

// linearChunk is the number of positions that attend to each other by scores.
// What came before a chunk is one matrix, the sum over keys of e(k)·vᵀ.
const linearChunk = 64

// linearAttention runs the chunks of a head one after the other. Every row is
// relative to the running maximum c at its own position, and what is kept of the
// past to that at its end, so no bit of a row depends on what follows it.
type linearAttention[T Float] struct {
	graph.LinearAttention
	ks                               *kernels[T]
	pass                             *attentionRows[T]
	batch, length, count, size, d, m int // d, m are of all heads
	q, k, v, c, o, r                 []T
}

func newLinearAttention[T Float](op graph.LinearAttention, q, v *graph.Value) *linearAttention[T] {
	ks := kernelsFor[T]()
	return &linearAttention[T]{
		LinearAttention: op, ks: ks, pass: attentionRowsOf(ks),
		batch: v.Shape[0], length: v.Shape[1], count: q.Cols() / op.Heads, size: v.Cols() / op.Heads, d: v.Cols(), m: q.Cols(),
	}
}

// linearScratch is the memory of a thread. Sums over earlier keys: state of
// e(k)·vᵀ, total of e(k), values of v. In a gradient the same over later queries.
type linearScratch[T Float] struct {
	state          []T // [count, size]
	total          []T // [count]
	values         []T // [size]
	phi, e, packed []T // [chunk, count]
	scores, other  []T // [chunk, chunk]
	turned         []T // state transposed, in panels
	rows           []T // [chunk, size]
	sum, shrink    []T // [chunk]
}

func (f *linearAttention[T]) layout(c *carve[T]) linearScratch[T] {
	const n = linearChunk
	exactly := func(n int) []T {
		if x := c.next(n); x != nil {
			return x[:n]
		}
		return nil
	}
	return linearScratch[T]{
		state: exactly(f.count * f.size), total: exactly(f.count), values: exactly(f.size),
		phi: c.next(n * f.count), e: c.next(n * f.count), packed: c.next(f.ks.packedSize(max(f.count, f.size), n)),
		scores: c.next(n * n), other: c.next(n * n), turned: c.next(f.ks.packedSize(f.size, f.count)), rows: c.next(n * f.size), sum: c.next(n), shrink: c.next(n),
	}
}

func (f *linearAttention[T]) scratchBytes() int64 {
	c := carve[T]{}
	f.layout(&c)
	return int64(sizeOf[T]()) * int64(c.size)
}

// chunks calls do with each chunk's first row and rows.
func (f *linearAttention[T]) chunks(do func(from, rows int)) {
	for from := 0; from < f.length; from += linearChunk {
		do(from, min(linearChunk, f.length-from))
	}
}

// executed FLOPs of a pass with so many products of [chunk, count]×[count, size]
// and of [chunk, chunk]×[chunk, count] and ×[chunk, size].
func (f *linearAttention[T]) executed(state, features, values float64) (flops float64) {
	f.chunks(func(_, rows int) {
		n := float64(rows)
		flops += 2 * n * (state*float64(f.count*f.size) + n*(features*float64(f.count)+values*float64(f.size)))
	})
	return flops * float64(f.batch*f.Heads)
}

func linearAttentionForward[T Float](n *graph.Node, op graph.LinearAttention) kernel {
	f := newLinearAttention[T](op, n.Inputs[0], n.Inputs[2])
	return kernel{scratch: f.scratchBytes(), executed: func() float64 { return f.executed(2, 1, 1) }, bind: func(m *memory) []phase {
		f.q, f.k, f.v = in[T](m, 0), in[T](m, 1), in[T](m, 2)
		if f.Scaled {
			f.c = in[T](m, 3)
		}
		if f.o, f.r = out[T](m, 0), out[T](m, 1); f.o == nil {
			f.o = make([]T, n.Outputs[0].Elements())
		}
		return []phase{{tiles: f.batch * f.Heads, run: func(w *worker, pair int) {
			x := f.layout(&carve[T]{memory: scratch[T](w)})
			clear(x.state)
			clear(x.total)
			clear(x.values)
			f.chunks(func(from, rows int) { f.forward(&x, pair, from, rows) })
		}}}
	}}
}

// features is where those of a row of a pair start; row likewise for values.
func (f *linearAttention[T]) features(pair, row int) int {
	return (pair/f.Heads*f.length+row)*f.m + pair%f.Heads*f.count
}

func (f *linearAttention[T]) row(pair, row int) int {
	return (pair/f.Heads*f.length+row)*f.d + pair%f.Heads*f.size
}

// between is exp(c of row i − c of row j) for i ≤ j, at most 1; for i of −1,
// before which there is nothing, any finite number will do.
func (f *linearAttention[T]) between(pair, i, j int) T {
	if f.c == nil || i < 0 {
		return 1
	}
	a, b := f.c[pair*f.length+i], f.c[pair*f.length+j]
	if a == b {
		return 1
	}
	return T(math.Exp(float64(a - b)))
}

// query loads φ(q) of a chunk, and returns the sums over features.
func (f *linearAttention[T]) query(x *linearScratch[T], pair, from, rows int) {
	norm, epsilon := T(f.Norm), T(f.Epsilon)
	for i := range rows {
		src, dst := f.q[f.features(pair, from+i):][:f.count], x.phi[i*f.count:][:f.count]
		for j, y := range src {
			dst[j] = norm * (y + epsilon)
		}
		x.sum[i] = f.ks.sum(dst)
	}
}

// keys loads e(k) of a chunk relative to c of row to, not before its end.
func (f *linearAttention[T]) keys(x *linearScratch[T], pair, from, rows, to int) {
	for j := range rows {
		src, dst := f.k[f.features(pair, from+j):][:f.count], x.e[j*f.count:][:f.count]
		if y := f.between(pair, from+j, to); y != 1 {
			f.ks.scale(dst, src, y)
		} else {
			copy(dst, src)
		}
	}
}

// weigh multiplies scores [i][j] by Norm·exp(c_j − c_i), and clears those of
// later keys.
func (f *linearAttention[T]) weigh(pair, from, rows int, scores []T) {
	norm := T(f.Norm)
	for i := range rows {
		row := scores[i*linearChunk:][:rows]
		for j := 0; j <= i; {
			next := j + 1
			for f.c != nil && next <= i && f.c[pair*f.length+from+next] == f.c[pair*f.length+from+j] {
				next++
			}
			if f.c == nil {
				next = i + 1
			}
			f.ks.scale(row[j:next], row[j:next], norm*f.between(pair, from+j, from+i))
			j = next
		}
		clear(row[i+1:])
	}
}

// scoresOf computes Σ φ(q_i)·e(k_j) of a chunk, weighed.
func (f *linearAttention[T]) scoresOf(x *linearScratch[T], pair, from, rows int) {
	f.ks.pack(f.count, rows, f.k[f.features(pair, from):], 1, f.m, x.packed)
	f.ks.tile(rows, rows, f.count, x.phi, f.count, 1, f.ks.packed(x.packed, f.count), x.scores, linearChunk, false)
	f.weigh(pair, from, rows, x.scores)
}

// advance adds a chunk of keys to the state.
func (f *linearAttention[T]) advance(x *linearScratch[T], pair, from, rows int) {
	last := from + rows - 1
	if y := f.between(pair, from-1, last); y != 1 {
		f.ks.scale(x.state, x.state, y)
		f.ks.scale(x.total, x.total, y)
	}
	f.keys(x, pair, from, rows, last)
	f.ks.tile(f.count, f.size, rows, x.e, 1, f.count, f.ks.rowMajor(f.v[f.row(pair, from):], f.d), x.state, f.size, true)
	for j := range rows {
		f.ks.add(x.total, x.total, x.e[j*f.count:][:f.count])
	}
}

// forward is one chunk of a head.
func (f *linearAttention[T]) forward(x *linearScratch[T], pair, from, rows int) {
	f.query(x, pair, from, rows)
	f.scoresOf(x, pair, from, rows)
	norm, epsilon := T(f.Norm), T(f.Epsilon)
	for i := range rows {
		x.shrink[i] = norm * f.between(pair, from-1, from+i)
	}
	f.ks.tile(rows, f.size, f.count, x.phi, f.count, 1, f.ks.rowMajor(x.state, f.size), x.rows, f.size, false)
	f.pass.scale(rows, f.size, x.rows, f.size, x.rows, f.size, x.shrink)
	f.ks.tile(rows, f.size, rows, x.scores, linearChunk, 1, f.ks.rowMajor(f.v[f.row(pair, from):], f.d), x.rows, f.size, true)
	for i := range rows {
		o := f.o[f.row(pair, from+i):][:f.size]
		f.ks.add(x.values, x.values, f.v[f.row(pair, from+i):][:f.size])
		r := f.ks.sum(x.scores[i*linearChunk:][:i+1]) + T(x.shrink[i]*f.ks.dot(x.phi[i*f.count:][:f.count], x.total))
		rest := norm * epsilon * x.sum[i]
		r += rest * T(from+i+1)
		if r <= T(f.Stabiliser) { // it is not negative
			r += 2 * T(f.Stabiliser)
		}
		copy(o, x.rows[i*f.size:][:f.size])
		f.ks.axpy(o, x.values, rest)
		f.ks.scale(o, o, 1/r)
		if f.r != nil {
			f.r[pair*f.length+from+i] = r
		}
	}
	f.advance(x, pair, from, rows)
}
