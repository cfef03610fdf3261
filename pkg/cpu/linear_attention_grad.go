package cpu

import "hgbench/pkg/graph"

// linearAttentionGrad: with g_i = do_i/R_i, r_i = −do_i·o_i/R_i and the weights
// w_ij = Norm·exp(c_j − c_i) of j ≤ i,
//
//	dφ(q_i) = Σ_j w_ij (g_i·v_j + r_i) e(k_j) + Norm·ε (g_i·Σ_j v_j + (i+1) r_i)
//	de(k_j) = Σ_i w_ij (g_i·v_j + r_i) φ(q_i)
//	dv_j    = Σ_i w_ij (φ(q_i)·e(k_j)) g_i + Norm·ε Σ_i (Σ φ(q_i)) g_i
//
// The first is a pass over the chunks with the state of the forward pass, the
// others one from the last chunk back with the sums over later queries.
type linearAttentionBackward[T Float] struct {
	*linearAttention[T]
	do, dq, dk, dv []T
	g              []T // [B, L, D]
	rest           []T // r_i: [B, H, L]
}

func linearAttentionGrad[T Float](n *graph.Node, op graph.LinearAttentionGrad) kernel {
	f := newLinearAttention[T](graph.LinearAttention(op), n.Inputs[3], n.Inputs[5])
	rows := f.batch * f.length
	return kernel{
		workspace: int64(sizeOf[T]()) * int64(rows*(f.d+f.Heads)),
		scratch:   f.scratchBytes(),
		executed:  func() float64 { return f.executed(5, 3, 3) },
		bind: func(m *memory) []phase {
			b := &linearAttentionBackward[T]{linearAttention: f}
			b.do, f.o, f.r = in[T](m, 0), in[T](m, 1), in[T](m, 2)
			f.q, f.k, f.v = in[T](m, 3), in[T](m, 4), in[T](m, 5)
			if f.Scaled {
				f.c = in[T](m, 6)
			}
			memory := work[T](m, rows*(f.d+f.Heads))
			b.g, b.rest = memory[:rows*f.d], memory[rows*f.d:]
			wanted := func(i int) []T {
				if x := out[T](m, i); x != nil {
					return x
				}
				return make([]T, n.Outputs[i].Elements())
			}
			b.dq, b.dk, b.dv = wanted(0), wanted(1), wanted(2)
			return []phase{b.prepare(), {tiles: 2 * f.batch * f.Heads, run: func(w *worker, index int) {
				x := f.layout(&carve[T]{memory: scratch[T](w)})
				clear(x.state)
				clear(x.total)
				clear(x.values)
				if pair := index / 2; index%2 == 0 {
					f.chunks(func(from, rows int) { b.queries(&x, pair, from, rows) })
				} else {
					for from := (f.length - 1) / linearChunk * linearChunk; from >= 0; from -= linearChunk {
						b.keysAndValues(&x, pair, from, min(linearChunk, f.length-from))
					}
				}
			}}}
		},
	}
}

func (b *linearAttentionBackward[T]) prepare() phase {
	return rowwise(b.batch*b.length, func(_ *worker, lo, hi int) {
		for i := lo; i < hi; i++ {
			for h := range b.Heads {
				at, row := i*b.d+h*b.size, (i/b.length*b.Heads+h)*b.length+i%b.length
				b.ks.scale(b.g[at:][:b.size], b.do[at:][:b.size], 1/b.r[row])
				b.rest[row] = -b.ks.dot(b.do[at:][:b.size], b.o[at:][:b.size]) / b.r[row]
			}
		}
	})
}

// weights computes w_ij (g_i·v_j + r_i) of a chunk.
func (b *linearAttentionBackward[T]) weights(x *linearScratch[T], pair, from, rows int, scores []T) {
	b.ks.pack(b.size, rows, b.v[b.row(pair, from):], 1, b.d, x.packed)
	b.ks.tile(rows, rows, b.size, b.g[b.row(pair, from):], b.d, 1, b.ks.packed(x.packed, b.size), scores, linearChunk, false)
	for i := range rows {
		r := b.rest[pair*b.length+from+i]
		for j, y := range scores[i*linearChunk:][:i+1] {
			scores[i*linearChunk+j] = y + r
		}
	}
	b.weigh(pair, from, rows, scores)
}

