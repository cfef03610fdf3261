package cpu

import (
	"math"

	"hgbench/pkg/graph"
)

// bucketShape is what both passes of attention inside buckets share. A bucket is a
// sequence of its own: its queries are cut into tiles, and its keys packed, from
// its own start, so that no bit of a row depends on positions after it. Those that
// other rounds have shown already are hidden.
type bucketShape[T Float] struct {
	graph.BucketAttention
	ks                     *kernels[T]
	pass                   *attentionRows[T]
	hidden                 []T
	batch, length, d, size int
	order                  bucketOrder
	q, k, v                []T
}

func newBucketShape[T Float](op graph.BucketAttention, q *graph.Value) *bucketShape[T] {
	s := &bucketShape[T]{
		BucketAttention: op, ks: kernelsFor[T](), hidden: make([]T, keyTile),
		batch: q.Shape[0], length: q.Shape[1], d: q.Cols(), size: q.Cols() / op.Heads,
	}
	s.pass = attentionRowsOf(s.ks)
	fill(s.hidden, T(math.Inf(-1)))
	s.order = bucketOrder{length: s.length, rounds: op.Rounds, buckets: op.Buckets, pairs: s.batch * op.Heads, window: op.Window}
	return s
}

// most FLOPs of so many products of all queries and the keys they see, if buckets
// are as full as they can be.
func (s *bucketShape[T]) most(products float64) float64 {
	keys := float64(min(s.length, roundUp(s.Window+queryTile, queryTile)))
	return products * 2 * float64(s.batch*s.length*s.Rounds) * float64(s.d) * keys
}

// row is where the features of a position of a pair start.
func (s *bucketShape[T]) row(pair int, position int32) int {
	return (pair/s.Heads*s.length+int(position))*s.d + pair%s.Heads*s.size
}

// gather copies rows.
func (s *bucketShape[T]) gather(dst, x []T, pair int, order []int32) {
	for i, p := range order {
		copy(dst[i*s.size:][:s.size], x[s.row(pair, p):])
	}
}

// queryKeys is the range of keys, counted from the start of the bucket, that the
// rows of the tile from i on see.
func (s *bucketShape[T]) queryKeys(i, rows int) (lo, hi int) {
	return max(0, i-s.Window+1) &^ (queryGroup - 1), i + rows
}

// hide makes the scores that are not seen −Inf: those of rows from i on and of
// keys from j on, both counted from the start of the bucket.
func (s *bucketShape[T]) hide(scores []T, pair, r int, order []int32, i, j, rows, keys int) {
	if i-j+1 < keys {
		s.pass.hide(rows, keys, scores, scoreRow, i-j+1)
	}
	for row := max(0, s.Window-i+j); row < rows; row++ {
		copy(scores[row*scoreRow:][:min(i+row-j-s.Window+1, keys)], s.hidden)
	}
	for earlier := range r {
		round := s.order.round(pair, earlier)
		for row := range rows {
			query := order[i+row]
			first := round.first(query)
			span := uint32(round.slot[query] - first)
			visible := scores[row*scoreRow:][:min(i+row-j+1, keys)]
			for c := max(0, i+row-j-s.Window+1); c < len(visible); c++ {
				if uint32(round.slot[order[j+c]]-first) <= span {
					visible[c] = T(math.Inf(-1))
				}
			}
		}
	}
	if r == 0 && !s.Self {
		for row := range rows {
			if c := i + row - j; c < keys && c >= 0 && s.seesOther(pair, order[i+row]) {
				scores[row*scoreRow+c] = T(math.Inf(-1))
			}
		}
	}
}

// seesOther says whether a position sees one that is not its own.
func (s *bucketShape[T]) seesOther(pair int, position int32) bool {
	for r := range s.Rounds {
		round := s.order.round(pair, r)
		if round.first(position) < round.slot[position] {
			return true
		}
	}
	return false
}

// bucketForward is the forward pass.
type bucketForward[T Float] struct {
	*bucketShape[T]
	o, lse []T
	value  []T // of a round, in the order of slots: [pairs, L, size]
	keyT   []T // of a round, transposed in panels: [pairs, room, size]
	room   int
}

func bucketAttention[T Float](n *graph.Node, op graph.BucketAttention) kernel {
	f := &bucketForward[T]{bucketShape: newBucketShape[T](op, n.Inputs[0])}
	f.room = roundUp(f.length, queryGroup) + queryGroup*f.Buckets
	c := carve[T]{}
	f.layout(&c)
	x := carve[T]{}
	f.scratchLayout(&x)
	floats := c.size
	return kernel{
		workspace: int64(sizeOf[T]())*int64(floats) + 4*int64(f.order.ints()),
		scratch:   int64(sizeOf[T]()) * int64(x.size),
		executed:  func() float64 { return f.most(2) },
		bind: func(m *memory) []phase {
			f.q, f.k, f.v, f.order.of = in[T](m, 0), in[T](m, 1), in[T](m, 2), in[int32](m, 3)
			if f.o, f.lse = out[T](m, 0), out[T](m, 1); f.o == nil {
				f.o = make([]T, n.Outputs[0].Elements())
			}
			if f.lse == nil {
				f.lse = make([]T, n.Outputs[1].Elements())
			}
			f.layout(&carve[T]{memory: work[T](m, floats)})
			f.order.layout(view[int32](m.workspace[floats*sizeOf[T]():], f.order.ints()))
			phases := []phase{f.order.sort()}
			for r := range f.Rounds {
				phases = append(phases, f.pack(r), f.attend(r))
			}
			return phases
		},
	}
}

