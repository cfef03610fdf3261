package cpu

import (
	"math"
	"slices"
	"unsafe"

	"hgbench/pkg/graph"
)

// attention computes tiles of queries against tiles of keys with a running
// softmax (Milakov and Gimelshein 2018; Rabe and Staats 2021).
//
// Scores of relative positions need no shift. The product of the queries with
// the band of relative positions has, in row i, the position of key j at column
// j − i + const; it is written with a row stride one element longer than that
// of the scores, so that it lands where the product of queries and keys is then
// accumulated on top. What the band has beyond the keys lands between the rows.
func attention[T Float](n *graph.Node, op graph.Attention) kernel {
	s := shapeOfAttention[T](op, n.Inputs[0], n.Inputs[1])
	var k kernel
	k.executed = func() float64 { return s.executed(4, 2) }
	f := &attentionForward[T]{attentionShape: s}
	size := int64(unsafe.Sizeof(T(0)))
	k.workspace = size * int64(f.layout(nil))
	c := carve[T]{}
	f.scratchLayout(&c)
	k.scratch = size * int64(c.size)
	k.bind = f.bind
	return k
}

// attentionForward is the forward kernel with its memory.
type attentionForward[T Float] struct {
	*attentionShape[T]
	q, k, v          []T  // [B, Q, D], [B, K, D], [B, K, D]
	r, u, vbias      []T  // [R, D], [H, D/H], [H, D/H]
	o, probabilities []T  // [B, Q, D], [B, H, Q, K]
	mask             mask // of dropout
	keyT             []T  // [B, keysIn] transposed in panels
	value            []T  // [B, keysIn] in panels, a key tile after the other
	bandT            []T  // [bandIn] transposed in panels
	lse              []T  // [B, H, Q]
}

// carve cuts pieces off memory, or only counts when there is none.
type carve[T Float] struct {
	memory []T
	size   int
}

func (c *carve[T]) next(n int) []T {
	n = roundUp(n, 16)
	at := c.size
	c.size += n
	if c.memory == nil {
		return nil
	}
	return c.memory[at:c.size:c.size]
}

// exactly is next without what rounding adds.
func (c *carve[T]) exactly(n int) []T {
	if x := c.next(n); x != nil {
		return x[:n]
	}
	return nil
}

func (f *attentionForward[T]) layout(memory []T) int {
	c := carve[T]{memory: memory}
	f.keyT = c.next(f.batch * f.keysIn * f.size)
	f.value = c.next(f.batch * f.keysIn * f.width)
	f.bandT = c.next(f.bandIn * f.size)
	f.lse = c.next(f.batch * f.Heads * f.queries)
	return c.size
}

func (f *attentionForward[T]) bind(m *memory) []phase {
	f.q, f.k, f.v = in[T](m, 0), in[T](m, 1), in[T](m, 2)
	if f.Relative {
		f.r, f.u, f.vbias = in[T](m, 3), in[T](m, 4), in[T](m, 5)
	}
	if f.Rate > 0 {
		f.mask = newMask(in[int32](m, len(m.node.Inputs)-1), f.Stream, f.Rate)
	}
	if f.o = out[T](m, 0); f.o == nil { // only what else is computed is of interest
		f.o = make([]T, m.node.Outputs[0].Elements())
	}
	f.layout(work[T](m, f.layout(nil)))
	if lse := out[T](m, 1); lse != nil {
		f.lse = lse
	}
	if f.Storage == graph.Materialised {
		f.probabilities = out[T](m, 2)
	}

	phases := []phase{together(f.packKeys(), f.packBands(), f.start())}
	for layer := 0; ; layer++ {
		p := f.attend(layer)
		if p.tiles == 0 {
			break
		}
		phases = append(phases, p)
	}
	return append(phases, f.normalise())
}

// start makes every row one without keys.
func (f *attentionForward[T]) start() phase {
	return phase{tiles: f.batch * f.Heads, run: func(_ *worker, pair int) {
		b, h := pair/f.Heads, pair%f.Heads
		if f.of[h].carry {
			for i := range f.queries {
				clear(f.o[(b*f.queries+i)*f.d+h*f.size:][:f.size])
			}
			fill(f.lse[pair*f.queries:][:f.queries], T(math.Inf(-1)))
		}
		if f.probabilities != nil {
			n := f.queries * f.keys
			fill(f.probabilities[pair*n:][:n], T(math.Inf(-1)))
		}
	}}
}

func fill[T Float](x []T, value T) {
	for i := range x {
		x[i] = value
	}
}

