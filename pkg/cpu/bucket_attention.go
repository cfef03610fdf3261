package cpu

import (
	"math"

	"hgbench/pkg/graph"
)

// bucketShape is what both passes of attention inside buckets share. A bucket is a
// sequence of its own, with the causal window of a part: its queries are cut into
// tiles, and its keys packed, from its own start, so that no bit of a row depends on
// positions after it. Pairs that other rounds have shown already are hidden.
//
// A task is a bucket. What it gathers stays in the memory of its thread, which has
// room for a bucket of all positions.
type bucketShape[T Float] struct {
	graph.BucketAttention
	ks                     *kernels[T]
	pass                   *attentionRows[T]
	hidden                 []T
	batch, length, d, size int
	room                   int // positions of the largest bucket, whole panels
	order                  bucketOrder
	q, k, v                []T
	counted                workCount
}

func newBucketShape[T Float](op graph.BucketAttention, q *graph.Value) *bucketShape[T] {
	s := &bucketShape[T]{
		BucketAttention: op, ks: kernelsFor[T](), hidden: make([]T, keyTile),
		batch: q.Shape[0], length: q.Shape[1], d: q.Cols(), size: q.Cols() / op.Heads,
	}
	s.room = roundUp(s.length, queryGroup)
	s.pass = attentionRowsOf(s.ks)
	fill(s.hidden, T(math.Inf(-1)))
	s.order = bucketOrder{length: s.length, rounds: op.Rounds, buckets: op.Buckets, pairs: s.batch * op.Heads, window: op.Window}
	return s
}

// most FLOPs of so many products of all queries and the keys they see, if buckets
// are as full as they can be.
func (s *bucketShape[T]) most(products float64) float64 {
	keys := float64(min(s.room, s.Window+2*fewQueries))
	return products * 2 * float64(s.batch*s.length*s.Rounds) * float64(s.d) * keys
}

// count counts the pairs that are computed, of so many products.
func (s *bucketShape[T]) count(products float64) *workCount {
	s.counted.perPair = products * 2 * float64(s.size)
	return &s.counted
}

// head is where the rows of a pair start, d elements apart.
func (s *bucketShape[T]) head(x []T, pair int) []T {
	return x[pair/s.Heads*s.length*s.d+pair%s.Heads*s.size:]
}

// gather copies rows of a pair, times a.
func (s *bucketShape[T]) gather(dst, x []T, pair int, order []int32, a T) {
	s.pass.gather(len(order), s.size, dst, s.size, s.head(x, pair), s.d, order, a)
}

// bucket is one that has positions, and what a task goes through them with.
type bucket[T Float] struct {
	attentionPart         // all of it
	pair, round   int     // of the head, of the hashes
	order         []int32 // positions
	slot, first   []int32 // in the rounds before, their slots and the first that they see: [round, n]
	next          []int32 // positions of the bucket after it
	ahead         fetcher[T]
}

// foresee has rows of the next bucket fetched.
func (b *bucket[T]) foresee(s *bucketShape[T], of ...[]T) {
	for _, x := range of {
		b.ahead.want(len(b.next), s.size, s.head(x, b.pair), s.d, b.next)
	}
}

// each runs the buckets of a round. floats is what scratch memory starts with.
func (s *bucketShape[T]) each(r, floats int, run func(memory []T, b *bucket[T])) phase {
	each := max(1, min(unitsOfTask, s.order.pairs*s.Buckets/fewTasks))
	tasks := ceil(s.Buckets, each)
	return phase{tiles: s.order.pairs * tasks, run: func(w *worker, index int) {
		pair, number := index/tasks, index%tasks*each
		round := s.order.round(pair, r)
		last := min(number+each, s.Buckets)
		b := &bucket[T]{pair: pair, round: r, ahead: fetcher[T]{pass: s.pass}}
		b.group = fewQueries
		for ; number < last; number++ {
			b.order, b.next = round.order[round.start[number]:round.start[number+1]], nil
			if number+1 < last {
				b.next = round.order[round.start[number+1]:round.start[number+2]]
			}
			n := len(b.order)
			if n == 0 {
				continue
			}
			b.Part = graph.Part{QStep: 1, QCount: n, KStep: 1, KCount: n, Window: s.Window}
			ints := view[int32](w.scratch[floats*sizeOf[T]():], 2*r*n)
			b.slot, b.first = ints[:r*n], ints[r*n:]
			for earlier := range r {
				round := s.order.round(pair, earlier)
				for i, p := range b.order {
					b.slot[earlier*n+i], b.first[earlier*n+i] = round.slot[p], round.first(p)
				}
			}
			run(scratch[T](w), b)
		}
	}}
}

