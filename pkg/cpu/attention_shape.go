package cpu

import (
	"math"

	"hgbench/pkg/graph"
)

// attentionShape is what the forward and the backward kernel know of a node
// before they have its memory.
type attentionShape[T Float] struct {
	graph.Attention
	ks      *kernels[T]
	pass    *attentionRows[T]
	zero    []T // biases of plain attention: [size]
	hidden  []T // scores of pairs that the pattern does not show: [keyTile]
	factors []T // of queries without biases: [queryTile]

	batch, queries, keys, rel int
	d, size                   int // of all heads, of one head
	width                     int // size rounded up to the kernel's columns

	of       []*attentionLayout // of each head; heads with the same parts share one
	keysAt   []int              // where the keys of each head start among those of a batch
	bandAt   []int              // where the bands of each head start among those of all
	keysIn   int                // keys of all heads of a batch
	bandIn   int                // columns of the bands of all heads
	widest   int                // columns of the bands of the head that has most
	nearKeys int                // keys of near parts that a thread packs at once, whole panels
}

func shapeOfAttention[T Float](op graph.Attention, q, k *graph.Value) *attentionShape[T] {
	s := &attentionShape[T]{
		Attention: op, ks: kernelsFor[T](),
		batch: q.Shape[0], queries: q.Shape[1], keys: k.Shape[1], rel: op.Pattern.Rel,
		d: q.Cols(), size: q.Cols() / op.Heads,
	}
	s.width = roundUp(s.size, s.ks.cols)
	s.pass = attentionRowsOf(s.ks)
	s.zero, s.hidden = make([]T, s.size), make([]T, keyTile)
	fill(s.hidden, T(math.Inf(-1)))
	s.factors = make([]T, queryTile)
	fill(s.factors, T(op.Scale*math.Log2E))
	s.of = layoutsOf(op)
	for _, layout := range s.of {
		s.keysAt, s.bandAt = append(s.keysAt, s.keysIn), append(s.bandAt, s.bandIn)
		s.keysIn += layout.keysIn
		s.bandIn += layout.bandIn
		s.widest = max(s.widest, layout.bandIn)
		for i := range layout.parts {
			if p := &layout.parts[i]; p.near {
				s.nearKeys = max(s.nearKeys, min(roundUp(p.KCount, queryGroup), 2*keyTile))
			}
		}
	}
	return s
}

// biases returns those of content and position of a head.
func (s *attentionShape[T]) biases(u, v []T, head int) (content, position []T) {
	if !s.Relative {
		return s.zero, s.zero
	}
	return u[head*s.size:][:s.size], v[head*s.size:][:s.size]
}

// packBand writes a band for one head, transposed: size rows of
// queryGroup-aligned columns, as the micro-kernel reads a right operand.
func (s *attentionShape[T]) packBand(band *attentionBand, r []T, head int, dst []T) {
	cols := s.ks.cols
	for c := 0; c < band.count; c += cols {
		n := min(cols, band.count-c)
		panel := dst[c*s.size:][:cols*s.size]
		if c >= band.zeros {
			s.ks.pack(s.size, n, r[band.row(c)*s.d+head*s.size:], 1, band.step*s.d, panel)
			continue
		}
		clear(panel)
		for j := max(band.zeros-c, 0); j < n; j++ {
			row := r[band.row(c+j)*s.d+head*s.size:][:s.size]
			for e, x := range row {
				panel[e*cols+j] = x
			}
		}
	}
}

// eachBand calls f, in parallel, with every band of every head and where it lies
// among all of them, in columns.
func (s *attentionShape[T]) eachBand(f func(head, at int, band *attentionBand)) phase {
	type tile struct{ head, band int }
	var tiles []tile
	for h, layout := range s.of {
		for i := range layout.bands {
			tiles = append(tiles, tile{h, i})
		}
	}
	return phase{tiles: len(tiles), run: func(_ *worker, index int) {
		t := tiles[index]
		band := &s.of[t.head].bands[t.band]
		f(t.head, s.bandAt[t.head]+band.at, band)
	}}
}

// packRows copies rows from to n of one head, of which x starts with the first, into
// panels of n rows that follow each other, as the micro-kernel reads a right operand.
// Columns that fill the last panel are left as they are: it does not read them.
func (s *attentionShape[T]) packRows(n int, x []T, step int, dst []T, from int) {
	cols := s.ks.cols
	for e := 0; e < s.size; e += cols {
		s.pass.copy(n-from, min(cols, s.size-e), dst[e*n+from*cols:], cols, x[e:], step)
	}
}

// together runs phases that do not depend on each other as one.
func together(phases ...phase) phase {
	tiles := 0
	for _, p := range phases {
		tiles += p.tiles
	}
	return phase{tiles: tiles, run: func(w *worker, tile int) {
		for _, p := range phases {
			if tile < p.tiles {
				p.run(w, tile)
				return
			}
			tile -= p.tiles
		}
	}}
}

// queryRow is the row of q of query i.
func (p *attentionPart) queryRow(i int) int { return p.QStart + i*p.QStep }

// product is kernels.tile for the columns from `from` on of a right operand that
// is not in the first cache: a panel is fetched while the one before is in use.
// Between panels it asks for some of what is wanted ahead.
func (ks *kernels[T]) product(ahead *fetcher[T], m, n, k int, a []T, rsA, csA int, b panels[T], from int, c []T, ldc int, accumulate bool) {
	cols := ks.cols
	for j := 0; j < n; {
		panel, skip := (from+j)/cols, (from+j)%cols
		width := min(cols-skip, n-j)
		var next *upcoming[T]
		if j+width < n {
			next = &upcoming[T]{b: b.panel(panel + 1), ld: b.ld}
		}
		ks.column(m, width, k, a, rsA, csA, b.panel(panel)[skip:], b.ld, c[j:], ldc, accumulate, next)
		ahead.some()
		j += width
	}
}