// packKeys packs the keys of every group, tile by tile, and the values.
func (f *attentionForward[T]) packKeys() phase {
	type tile struct{ head, group, key, n int }
	var tiles []tile
	for h, layout := range f.of {
		for i, g := range layout.keyGroups {
			if layout.parts[g.parts[0]].near {
				continue
			}
			for j := 0; j < g.count; j += keyTile {
				tiles = append(tiles, tile{h, i, j, min(keyTile, g.count-j)})
			}
		}
	}
	return phase{tiles: f.batch * len(tiles), run: func(_ *worker, index int) {
		b, t := index/len(tiles), tiles[index%len(tiles)]
		g := &f.of[t.head].keyGroups[t.group]
		at := b*f.keysIn + f.keysAt[t.head] + g.at + t.key
		f.packTile(b, t.head, g, t.key, t.n, 0, f.keyT[at*f.size:], f.value[at*f.width:])
	}}
}

// packTile packs the tile of n keys of a group from j on, but for the first `from`,
// whose place is left as it is: whole panels of keys.
func (f *attentionForward[T]) packTile(b, h int, g *keyGroup, j, n, from int, keyT, value []T) {
	at := (b*f.keys+g.row(j+from))*f.d + h*f.size
	f.ks.pack(f.size, n-from, f.k[at:], 1, g.step*f.d, keyT[from*f.size:])
	f.packRows(n, f.v[at:], g.step*f.d, value, from)
}

func (f *attentionForward[T]) packBands() phase {
	return f.eachBand(func(h, at int, band *attentionBand) {
		f.packBand(band, f.r, h, f.bandT[at*f.size:])
	})
}

// attend runs the tiles of a layer of disjoint sets of queries, those with most
// keys first in causal patterns. Units of a near part are tiles of keys, and the
// queries of the same places.
func (f *attentionForward[T]) attend(layer int) phase {
	var tiles []queryUnit
	for h, layout := range f.of {
		if layer >= len(layout.queryLayers) {
			continue
		}
		for _, i := range layout.queryLayers[layer] {
			if p := &layout.parts[layout.querySets[i].parts[0]]; p.near {
				for j := 0; j < p.KCount; j += keyTile {
					tiles = append(tiles, queryUnit{h, i, j})
				}
				continue
			}
			for q := (layout.querySets[i].count - 1) / queryTile * queryTile; q >= 0; q -= queryTile {
				tiles = append(tiles, queryUnit{h, i, q})
			}
		}
	}
	tasks := slices.Collect(slices.Chunk(tiles, max(1, min(len(tiles)/fewTasks, unitsOfTask))))
	return phase{tiles: f.batch * len(tasks), run: func(w *worker, index int) {
		x := f.scratch(w)
		b, units := index/len(tasks), tasks[index%len(tasks)]
		for i, u := range units {
			if i+1 < len(units) && f.of[units[i+1].head].apart {
				f.foresee(&x, b, units[i+1])
			}
			f.unit(&x, b, u, i > 0)
		}
	}}
}

// Units of a task: as many as that there are some tasks.
const (
	unitsOfTask = 8
	fewTasks    = 32
)

// queryUnit is queries of a set, from one on: a tile of them, or of near parts those of
// a tile of keys.
type queryUnit struct{ head, set, query int }

// rows is the number of queries of a unit.
func (u queryUnit) rows(l *attentionLayout) int {
	set := &l.querySets[u.set]
	switch p := &l.parts[set.parts[0]]; {
	case !p.near:
		return min(queryTile, set.count-u.query)
	case p.KCount <= keyTile:
		return set.count
	}
	return min(keyTile, set.count-u.query)
}

// unit computes the rows of a unit. If it follows another of the task, the tile of keys
// before those of a near part is still packed.
func (f *attentionForward[T]) unit(x *forwardScratch[T], b int, u queryUnit, follows bool) {
	layout := f.of[u.head]
	set := &layout.querySets[u.set]
	if p := &layout.parts[set.parts[0]]; p.near {
		g := &layout.keyGroups[p.keys]
		pack := func(j, from int) {
			keyT, value := x.near(f, j)
			f.packTile(b, u.head, g, j, min(keyTile, g.count-j), from, keyT, value)
		}
		if j := u.query - keyTile; j >= 0 && !follows {
			lo, _ := p.Keys(u.query)
			if from := (lo - j) / queryGroup * queryGroup; from < keyTile {
				pack(j, from)
			}
		}
		pack(u.query, 0)
	}
	for q := u.query; q < u.query+u.rows(layout); q += queryTile {
		f.tile(x, b*f.Heads+u.head, set, q)
	}
}

// foresee has the rows of a unit of a near part fetched.
func (f *attentionForward[T]) foresee(x *forwardScratch[T], b int, u queryUnit) {
	layout := f.of[u.head]
	set := &layout.querySets[u.set]
	g := &layout.keyGroups[layout.parts[set.parts[0]].keys]
	at := (b*f.keys+g.row(u.query))*f.d + u.head*f.size
	rows := min(keyTile, g.count-u.query)
	x.ahead.want(rows, f.size, f.k[at:], g.step*f.d, nil)
	x.ahead.want(rows, f.size, f.v[at:], g.step*f.d, nil)
	at = (b*f.queries+set.row(u.query))*f.d + u.head*f.size
	x.ahead.want(u.rows(layout), f.size, f.q[at:], set.step*f.d, nil)
}