// scratchBytes is the memory of a thread.
func (s *bucketShape[T]) scratchBytes(floats int) int64 {
	return int64(sizeOf[T]()*floats + 4*2*(s.Rounds-1)*s.length)
}

// hide makes the scores of a strip that are not seen −Inf: those of rows from i on
// and of keys from j on, both counted from the start of the bucket.
func (s *bucketShape[T]) hide(scores []T, b *bucket[T], i, j int, at strip) {
	hide(s.pass, s.hidden, scores, &b.attentionPart, i, j, at)
	if b.round == 0 && s.Self {
		return
	}
	keys := at.hi - at.lo
	for row := at.row; row < at.row+at.rows; row++ {
		scores := scores[row*scoreRow+scoreLead+at.lo:][:keys]
		for from := 0; from < len(b.slot); from += len(b.order) {
			query := from + i + row
			s.pass.hideSpan(scores, b.slot[from+j+at.lo:][:keys], b.first[query], b.slot[query])
		}
		if own := i + row - j - at.lo; b.round == 0 && !s.Self && 0 <= own && own < keys && s.seesOther(b, i+row) {
			scores[own] = T(math.Inf(-1))
		}
	}
}

// seesOther says whether position i of a bucket sees one that is not its own.
func (s *bucketShape[T]) seesOther(b *bucket[T], i int) bool {
	if i > 0 && s.Window > 1 {
		return true
	}
	position := b.order[i]
	for r := range s.Rounds {
		round := s.order.round(b.pair, r)
		if round.first(position) < round.slot[position] {
			return true
		}
	}
	return false
}

// bucketForward is the forward pass. Between rounds o is not yet divided by the sum
// of the weights, and lse is their largest logarithm, to base 2.
type bucketForward[T Float] struct {
	*bucketShape[T]
	o, lse []T
	sum    []T // [pairs, L]
}

// bucketForwardScratch is the memory of a thread.
type bucketForwardScratch[T Float] struct {
	forwardScratch[T]
	few   []T // rows that are packed
	value []T // in the order of the bucket: [room, size]
	keyT  []T // transposed in panels: [room, size]
}

func bucketAttention[T Float](n *graph.Node, op graph.BucketAttention) kernel {
	f := &bucketForward[T]{bucketShape: newBucketShape[T](op, n.Inputs[0])}
	c := carve[T]{}
	f.scratchLayout(&c)
	sums := f.order.pairs * f.length
	return kernel{
		workspace: int64(sizeOf[T]())*int64(sums) + 4*int64(f.order.ints()),
		scratch:   f.scratchBytes(c.size),
		executed:  func() float64 { return f.most(2) },
		counted:   f.count(2),
		bind: func(m *memory) []phase {
			f.q, f.k, f.v, f.order.of = in[T](m, 0), in[T](m, 1), in[T](m, 2), in[int32](m, 3)
			if f.o, f.lse = out[T](m, 0), out[T](m, 1); f.o == nil {
				f.o = make([]T, n.Outputs[0].Elements())
			}
			if f.lse == nil {
				f.lse = make([]T, n.Outputs[1].Elements())
			}
			f.sum = work[T](m, sums)
			f.order.layout(view[int32](m.workspace[sums*sizeOf[T]():], f.order.ints()))
			phases := []phase{f.order.sort()}
			for r := range f.Rounds {
				phases = append(phases, f.each(r, c.size, f.attend))
			}
			return phases
		},
	}
}

func (f *bucketForward[T]) scratchLayout(c *carve[T]) bucketForwardScratch[T] {
	return bucketForwardScratch[T]{
		forwardScratch: forwardScratch[T]{
			qu: c.next(queryTile * f.size), scores: c.next(queryTile*scoreRow + 2*scoreLead), o: c.next(queryTile * f.size),
			high: c.next(queryTile), sum: c.next(queryTile), factor: c.next(queryTile), total: c.next(queryTile), unit: c.next(2),
		},
		few: c.next(queryGroup * f.size), value: c.next(f.room * f.size), keyT: c.next(f.room * f.size),
	}
}

