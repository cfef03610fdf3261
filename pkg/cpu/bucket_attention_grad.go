package cpu

import (
	"math"

	"hgbench/pkg/graph"
)

// bucketBackward is the backward pass: the formulas are those of attentionGrad. In
// a round every position is in one bucket, whose task alone touches its gradients.
type bucketBackward[T Float] struct {
	*bucketShape[T]
	do, o, lse, delta []T
	dq, dk, dv        []T
	room              int

	// Of a round, in the order of slots: [pairs, L, size].
	key, keyGrad, valueGrad []T
	// Transposed in panels: [pairs, room, size].
	keyT, valueT []T
}

func bucketAttentionGrad[T Float](n *graph.Node, op graph.BucketAttentionGrad) kernel {
	g := &bucketBackward[T]{bucketShape: newBucketShape[T](graph.BucketAttention(op), n.Inputs[3])}
	g.room = roundUp(g.length, queryGroup) + queryGroup*g.Buckets
	c := carve[T]{}
	g.layout(&c)
	x := carve[T]{}
	g.scratchLayout(&x)
	floats := c.size
	return kernel{
		workspace: int64(sizeOf[T]())*int64(floats) + 4*int64(g.order.ints()),
		scratch:   int64(sizeOf[T]()) * int64(x.size),
		executed:  func() float64 { return g.most(5) },
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
			g.layout(&carve[T]{memory: work[T](m, floats)})
			g.order.layout(view[int32](m.workspace[floats*sizeOf[T]():], g.order.ints()))
			phases := []phase{together(g.order.sort(), g.prepare())}
			for r := range g.Rounds {
				phases = append(phases, g.each(r, func(w *worker, pair, bucket int, start int32, order []int32) {
					x := g.scratchLayout(&carve[T]{memory: scratch[T](w)})
					g.bucket(&x, pair, r, bucket, start, order)
				}))
			}
			return phases
		},
	}
}

func (g *bucketBackward[T]) layout(c *carve[T]) {
	g.delta = c.next(g.order.pairs * g.length)
	for _, x := range []*[]T{&g.key, &g.keyGrad, &g.valueGrad} {
		*x = c.next(g.order.pairs * g.length * g.size)
	}
	for _, x := range []*[]T{&g.keyT, &g.valueT} {
		*x = c.next(g.order.pairs * g.room * g.size)
	}
}

func (g *bucketBackward[T]) scratchLayout(c *carve[T]) backwardScratch[T] {
	return backwardScratch[T]{
		qu: c.next(queryTile * g.size), qv: c.next(queryGroup * g.size), do: c.next(queryTile * g.size),
		scores: c.next(queryTile*scoreRow + 2*scoreLead), grads: c.next(queryTile*scoreRow + 2*scoreLead),
		content: c.next(queryTile * g.size), lse: c.next(queryTile), delta: c.next(queryTile),
	}
}

// prepare computes delta, and clears what the rounds add to.
func (g *bucketBackward[T]) prepare() phase {
	return rowwise(g.batch*g.length, func(_ *worker, lo, hi int) {
		for i := lo; i < hi; i++ {
			for h := range g.Heads {
				at := i*g.d + h*g.size
				g.delta[(i/g.length*g.Heads+h)*g.length+i%g.length] = g.ks.dot(g.do[at:][:g.size], g.o[at:][:g.size])
			}
		}
		for _, d := range [][]T{g.dq, g.dk, g.dv} {
			clear(d[lo*g.d : hi*g.d])
		}
	})
}

func (g *bucketBackward[T]) bucket(x *backwardScratch[T], pair, r, bucket int, start int32, order []int32) {
	rows := func(all []T) []T { return all[(pair*g.length+int(start))*g.size:][:len(order)*g.size] }
	key, keyGrad, valueGrad := rows(g.key), rows(g.keyGrad), rows(g.valueGrad)
	at := (pair*g.room + packedAt(bucket, start)) * g.size
	g.gather(key, g.k, pair, order)
	packRows(g.bucketShape, x.qv, g.k, pair, order, g.keyT[at:])
	packRows(g.bucketShape, x.qv, g.v, pair, order, g.valueT[at:])
	clear(keyGrad)
	clear(valueGrad)
	for i := 0; i < len(order); i += queryTile {
		g.tile(x, pair, r, order, i, at, key, keyGrad, valueGrad)
	}
	for i, p := range order {
		to := g.row(pair, p)
		g.ks.axpy(g.dk[to:][:g.size], keyGrad[i*g.size:][:g.size], math.Ln2) // the queries were scaled by log₂ e
		dv := g.dv[to:][:g.size]
		g.ks.add(dv, dv, valueGrad[i*g.size:][:g.size])
	}
}

func (g *bucketBackward[T]) tile(x *backwardScratch[T], pair, r int, order []int32, i, at int, key, keyGrad, valueGrad []T) {
	rows := min(queryTile, len(order)-i)
	scale := T(g.Scale * math.Log2E)
	for row, p := range order[i : i+rows] {
		from := g.row(pair, p)
		g.ks.scale(x.qu[row*g.size:][:g.size], g.q[from:][:g.size], scale)
		copy(x.do[row*g.size:][:g.size], g.do[from:])
		x.lse[row], x.delta[row] = g.lse[pair*g.length+int(p)]*math.Log2E, g.delta[pair*g.length+int(p)]
	}
	keyT, valueT := g.ks.packed(g.keyT[at:], g.size), g.ks.packed(g.valueT[at:], g.size)
	qu, do := g.ks.rowMajor(x.qu, g.size), g.ks.rowMajor(x.do, g.size)
	scores, grads := x.scores[scoreLead:], x.grads[scoreLead:]
	lo, hi := g.queryKeys(i, rows)
	for j := lo; j < hi; j += keyTile {
		keys := min(keyTile, hi-j)
		g.ks.tile(rows, keys, g.size, x.qu, g.size, 1, keyT.from(0, j/g.ks.cols), scores, scoreRow, false)
		g.hide(scores, pair, r, order, i, j, rows, keys)
		g.ks.tile(rows, keys, g.size, x.do, g.size, 1, valueT.from(0, j/g.ks.cols), grads, scoreRow, false)
		g.pass.gradient(rows, keys, scores, grads, scoreRow, x.lse, x.delta)
		g.ks.tile(keys, g.size, rows, scores, 1, scoreRow, do, valueGrad[j*g.size:], g.size, true)
		g.ks.tile(keys, g.size, rows, grads, 1, scoreRow, qu, keyGrad[j*g.size:], g.size, true)
		g.ks.tile(rows, g.size, keys, grads, scoreRow, 1, g.ks.rowMajor(key[j*g.size:], g.size), x.content, g.size, j > lo)
	}
	for row, p := range order[i : i+rows] {
		g.ks.axpy(g.dq[g.row(pair, p):][:g.size], x.content[row*g.size:][:g.size], T(g.Scale))
	}
}
