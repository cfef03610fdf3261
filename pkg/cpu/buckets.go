package cpu

// bucketOrder is the positions of every head and round in the order of their
// buckets, those of a bucket in their own order. Slots count the places in that
// order, from 0 in each round.
type bucketOrder struct {
	length, rounds, buckets int
	pairs                   int
	window                  int

	of    []int32 // bucket of a position: [pairs, rounds, L]
	order []int32 // position in a slot: [pairs, rounds, L]
	slot  []int32 // slot of a position: [pairs, rounds, L]
	start []int32 // first slot of a bucket, and L: [pairs, rounds, buckets+1]
}

// ints is how many integers it needs besides the buckets.
func (o *bucketOrder) ints() int { return o.pairs * o.rounds * (2*o.length + o.buckets + 1) }

func (o *bucketOrder) layout(memory []int32) {
	n := o.pairs * o.rounds * o.length
	o.order, o.slot, o.start = memory[:n], memory[n:2*n], memory[2*n:]
}

// round is the lists of one round of a head.
type round struct {
	of, order, slot, start []int32
	window                 int32
}

func (o *bucketOrder) round(pair, r int) round {
	i := pair*o.rounds + r
	n := i * o.length
	return round{
		of: o.of[n:][:o.length], order: o.order[n:][:o.length], slot: o.slot[n:][:o.length],
		start: o.start[i*(o.buckets+1):][:o.buckets+1], window: int32(o.window),
	}
}

// first is the first slot that a position sees.
func (r *round) first(position int32) int32 {
	return max(r.start[r.of[position]], r.slot[position]-r.window+1)
}

// sort counts.
func (o *bucketOrder) sort() phase {
	return phase{tiles: o.pairs * o.rounds, run: func(_ *worker, index int) {
		r := o.round(index/o.rounds, index%o.rounds)
		clear(r.start)
		for _, b := range r.of {
			r.start[b+1]++
		}
		for b := range o.buckets {
			r.start[b+1] += r.start[b]
		}
		for p, b := range r.of {
			r.slot[p] = r.start[b] // moves on, and back below
			r.order[r.start[b]] = int32(p)
			r.start[b]++
		}
		copy(r.start[1:], r.start)
		r.start[0] = 0
	}}
}
