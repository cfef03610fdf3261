package cpu

import "hgbench/pkg/graph"

// linearAttentionBackward: with g_i = do_i·Norm²/R_i, r_i = −g_i·o_i, and the
// weight w_ij = exp(c_j − c_i) of an earlier key,
//
//	dφ(q_i) = Σ_{j≤i} (g_i·v_j + r_i) φ(k_j | i)
//	de(k_j) = Σ_{i≥j} w_ij (g_i·v_j + r_i) φ(q_i)
//	dv_j    = Σ_{i≥j} (φ(q_i)·φ(k_j | i)) g_i
//
// A head goes from its last segment to its first. In each, the first line is a
// pass over the chunks from the state that the forward pass kept, and the other
// two one back over them with the sums over later queries. The features of the
// segment stay in the cache from one to the other.
type linearAttentionBackward[T Float] struct {
	*linearAttention[T]
	do, dq, dk, dv []T
	back           []T // [count, inner], the projection for gradients
}

// linearBackScratch is the memory of a thread for a segment.
type linearBackScratch[T Float] struct {
	linearScratch[T]
	sums    []T // [size + 1, count], of g·φ(q) and r·φ(q) over later queries
	rest    []T // [size], of the part of dv that does not shrink with e(k)
	restful bool
	de      []T // [chunk, count]
	qs, ks  []T // [segment, count], e of queries and keys
	g       []T // [segment, wide], rows [g, r]
	weights []T // [segment, chunk], g_i·v_j + r_i
}

func (b *linearAttentionBackward[T]) layout(c *carve[T]) linearBackScratch[T] {
	const n = linearChunk
	length := min(graph.LinearSegment, roundUp(b.length, n))
	return linearBackScratch[T]{
		linearScratch: b.linearAttention.layout(c),
		sums:          c.exactly((b.size + 1) * b.count), rest: c.exactly(b.size), de: c.next(n * b.count),
		qs: c.next(length * b.count), ks: c.next(length * b.count), g: c.next(length * b.wide), weights: c.next(length * n),
	}
}

func linearAttentionGrad[T Float](n *graph.Node, op graph.LinearAttentionGrad) kernel {
	b := &linearAttentionBackward[T]{linearAttention: newLinearAttention[T](graph.LinearAttention(op), n.Inputs[2], n.Inputs[5:])}
	c := carve[T]{}
	b.layout(&c)
	size := b.projectionSize()
	if size > 0 {
		size += b.inner * b.count
	}
	return kernel{
		workspace: int64(sizeOf[T]()) * int64(size), scratch: int64(sizeOf[T]()) * int64(c.size),
		executed: func() float64 {
			return b.executed(4, 4, func(rows, m, size float64) float64 {
				return rows*m*size + half(rows)*(3*m+2*size+1)
			})
		},
		bind: func(m *memory) []phase {
			b.do, b.o, b.r, b.states, b.c = in[T](m, 0), in[T](m, 1), in[T](m, 2), in[T](m, 3), in[T](m, 4)
			b.q, b.k, b.v = in[T](m, 5), in[T](m, 6), in[T](m, 7)
			wanted := func(i int) []T {
				if x := out[T](m, i); x != nil {
					return x
				}
				return make([]T, n.Outputs[i].Elements())
			}
			b.dq, b.dk, b.dv = wanted(0), wanted(1), wanted(2)
			memory := work[T](m, size)
			b.back = memory[b.projectionSize():]
			return append(b.project(m, 8, memory[:b.projectionSize()], b.back), phase{tiles: b.batch * b.Heads, run: func(w *worker, pair int) {
				x := b.layout(&carve[T]{memory: scratch[T](w)})
				clear(x.sums)
				clear(x.rest)
				x.restful = false
				for segment := b.segments; segment >= 0; segment-- {
					b.segment(&x, pair, segment)
				}
			}})
		},
	}
}

func (b *linearAttentionBackward[T]) segment(x *linearBackScratch[T], pair, segment int) {
	b.start(&x.linearScratch)
	first := segment * graph.LinearSegment
	last := min(b.length, first+graph.LinearSegment)
	if s := &x.state; segment > 0 {
		kept := b.states[(pair*b.segments+segment-1)*b.stateSize():][:b.stateSize()]
		copy(s.values, kept[copy(s.sums, kept):])
		s.c, s.keys = b.c[pair*b.length+first-1], first
	}
	b.chunks(first, last, func(from, rows int) { b.queries(x, pair, first, from, rows) })
	for from := first + (last-first-1)/linearChunk*linearChunk; from >= first; from -= linearChunk {
		b.keys(x, pair, first, from, min(linearChunk, last-from))
	}
}

