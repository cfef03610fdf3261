package cpu

import (
	"math"

	"hgbench/pkg/graph"
)

// bucketBackward is the backward pass: the formulas are those of attentionGrad. In
// a round every position is in one bucket, whose task alone touches its gradients.
type bucketBackward[T Float] struct {
	*bucketShape[T]
	do, o, lse []T
	delta      []T // [pairs, L]
	dq, dk, dv []T
}

// bucketBackwardScratch is the memory of a thread.
type bucketBackwardScratch[T Float] struct {
	backwardScratch[T]
	few                     []T // rows that are packed
	key, keyGrad, valueGrad []T // in the order of the bucket: [room, size]
	keyT, valueT            []T // transposed in panels: [room, size]
	one, scale, ln2         []T // factors of rows: [room]
}

func bucketAttentionGrad[T Float](n *graph.Node, op graph.BucketAttentionGrad) kernel {
	g := &bucketBackward[T]{bucketShape: newBucketShape[T](graph.BucketAttention(op), n.Inputs[3])}
	c := carve[T]{}
	g.scratchLayout(&c)
	deltas := g.order.pairs * g.length
	return kernel{
		workspace: int64(sizeOf[T]())*int64(deltas) + 4*int64(g.order.ints()),
		scratch:   g.scratchBytes(c.size),
		executed:  func() float64 { return g.most(5) },
		counted:   g.count(5),
		bind: func(m *memory) []phase {
			g.do, g.o, g.lse = in[T](m, 0), in[T](m, 1), in[T](m, 2)
			g.q, g.k, g.v, g.order.of = in[T](m, 3), in[T](m, 4), in[T](m, 5), in[int32](m, 6)
			wanted := func(i int) []T {
				if x := out[T](m, i); x != nil {
					return x
				}
				return make([]T, n.Outputs[i].Elements())
			}
			g.dq, g.dk, g.dv = wanted(0), wanted(1), wanted(2)
			g.delta = work[T](m, deltas)
			g.order.layout(view[int32](m.workspace[deltas*sizeOf[T]():], g.order.ints()))
			phases := []phase{together(g.order.sort(), g.prepare())}
			for r := range g.Rounds {
				phases = append(phases, g.each(r, c.size, g.bucket))
			}
			return phases
		},
	}
}

func (g *bucketBackward[T]) scratchLayout(c *carve[T]) bucketBackwardScratch[T] {
	rows := g.room * g.size
	return bucketBackwardScratch[T]{
		backwardScratch: backwardScratch[T]{
			qu: c.next(queryTile * g.size), do: c.next(queryTile * g.size),
			scores: c.next(queryTile*scoreRow + 2*scoreLead), grads: c.next(queryTile*scoreRow + 2*scoreLead),
			content: c.next(queryTile * g.size), lse: c.next(queryTile), delta: c.next(queryTile),
		},
		few: c.next(queryGroup * g.size),
		key: c.next(rows), keyGrad: c.next(rows), valueGrad: c.next(rows), keyT: c.next(rows), valueT: c.next(rows),
		one: c.next(g.room), scale: c.next(g.room), ln2: c.next(g.room),
	}
}

// prepare computes delta.
func (g *bucketBackward[T]) prepare() phase {
	return rowwise(g.batch*g.length, func(_ *worker, lo, hi int) {
		for i := lo; i < hi; i++ {
			for h := range g.Heads {
				at := i*g.d + h*g.size
				g.delta[(i/g.length*g.Heads+h)*g.length+i%g.length] = g.ks.dot(g.do[at:][:g.size], g.o[at:][:g.size])
			}
		}
	})
}

func (g *bucketBackward[T]) bucket(memory []T, b *bucket[T]) {
	x := g.scratchLayout(&carve[T]{memory: memory})
	n := len(b.order)
	g.gather(x.key, g.k, b.pair, b.order, 1)
	g.ks.pack(g.size, roundUp(n, g.ks.square), x.key, 1, g.size, x.keyT) // to whole squares, of which the last rows are not read
	g.packRows(x.few, g.v, b.pair, b.order, x.valueT)
	b.foresee(g.bucketShape, g.k, g.v, g.q, g.do, g.dq, g.dk, g.dv)
	clear(x.keyGrad[:n*g.size])
	clear(x.valueGrad[:n*g.size])
	fill(x.one[:n], 1)
	fill(x.scale[:n], T(g.Scale))
	fill(x.ln2[:n], math.Ln2)
	for i := 0; i < n; i += queryTile {
		g.tile(&x, b, i)
	}
	g.put(g.dk, b, b.order, x.keyGrad, x.ln2) // the queries were scaled by log₂ e
	g.put(g.dv, b, b.order, x.valueGrad, x.one)
}

// put writes rows times a factor in the first round, and adds them in the others.
func (g *bucketBackward[T]) put(dst []T, b *bucket[T], order []int32, rows, factor []T) {
	dst = g.head(dst, b.pair)
	if b.round == 0 {
		g.pass.scatter(len(order), g.size, dst, g.d, order, rows, g.size, factor)
		return
	}
	g.pass.scatterAdd(len(order), g.size, dst, g.d, order, rows, g.size, factor[0])
}

func (g *bucketBackward[T]) tile(x *bucketBackwardScratch[T], b *bucket[T], i int) {
	order := b.order[i:min(i+queryTile, len(b.order))]
	g.gather(x.qu, g.q, b.pair, order, T(g.Scale*math.Log2E))
	g.gather(x.do, g.do, b.pair, order, 1)
	lse, delta := g.lse[b.pair*g.length:], g.delta[b.pair*g.length:]
	for row, p := range order {
		x.lse[row], x.delta[row] = lse[p]*math.Log2E, delta[p]
	}
	keyT, valueT, key := g.ks.packed(x.keyT, g.size), g.ks.packed(x.valueT, g.size), g.ks.rowMajor(x.key, g.size)
	lo, hi := b.keysSeen(i)
	lo &^= queryGroup - 1
	pairs := 0
	for j := lo; j < hi; j += keyTile {
		var buffer stripBuffer
		strips := b.strips(i, j, min(keyTile, b.KCount-j), &buffer)
		for _, s := range strips {
			at, keys := s.row*scoreRow+scoreLead+s.lo, s.hi-s.lo
			pairs += s.rows * keys
			qu, do := x.qu[s.row*g.size:], x.do[s.row*g.size:]
			g.ks.product(&b.ahead, s.rows, keys, g.size, qu, g.size, 1, keyT, j+s.lo, x.scores[at:], scoreRow, false)
			g.hide(x.scores, b, i, j, s)
			g.ks.product(&b.ahead, s.rows, keys, g.size, do, g.size, 1, valueT, j+s.lo, x.grads[at:], scoreRow, false)
			g.pass.gradient(s.rows, keys, x.scores[at:], x.grads[at:], scoreRow, x.lse[s.row:], x.delta[s.row:])
			// All rows see keys of the first tile of keys: it is wider than their window moves.
			g.ks.product(&b.ahead, s.rows, g.size, keys, x.grads[at:], scoreRow, 1, key.from(j+s.lo, 0), 0, x.content[s.row*g.size:], g.size, j > lo)
		}
		x.keyGradients(&b.ahead, g.ks, g.size, strips, x.keyGrad[j*g.size:], x.valueGrad[j*g.size:])
	}
	g.counted.add(pairs)
	g.put(g.dq, b, order, x.content, x.scale)
}
