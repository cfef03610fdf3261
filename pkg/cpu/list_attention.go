package cpu

import (
	"math"
	"slices"

	"hgbench/pkg/graph"
)

func order[T Float](n *graph.Node, op graph.Order) kernel {
	s := n.Inputs[0].Shape
	o := bucketOrder{length: s[3], rounds: s[2], buckets: op.Buckets, pairs: s[0] * s[1]}
	return kernel{workspace: 4 * int64(o.ints()), bind: func(m *memory) []phase {
		o.of = in[int32](m, 0)
		list := outInts(m, 0)
		o.layout(view[int32](m.workspace, o.ints()))
		n, entries := o.rounds*o.length, len(list)/o.pairs
		return []phase{o.sort(), {tiles: o.pairs, run: func(_ *worker, pair int) {
			to := list[pair*entries:][:entries]
			for i := copy(to, o.order[pair*n:][:n]); i < entries; i++ {
				to[i] = -1
			}
		}}}
	}}
}

// members sorts the positions of every mean by their products.
func members[T Float](n *graph.Node, op graph.Members) kernel {
	x, means := n.Inputs[0], n.Inputs[1]
	length, clusters, pairs := x.Shape[1], means.Shape[1], x.Shape[0]*op.Heads
	var similar []T // [pairs, clusters, L]
	var list, sorted []int32
	k := products(n, op.Heads, means.Shape[2], clusters, op.Heads, true, func(b, h, row int, x []T) {
		for c, y := range x {
			similar[((b*op.Heads+h)*clusters+c)*length+row] = y
		}
	})
	own := k.workspace
	k.workspace += int64(pairs*clusters*length) * int64(sizeOf[T]()+4)
	bind := k.bind
	k.bind = func(m *memory) []phase {
		list = outInts(m, 0)
		all := pairs * clusters * length
		similar = view[T](m.workspace[own:], all)
		sorted = view[int32](m.workspace[int(own)+all*sizeOf[T]():], all)
		return append(bind(m), phase{tiles: pairs * clusters, run: func(_ *worker, i int) {
			of, at := similar[i*length:][:length], sorted[i*length:][:length]
			for p := range at {
				at[p] = int32(p)
			}
			slices.SortStableFunc(at, func(a, b int32) int {
				switch {
				case of[a] > of[b]:
					return -1
				case of[a] < of[b]:
					return 1
				}
				return 0
			})
			chosen := list[i*op.Window:][:op.Window]
			copy(chosen, at)
			slices.Sort(chosen)
		}})
	}
	return k
}

// listShape is what both passes of attention in a list share. A task is a chunk.
type listShape[T Float] struct {
	graph.ListAttention
	ks                   *kernels[T]
	pass                 *attentionRows[T]
	length, d, size      int
	pairs, entries, keys int // keys of a chunk
	q, k, v              []T
	list                 []int32
}

func newListShape[T Float](op graph.ListAttention, q, list *graph.Value) *listShape[T] {
	s := &listShape[T]{
		ListAttention: op, ks: kernelsFor[T](), length: q.Shape[1], d: q.Cols(), size: q.Cols() / op.Heads,
		pairs: list.Shape[0] * list.Shape[1], entries: list.Shape[2], keys: op.Chunk,
	}
	s.pass = attentionRowsOf(s.ks)
	if op.Before {
		s.keys *= 2
	}
	return s
}

func (s *listShape[T]) executed(products float64) float64 {
	return products * 2 * float64(s.pairs*s.entries) * float64(s.keys*s.size)
}

// row is where the features of a position of a pair start; those of no position are
// any.
func (s *listShape[T]) row(pair int, position int32) int {
	position = max(position, 0)
	return (pair/s.Heads*s.length+int(position))*s.d + pair%s.Heads*s.size
}

// key is the entry of key j of a chunk.
func (s *listShape[T]) key(chunk, j int) int {
	from := chunk * s.Chunk
	if s.Before {
		from += s.entries - s.Chunk
	}
	return (from + j) % s.entries
}

// scratch of a chunk: queries [chunk, size], keys and values [keys, size], one of
// them packed, and two matrices [chunk, keys].
type listScratch[T Float] struct {
	q, other, key, value, packed, scores, grads []T
	high, sum, shift, zero                      []T
}