func (f *bucketForward[T]) layout(c *carve[T]) {
	f.value = c.next(f.order.pairs * f.length * f.size)
	f.keyT = c.next(f.order.pairs * f.room * f.size)
}

func (f *bucketForward[T]) scratchLayout(c *carve[T]) forwardScratch[T] {
	return forwardScratch[T]{
		qu: c.next(queryTile * f.size), scores: c.next(queryTile*scoreRow + 2*scoreLead), o: c.next(queryTile * f.size),
		high: c.next(queryTile), sum: c.next(queryTile), factor: c.next(queryTile), total: c.next(queryTile), unit: c.next(2),
		qv: c.next(queryGroup * f.size),
	}
}

// packedAt is where the keys of a bucket are packed, in a room of length +
// queryGroup·buckets keys: each starts at a multiple of queryGroup.
func packedAt(bucket int, start int32) int { return int(start)&^(queryGroup-1) + queryGroup*bucket }

// each runs buckets that have positions.
func (s *bucketShape[T]) each(r int, run func(w *worker, pair, bucket int, start int32, order []int32)) phase {
	return phase{tiles: s.order.pairs * s.Buckets, run: func(w *worker, index int) {
		pair, bucket := index/s.Buckets, index%s.Buckets
		round := s.order.round(pair, r)
		if start, end := round.start[bucket], round.start[bucket+1]; start < end {
			run(w, pair, bucket, start, round.order[start:end])
		}
	}}
}

func (f *bucketForward[T]) pack(r int) phase {
	return f.each(r, func(w *worker, pair, bucket int, start int32, order []int32) {
		x := f.scratchLayout(&carve[T]{memory: scratch[T](w)})
		f.gather(f.value[(pair*f.length+int(start))*f.size:], f.v, pair, order)
		packRows(f.bucketShape, x.qv, f.k, pair, order, f.keyT[(pair*f.room+packedAt(bucket, start))*f.size:])
	})
}

// packRows packs rows of one head, transposed, a few at a time.
func packRows[T Float](s *bucketShape[T], few, x []T, pair int, order []int32, dst []T) {
	for i := 0; i < len(order); i += queryGroup {
		n := min(queryGroup, len(order)-i)
		s.gather(few, x, pair, order[i:i+n])
		s.ks.pack(s.size, n, few, 1, s.size, dst[i*s.size:])
	}
}

func (f *bucketForward[T]) attend(r int) phase {
	return f.each(r, func(w *worker, pair, bucket int, start int32, order []int32) {
		x := f.scratchLayout(&carve[T]{memory: scratch[T](w)})
		keyT := f.ks.packed(f.keyT[(pair*f.room+packedAt(bucket, start))*f.size:], f.size)
		value := f.ks.rowMajor(f.value[(pair*f.length+int(start))*f.size:], f.size)
		for i := 0; i < len(order); i += queryTile {
			f.tile(&x, pair, r, order, i, keyT, value)
		}
	})
}

// tile adds what a tile of queries sees in a round to its rows.
func (f *bucketForward[T]) tile(x *forwardScratch[T], pair, r int, order []int32, i int, keyT, value panels[T]) {
	rows := min(queryTile, len(order)-i)
	f.load(x, pair, r, order[i:i+rows])
	lo, hi := f.queryKeys(i, rows)
	for j := lo; j < hi; j += keyTile {
		keys := min(keyTile, hi-j)
		scores := x.scores[scoreLead:]
		f.ks.tile(rows, keys, f.size, x.qu, f.size, 1, keyT.from(0, j/f.ks.cols), scores, scoreRow, false)
		f.hide(scores, pair, r, order, i, j, rows, keys)
		f.pass.softmax(rows, keys, scores, scoreRow, x.high, x.factor, x.total)
		f.pass.exp(1, rows, x.factor, rows, x.unit, x.unit[1:])
		for row, y := range x.factor[:rows] {
			x.sum[row] = T(x.sum[row]*y) + x.total[row]
		}
		f.pass.scale(rows, f.size, x.o, f.size, x.o, f.size, x.factor)
		f.ks.tile(rows, f.size, keys, scores, scoreRow, 1, value.from(j, 0), x.o, f.size, true)
	}
	for row, sum := range x.sum[:rows] {
		p := order[i+row]
		f.lse[pair*f.length+int(p)] = T(x.high[row]*math.Ln2) + T(math.Log(float64(sum)))
		x.factor[row] = 0
		if sum > 0 {
			x.factor[row] = 1 / sum
		}
		f.ks.scale(f.o[f.row(pair, p):][:f.size], x.o[row*f.size:][:f.size], x.factor[row])
	}
}

// load starts the running softmax of a tile, from the rounds before.
func (f *bucketForward[T]) load(x *forwardScratch[T], pair, r int, order []int32) {
	x.unit[0] = 0
	scale := T(f.Scale * math.Log2E)
	for row, p := range order {
		at := f.row(pair, p)
		f.ks.scale(x.qu[row*f.size:][:f.size], f.q[at:][:f.size], scale)
		o := x.o[row*f.size:][:f.size]
		if r == 0 {
			clear(o)
			x.high[row], x.sum[row] = T(math.Inf(-1)), 0
			continue
		}
		copy(o, f.o[at:])
		x.high[row], x.sum[row] = f.lse[pair*f.length+int(p)]*math.Log2E, 1
		if x.high[row] == T(math.Inf(-1)) {
			x.sum[row] = 0
		}
	}
}
