package graph

import (
	"cmp"
	"math/bits"
	"slices"
	"sort"
)

// pack places buffers, largest first, each at the lowest offset where nothing
// else lives at the same time, and returns the size of the arena.
func pack(buffers []*buffer) int64 {
	order := slices.Clone(buffers)
	slices.SortStableFunc(order, func(a, b *buffer) int {
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.first, b.first))
	})
	end := 0
	for _, b := range buffers {
		end = max(end, b.last)
	}
	placed := newOccupancy(end + 1)
	var arena int64
	for _, b := range order {
		b.offset = placed.fit(b.first, b.last, b.bytes)
		placed.add(b.first, b.last, span{b.offset, b.offset + b.bytes})
		arena = max(arena, b.offset+b.bytes)
	}
	return arena
}

// occupancy is what is taken of the arena at each moment: a segment tree over
// time, so that a plan of n buffers takes about n·log² n steps, and not n².
// Node 1 is all of the time, and the halves of node i are 2i and 2i+1.
type occupancy struct {
	moments  int
	covering []spans // by buffers that live all through the node's time, and not all through that of the node above
	within   []spans // by buffers that live at any moment of the node's time, those covering it included
}

func newOccupancy(moments int) *occupancy {
	n := 1 << bits.Len(uint(moments-1))
	return &occupancy{moments: n, covering: make([]spans, 2*n), within: make([]spans, 2*n)}
}

// add takes a span from moment first to last.
func (o *occupancy) add(first, last int, s span) {
	if s.from < s.to {
		o.take(1, 0, o.moments-1, first, last, s)
	}
}

func (o *occupancy) take(node, from, to, first, last int, s span) {
	o.within[node] = o.within[node].with(s)
	if first <= from && to <= last {
		o.covering[node] = o.covering[node].with(s)
		return
	}
	middle := (from + to) / 2
	if first <= middle {
		o.take(2*node, from, middle, first, last, s)
	}
	if last > middle {
		o.take(2*node+1, middle+1, to, first, last, s)
	}
}

// fit is the lowest offset at which so many bytes are free from moment first to
// last.
func (o *occupancy) fit(first, last int, bytes int64) int64 {
	var lists []spans
	var collect func(node, from, to int)
	collect = func(node, from, to int) {
		if first <= from && to <= last {
			lists = append(lists, o.within[node])
			return
		}
		lists = append(lists, o.covering[node])
		middle := (from + to) / 2
		if first <= middle {
			collect(2*node, from, middle)
		}
		if last > middle {
			collect(2*node+1, middle+1, to)
		}
	}
	collect(1, 0, o.moments-1)
	lists = slices.DeleteFunc(lists, func(l spans) bool { return len(l) == 0 })
	var offset int64
	// Each list in turn raises the offset to where it has room, until all do.
	for agreed, i := 0, 0; agreed < len(lists); i = (i + 1) % len(lists) {
		if at := lists[i].room(offset, bytes); at > offset {
			offset, agreed = at, 0
		}
		agreed++
	}
	return offset
}

// span is the bytes from one offset to before another.
type span struct{ from, to int64 }

// spans of the arena in ascending order, of which no two touch.
type spans []span

// with is the list after s was added, which may be the same memory.
func (l spans) with(s span) spans {
	lo := sort.Search(len(l), func(i int) bool { return l[i].to >= s.from })
	hi := lo
	for ; hi < len(l) && l[hi].from <= s.to; hi++ {
		s = span{min(s.from, l[hi].from), max(s.to, l[hi].to)}
	}
	return slices.Replace(l, lo, hi, s)
}

// room is the lowest offset from so many on with so many free bytes.
func (l spans) room(offset, bytes int64) int64 {
	for _, s := range l[sort.Search(len(l), func(i int) bool { return l[i].to > offset }):] {
		if offset+bytes <= s.from {
			break
		}
		offset = s.to
	}
	return offset
}