func (s *listShape[T]) layout(c *carve[T]) listScratch[T] {
	return listScratch[T]{
		q: c.next(s.Chunk * s.size), other: c.next(s.Chunk * s.size), key: c.next(s.keys * s.size), value: c.next(s.keys * s.size),
		packed: c.next(s.ks.packedSize(s.size, s.keys)), scores: c.next(s.Chunk * s.keys), grads: c.next(s.Chunk * s.keys),
		high: c.next(s.Chunk), sum: c.next(s.Chunk), shift: c.next(s.Chunk), zero: c.next(s.keys * s.size),
	}
}

// score gathers a chunk and computes its scores, in units of ln 2, with those that
// are not seen −Inf.
func (s *listShape[T]) score(x *listScratch[T], pair, chunk int) {
	list := s.list[pair*s.entries:][:s.entries]
	for j := range s.keys {
		at := s.row(pair, list[s.key(chunk, j)])
		copy(x.key[j*s.size:][:s.size], s.k[at:])
		copy(x.value[j*s.size:][:s.size], s.v[at:])
	}
	scale := T(s.Scale * math.Log2E)
	for i := range s.Chunk {
		s.ks.scale(x.q[i*s.size:][:s.size], s.q[s.row(pair, list[chunk*s.Chunk+i]):][:s.size], scale)
	}
	s.ks.pack(s.size, s.keys, x.key, 1, s.size, x.packed)
	s.ks.tile(s.Chunk, s.keys, s.size, x.q, s.size, 1, s.ks.packed(x.packed, s.size), x.scores, s.keys, false)
	hidden := T(math.Inf(-1))
	for i := range s.Chunk {
		own, others := list[chunk*s.Chunk+i], false
		row := x.scores[i*s.keys:][:s.keys]
		for j := range row {
			switch p := list[s.key(chunk, j)]; {
			case p > own || p < 0 && own >= 0:
				row[j] = hidden
			case p < own:
				others = true
			}
		}
		if s.Self {
			continue
		}
		for j := range row {
			if others && list[s.key(chunk, j)] == own {
				row[j] = hidden
			}
		}
	}
}

// alone is how many times an entry sees its own position if it sees no other, else
// 0.
func (s *listShape[T]) alone(pair, chunk, i int) (times int) {
	list := s.list[pair*s.entries:][:s.entries]
	own := list[chunk*s.Chunk+i]
	for j := range s.keys {
		switch p := list[s.key(chunk, j)]; {
		case 0 <= p && p < own || s.Self:
			return 0
		case p == own:
			times++
		}
	}
	return times
}

func listAttention[T Float](n *graph.Node, op graph.ListAttention) kernel {
	s := newListShape[T](op, n.Inputs[0], n.Inputs[3])
	c := carve[T]{}
	s.layout(&c)
	return kernel{scratch: int64(sizeOf[T]()) * int64(c.size), executed: func() float64 { return s.executed(2) }, bind: func(m *memory) []phase {
		s.q, s.k, s.v, s.list = in[T](m, 0), in[T](m, 1), in[T](m, 2), in[int32](m, 3)
		o, lse := out[T](m, 0), out[T](m, 1)
		chunks := s.entries / s.Chunk
		return []phase{{tiles: s.pairs * chunks, run: func(w *worker, index int) {
			x := s.layout(&carve[T]{memory: scratch[T](w)})
			pair, chunk := index/chunks, index%chunks
			s.score(&x, pair, chunk)
			fill(x.high, T(math.Inf(-1)))
			s.pass.softmax(s.Chunk, s.keys, x.scores, s.keys, x.high, x.shift, x.sum)
			at := pair*s.entries + chunk*s.Chunk
			rows := x.other
			if o != nil {
				rows = o[at*s.size:][:s.Chunk*s.size]
			}
			s.ks.tile(s.Chunk, s.size, s.keys, x.scores, s.keys, 1, s.ks.rowMajor(x.value, s.size), rows, s.size, false)
			for i := range s.Chunk {
				s.ks.scale(rows[i*s.size:][:s.size], rows[i*s.size:][:s.size], 1/x.sum[i])
				if lse != nil {
					lse[at+i] = T(x.high[i]*math.Ln2) + T(math.Log(float64(x.sum[i])))
					if times := s.alone(pair, chunk, i); times > 0 && s.Replace {
						lse[at+i] = T(s.Penalty + math.Log(float64(times)))
					} else if times > 0 {
						lse[at+i] += T(s.Penalty)
					}
				}
			}
		}}}
	}}
}