// packRows packs rows of a pair, transposed, a few at a time. What it packs beyond
// them to have whole squares is not read.
func (s *bucketShape[T]) packRows(few, x []T, pair int, order []int32, dst []T) {
	for i := 0; i < len(order); i += queryGroup {
		n := min(queryGroup, len(order)-i)
		s.gather(few, x, pair, order[i:i+n], 1)
		s.ks.pack(s.size, roundUp(n, s.ks.square), few, 1, s.size, dst[i*s.size:])
	}
}

func (f *bucketForward[T]) attend(memory []T, b *bucket[T]) {
	x := f.scratchLayout(&carve[T]{memory: memory})
	f.packRows(x.few, f.k, b.pair, b.order, x.keyT)
	f.gather(x.value, f.v, b.pair, b.order, 1)
	b.foresee(f.bucketShape, f.k, f.v, f.q, f.o)
	for i := 0; i < b.QCount; i += queryTile {
		f.tile(&x, b, i)
	}
}

// tile adds what a tile of queries sees in a round to its rows.
func (f *bucketForward[T]) tile(x *bucketForwardScratch[T], b *bucket[T], i int) {
	order := b.order[i:min(i+queryTile, len(b.order))]
	f.gather(x.qu, f.q, b.pair, order, T(f.Scale*math.Log2E))
	f.load(x, b, order)
	keyT, value := f.ks.packed(x.keyT, f.size), f.ks.rowMajor(x.value, f.size)
	lo, hi := b.keysSeen(i)
	pairs := 0
	for j := lo &^ (queryGroup - 1); j < hi; j += keyTile {
		var buffer stripBuffer
		for _, s := range b.strips(i, j, min(keyTile, b.KCount-j), &buffer) {
			pairs += s.rows * (s.hi - s.lo)
			scores, keys := x.scores[s.row*scoreRow+scoreLead+s.lo:], s.hi-s.lo
			f.ks.product(&b.ahead, s.rows, keys, f.size, x.qu[s.row*f.size:], f.size, 1, keyT, j+s.lo, scores, scoreRow, false)
			f.hide(x.scores, b, i, j, s)
			fresh := x.weights(f.pass, f.size, s)
			f.ks.product(&b.ahead, s.rows, f.size, keys, scores, scoreRow, 1, value.from(j+s.lo, 0), 0, x.o[s.row*f.size:], f.size, !fresh)
		}
	}
	f.counted.add(pairs)
	f.store(x, b, order)
}

// load starts the running softmax of a tile, from the rounds before.
func (f *bucketForward[T]) load(x *bucketForwardScratch[T], b *bucket[T], order []int32) {
	x.unit[0] = 0
	for group := range x.fresh {
		x.fresh[group] = b.round == 0
	}
	if b.round == 0 {
		fill(x.high, T(math.Inf(-1)))
		clear(x.sum)
		return
	}
	f.gather(x.o, f.o, b.pair, order, 1)
	high, sum := f.lse[b.pair*f.length:], f.sum[b.pair*f.length:]
	for row, p := range order {
		x.high[row], x.sum[row] = high[p], sum[p]
	}
}

// store writes the rows of a tile, divided by their sums after the last round.
func (f *bucketForward[T]) store(x *bucketForwardScratch[T], b *bucket[T], order []int32) {
	x.clearFresh(f.size, 0, len(order))
	lse, sums := f.lse[b.pair*f.length:], f.sum[b.pair*f.length:]
	for row, p := range order {
		high, sum := x.high[row], x.sum[row]
		if b.round < f.Rounds-1 {
			lse[p], sums[p], x.factor[row] = high, sum, 1
			continue
		}
		lse[p], x.factor[row] = T(high*math.Ln2)+T(math.Log(float64(sum))), 0
		if sum > 0 {
			x.factor[row] = 1 / sum
		}
	}
	f.pass.scatter(len(order), f.size, f.head(f.o, b.pair), f.d, order, x.o, f.size, x.factor)
}