// queries is dφ(q) of a chunk, times Norm: the gradient of e(q).
func (b *linearAttentionBackward[T]) queries(x *linearScratch[T], pair, from, rows int) {
	norm, epsilon := T(b.Norm), T(b.Epsilon)
	b.weights(x, pair, from, rows, x.scores)
	// Of earlier chunks: state·g + total·r.
	dst, ld := b.dq[b.features(pair, from):], b.m
	b.ks.pack(b.size, b.count, x.state, 1, b.size, x.turned)
	b.ks.tile(rows, b.count, b.size, b.g[b.row(pair, from):], b.d, 1, b.ks.packed(x.turned, b.size), dst, ld, false)
	for i := range rows {
		row := dst[i*ld:][:b.count]
		r, shrink := b.rest[pair*b.length+from+i], norm*b.between(pair, from-1, from+i)
		b.ks.axpy(row, x.total, r)
		b.ks.scale(row, row, shrink)
	}
	b.ks.tile(rows, b.count, rows, x.scores, linearChunk, 1, b.ks.rowMajor(b.k[b.features(pair, from):], b.m), dst, ld, true)
	for i := range rows {
		b.ks.add(x.values, x.values, b.v[b.row(pair, from+i):][:b.size])
		more := norm * epsilon * (b.ks.dot(b.g[b.row(pair, from+i):][:b.size], x.values) + T(b.rest[pair*b.length+from+i]*T(from+i+1)))
		for j, y := range dst[i*ld:][:b.count] {
			dst[i*ld+j] = norm * (y + more)
		}
	}
	b.advance(x, pair, from, rows)
}

// keysAndValues is de(k) and dv of a chunk. The state is that of later queries,
// relative to c at the end of the chunk.
func (b *linearAttentionBackward[T]) keysAndValues(x *linearScratch[T], pair, from, rows int) {
	norm, last := T(b.Norm), from+rows-1
	b.query(x, pair, from, rows)
	b.scoresOf(x, pair, from, rows)
	b.weights(x, pair, from, rows, x.other)
	for j := range rows {
		x.shrink[j] = norm * b.between(pair, from+j, last)
	}

	dk := b.dk[b.features(pair, from):]
	b.ks.pack(b.size, b.count, x.state, 1, b.size, x.turned)
	b.ks.tile(rows, b.count, b.size, b.v[b.row(pair, from):], b.d, 1, b.ks.packed(x.turned, b.size), dk, b.m, false)
	for j := range rows {
		row := dk[j*b.m:][:b.count]
		b.ks.add(row, row, x.total)
		b.ks.scale(row, row, x.shrink[j])
	}
	b.ks.tile(rows, b.count, rows, x.other, 1, linearChunk, b.ks.rowMajor(x.phi, b.count), dk, b.m, true)

	dv, g := b.dv[b.row(pair, from):], b.g[b.row(pair, from):]
	b.ks.tile(rows, b.size, b.count, b.k[b.features(pair, from):], b.m, 1, b.ks.rowMajor(x.state, b.size), dv, b.d, false)
	b.pass.scale(rows, b.size, dv, b.d, dv, b.d, x.shrink)
	b.ks.tile(rows, b.size, rows, x.scores, 1, linearChunk, b.ks.rowMajor(g, b.d), dv, b.d, true)
	for j := rows - 1; j >= 0; j-- {
		b.ks.axpy(x.values, g[j*b.d:][:b.size], x.sum[j])
		b.ks.axpy(dv[j*b.d:][:b.size], x.values, norm*T(b.Epsilon))
	}

	// The state goes back to c before the chunk, with its queries.
	if y := b.between(pair, from-1, last); y != 1 {
		b.ks.scale(x.state, x.state, y)
		b.ks.scale(x.total, x.total, y)
	}
	for i := range rows {
		row := x.phi[i*b.count:][:b.count]
		if y := b.between(pair, from-1, from+i); y != 1 {
			b.ks.scale(row, row, y)
		}
		b.ks.axpy(x.total, row, b.rest[pair*b.length+from+i])
	}
	b.ks.tile(b.count, b.size, rows, x.phi, 1, b.count, b.ks.rowMajor(g, b.d), x.state, b.size, true)
}