// listAttentionGrad writes the gradients of every entry, then adds those of each
// position in the order of the list.
func listAttentionGrad[T Float](n *graph.Node, op graph.ListAttentionGrad) kernel {
	s := newListShape[T](graph.ListAttention(op), n.Inputs[4], n.Inputs[3])
	c := carve[T]{}
	s.layout(&c)
	times := s.keys / s.Chunk // that an entry is a key
	each := s.pairs * s.entries * s.size
	return kernel{
		workspace: int64(sizeOf[T]()) * int64(each*(1+2*times)),
		scratch:   int64(sizeOf[T]()) * int64(c.size), executed: func() float64 { return s.executed(5) },
		bind: func(m *memory) []phase {
			do, o, lse := in[T](m, 0), in[T](m, 1), in[T](m, 2)
			s.list, s.q, s.k, s.v = in[int32](m, 3), in[T](m, 4), in[T](m, 5), in[T](m, 6)
			var dlse []T
			if len(n.Inputs) > 7 {
				dlse = in[T](m, 7)
			}
			memory := work[T](m, each*(1+2*times))
			dq, dk, dv := memory[:each], memory[each:each*(1+times)], memory[each*(1+times):]
			chunks := s.entries / s.Chunk
			grads := phase{tiles: s.pairs * chunks, run: func(w *worker, index int) {
				x := s.layout(&carve[T]{memory: scratch[T](w)})
				pair, chunk := index/chunks, index%chunks
				s.score(&x, pair, chunk)
				at := pair*s.entries + chunk*s.Chunk
				rows := do[at*s.size:][:s.Chunk*s.size]
				for i := range s.Chunk {
					x.shift[i] = s.ks.dot(rows[i*s.size:][:s.size], o[(at+i)*s.size:][:s.size])
					if dlse != nil {
						x.shift[i] -= dlse[at+i]
					}
					high := lse[at+i]
					if times := s.alone(pair, chunk, i); times > 0 { // as precise as without the penalty
						x.high[i] = s.ks.max(x.scores[i*s.keys:][:s.keys]) + T(math.Log2(float64(times)))
						continue
					}
					x.high[i] = high * math.Log2E
				}
				s.ks.pack(s.size, s.keys, x.value, 1, s.size, x.packed)
				s.ks.tile(s.Chunk, s.keys, s.size, rows, s.size, 1, s.ks.packed(x.packed, s.size), x.grads, s.keys, false)
				s.pass.gradient(s.Chunk, s.keys, x.scores, x.grads, s.keys, x.high, x.shift)
				at = index * s.keys * s.size
				s.ks.tile(s.keys, s.size, s.Chunk, x.scores, 1, s.keys, s.ks.rowMajor(rows, s.size), dv[at:], s.size, false)
				s.ks.tile(s.keys, s.size, s.Chunk, x.grads, 1, s.keys, s.ks.rowMajor(x.q, s.size), dk[at:], s.size, false)
				s.ks.tile(s.Chunk, s.size, s.keys, x.grads, s.keys, 1, s.ks.rowMajor(x.key, s.size), dq[index*s.Chunk*s.size:], s.size, false)
			}}
			return []phase{grads, {tiles: s.pairs, run: func(_ *worker, pair int) {
				list := s.list[pair*s.entries:][:s.entries]
				clearHead := func(dst []T) {
					for p := range s.length {
						clear(dst[s.row(pair, int32(p)):][:s.size])
					}
				}
				if to := out[T](m, 0); to != nil {
					clearHead(to)
					for e, p := range list {
						if p < 0 {
							continue
						}
						s.ks.axpy(to[s.row(pair, p):][:s.size], dq[(pair*s.entries+e)*s.size:][:s.size], T(s.Scale))
					}
				}
				for i, from := range [][]T{dk, dv} {
					to := out[T](m, 1+i)
					if to == nil {
						continue
					}
					clearHead(to)
					for chunk := range chunks {
						for j := range s.keys {
							if list[s.key(chunk, j)] < 0 {
								continue
							}
							src := from[((pair*chunks+chunk)*s.keys+j)*s.size:][:s.size]
							factor := T(1)
							if i == 0 {
								factor = math.Ln2
							}
							s.ks.axpy(to[s.row(pair, list[s.key(chunk, j)]):][:s.size], src, factor)
						}
					}
				}
			}}}
		},
	}
}