// queries is dq of a chunk.
func (b *linearAttentionBackward[T]) queries(x *linearBackScratch[T], pair, first, from, rows int) {
	copy(x.c, b.c[pair*b.length+from:][:rows])
	qs, ks := x.qs[(from-first)*b.count:], x.ks[(from-first)*b.count:]
	b.ahead(b.q, pair, from+linearChunk, b.inner)
	b.features(&x.linearScratch, qs, b.q, pair, from, rows, ownMaximum)
	b.ahead(b.k, pair, from+linearChunk, b.inner)
	b.features(&x.linearScratch, ks, b.k, pair, from, rows, knownMaximum)
	b.pass.shift(x.k[:rows*b.count], ks[:rows*b.count], T(b.Epsilon))
	b.ahead(b.do, pair, from+linearChunk, b.size)
	b.values(x, pair, from, rows)
	b.ahead(b.v, pair, from+linearChunk, b.size)
	b.adjoints(x, x.g[(from-first)*b.wide:], pair, from, rows)
	b.ahead(b.o, pair, from+linearChunk, b.size)
	runs(x.c[:rows], func(i, n int) {
		b.rise(&x.linearScratch, x.c[i])
		g, weights := x.g[(from-first+i)*b.wide:], x.weights[(from-first+i)*linearChunk:]
		b.turnValues(x, i, n)
		b.scoresBy(n, b.size+1, g, b.wide, b.ks.packed(x.packed, b.size+1), weights)
		de := x.de[i*b.count:]
		b.ks.tile(n, b.count, b.size+1, g, b.wide, 1, b.ks.rowMajor(x.state.sums, b.count), de, b.count, false)
		b.earlier(n, b.count, weights, x.k[i*b.count:], b.count, de, b.count)
		b.advance(&x.linearScratch, i, n)
	})
	b.ahead(b.dq, pair, from+linearChunk, b.inner)
	b.featuresGrad(&x.linearScratch, b.dq, x.de, qs, b.q, b.back, pair, from, rows)
}

// values loads v of a chunk.
func (b *linearAttentionBackward[T]) values(x *linearBackScratch[T], pair, from, rows int) {
	b.pass.copy(rows, b.size, x.v, b.wide, b.v[b.at(pair, from, b.size):], b.Heads*b.size)
}

// turnValues packs [v, 1] of a run, transposed.
func (b *linearAttentionBackward[T]) turnValues(x *linearBackScratch[T], i, n int) {
	for j := 0; j < n; j += b.ks.cols {
		panel := x.packed[j*(b.size+1):]
		b.ks.pack(b.size, min(b.ks.cols, n-j), x.v[(i+j)*b.wide:], 1, b.wide, panel)
		fill(panel[b.size*b.ks.cols:][:b.ks.cols], 1)
	}
}

// adjoints computes g and r of a chunk.
func (b *linearAttentionBackward[T]) adjoints(x *linearBackScratch[T], g []T, pair, from, rows int) {
	squared := T(b.Norm * b.Norm)
	at, ld := b.at(pair, from, b.size), b.Heads*b.size
	b.pass.dot(rows, b.size, x.high, b.do[at:], ld, b.o[at:], ld)
	for i, r := range b.r[pair*b.length+from:][:rows] {
		x.total[i] = squared / r
		g[i*b.wide+b.size] = -x.high[i] * x.total[i]
	}
	b.pass.scale(rows, b.size, g, b.wide, b.do[at:], ld, x.total)
}

// keys is dk and dv of a chunk.
func (b *linearAttentionBackward[T]) keys(x *linearBackScratch[T], pair, first, from, rows int) {
	c := b.c[pair*b.length:][:b.length]
	qs, ks := x.qs[(from-first)*b.count:], x.ks[(from-first)*b.count:]
	b.pass.shift(x.q[:rows*b.count], qs[:rows*b.count], T(b.Epsilon))
	b.pass.shift(x.k[:rows*b.count], ks[:rows*b.count], T(b.Epsilon))
	b.values(x, pair, from, rows)
	b.ahead(b.dv, pair, from-linearChunk, b.size)
	for end := rows; end > 0; {
		i := end - 1
		for i > 0 && c[from+i-1] == c[from+i] {
			i--
		}
		n := end - i
		g, weights := x.g[(from-first+i)*b.wide:], x.weights[(from-first+i)*linearChunk:]
		de, dv := x.de[i*b.count:], b.dv[b.at(pair, from+i, b.size):]
		sums := b.ks.rowMajor(x.sums, b.count)
		b.ks.tile(n, b.count, b.size+1, x.v[i*b.wide:], b.wide, 1, sums, de, b.count, false)
		b.later(n, b.count, weights, x.q[i*b.count:], b.count, de, b.count)

		b.scoresOf(&x.linearScratch, i, n)
		b.ks.pack(b.count, b.size, x.sums, 1, b.count, x.turned)
		ld := b.Heads * b.size
		if x.restful {
			b.pass.copy(n, b.size, dv, ld, x.rest, 0)
		}
		b.ks.tile(n, b.size, b.count, x.k[i*b.count:], b.count, 1, b.ks.packed(x.turned, b.count), dv, ld, x.restful)
		b.later(n, b.size, x.scores, g, b.wide, dv, ld)

		b.ks.tile(b.size+1, b.count, n, g, 1, b.wide, b.ks.rowMajor(x.q[i*b.count:], b.count), x.sums, b.count, true)
		if from+i > 0 && c[from+i-1] != c[from+i] {
			b.fall(x, exp2(c[from+i-1]-c[from+i]))
		}
		end = i
	}
	b.ahead(b.dk, pair, from-linearChunk, b.inner)
	b.featuresGrad(&x.linearScratch, b.dk, x.de, ks, b.k, b.back, pair, from, rows)
}

// fall makes the sums over later queries relative to an earlier c: they shrink
// to y of what they were, but for what Epsilon adds to keys.
func (b *linearAttentionBackward[T]) fall(x *linearBackScratch[T], y T) {
	for j := range x.rest {
		x.rest[j] += T((1-y)*T(b.Epsilon)) * b.ks.sum(x.sums[j*b.count:][:b.count])
	}
	x.restful = true
	b.ks.scale(x.sums, x.sums, y)
}
