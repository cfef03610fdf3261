package cpu

import (
	"math"

	"hgbench/pkg/graph"
)

// attentionShape is what the forward and the backward kernel know of a node
// before they have its memory.
type attentionShape[T Float] struct {
	graph.Attention
	ks     *kernels[T]
	pass   *attentionRows[T]
	zero   []T // biases of plain attention: [size]
	hidden []T // scores of pairs that the pattern does not show: [keyTile]

	batch, queries, keys, rel int
	d, size                   int // of all heads, of one head
	width                     int // size rounded up to the kernel's columns

	parts     []attentionPart
	keyGroups []keyGroup
	querySets []querySet
	keysIn    int // keys of all groups, each rounded up to queryGroup
	bandIn    int // columns of all bands
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
	for _, p := range op.Pattern.Parts {
		if p.QCount == 0 || p.KCount == 0 {
			continue
		}
		part := attentionPart{Part: p, keys: s.keyGroup(p), at: s.bandIn}
		last := min(p.Diagonal, p.KCount-1)
		part.first = -(p.QCount - 1)
		if p.Window > 0 {
			part.first = max(part.first, p.Diagonal-p.Window+1)
		}
		if s.Relative && part.first <= last {
			// The first column of a band is that of an offset ≡ 1 modulo queryGroup.
			part.origin = part.first - ((part.first-1)%queryGroup+queryGroup)%queryGroup
			part.band = last - part.origin + 1
			s.bandIn += roundUp(part.band, queryGroup)
		}
		index := len(s.parts)
		s.keyGroups[part.keys].parts = append(s.keyGroups[part.keys].parts, index)
		set := s.querySet(p)
		s.querySets[set].parts = append(s.querySets[set].parts, index)
		s.parts = append(s.parts, part)
	}
	return s
}

func (s *attentionShape[T]) keyGroup(p graph.Part) int {
	keys := progression{p.KStart, p.KStep, p.KCount}
	for i, g := range s.keyGroups {
		if g.progression == keys {
			return i
		}
	}
	s.keyGroups = append(s.keyGroups, keyGroup{progression: keys, at: s.keysIn})
	s.keysIn += roundUp(p.KCount, queryGroup)
	return len(s.keyGroups) - 1
}

func (s *attentionShape[T]) querySet(p graph.Part) int {
	queries := progression{p.QStart, p.QStep, p.QCount}
	for i, g := range s.querySets {
		if g.progression == queries {
			return i
		}
	}
	s.querySets = append(s.querySets, querySet{progression: queries})
	return len(s.querySets) - 1
}

// layers puts progressions of rows below n into as few layers as it finds such
// that those of a layer are disjoint.
func layers(n int, of []progression) [][]int {
	var layers [][]int
	var taken [][]bool
next:
	for i, p := range of {
	layer:
		for l := range layers {
			for j := range p.count {
				if taken[l][p.row(j)] {
					continue layer
				}
			}
			layers[l] = append(layers[l], i)
			p.mark(taken[l])
			continue next
		}
		layers = append(layers, []int{i})
		taken = append(taken, make([]bool, n))
		p.mark(taken[len(taken)-1])
	}
	return layers
}

func (p progression) mark(taken []bool) {
	for j := range p.count {
		taken[p.row(j)] = true
	}
}

// products calls f with the rows, keys and band columns of every strip that is
// computed for one head.
func (s *attentionShape[T]) products(f func(rows, keys, band int)) {
	for i := range s.parts {
		p := &s.parts[i]
		for i := 0; i < p.QCount; i += queryTile {
			lo, hi := p.keysSeen(i)
			for j := lo / keyTile * keyTile; j < hi; j += keyTile {
				var buffer [queryTile / queryGroup]strip
				for _, strip := range p.strips(i, j, min(keyTile, p.KCount-j), &buffer) {
					f(strip.rows, strip.hi-strip.lo, 0)
					p.groups(i, j, strip, func(_, rows, from, to, _ int) { f(rows, 0, to-from) })
				}
			}
		}
	}
}

// biases returns those of content and position of a head.
func (s *attentionShape[T]) biases(u, v []T, head int) (content, position []T) {
	if !s.Relative {
		return s.zero, s.zero
	}
	return u[head*s.size:][:s.size], v[head*s.size:][:s.size]
}

// packBand writes the band of a part for one head, transposed: size rows of
// queryGroup-aligned columns, as the micro-kernel reads a right operand.
func (s *attentionShape[T]) packBand(p *attentionPart, r []T, head int, dst []T) {
	cols := s.ks.cols
	zeros := p.first - p.origin
	for c := 0; c < p.band; c += cols {
		n := min(cols, p.band-c)
		panel := dst[c*s.size:][:cols*s.size]
		if c >= zeros {
			s.ks.pack(s.size, n, r[p.relRow(c)*s.d+head*s.size:], 1, p.RelStep*s.d, panel)
			continue
		}
		clear(panel)
		for j := max(zeros-c, 0); j < n; j++ {
			row := r[p.relRow(c+j)*s.d+head*s.size:][:s.size]
			for e, x := range row {
				panel[e*cols+j] = x
			}
		}
	}
}

// packRows copies n rows of one head into panels that follow each other, as the
// micro-kernel reads a right operand. Columns that fill the last panel are left
// as they are: it does not read them.
func (s *attentionShape[T]) packRows(n int, x []T, step int, dst []T) {
	for e := 0; e < s.size; e += s.ks.cols {
		s.pass.copy(n, min(s.ks.cols, s.size-e), dst[e*n:], s.ks.cols, x[e:], step)
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

// relRow is the row of r at a column of the band.
func (p *attentionPart) relRow(column int) int { return p.RelStart + p.RelStep*(p.origin+column) }

// queryRow is the row of q of query i.
func (p *attentionPart) queryRow(i int) int { return p.QStart + i*p.QStep }

// product is kernels.tile for a right operand that is not in the first cache: a
// panel is fetched while the one before is in use.
func (s *attentionShape[T]) product(m, n, k int, a []T, rsA, csA int, b panels[T], c []T, ldc int, accumulate bool) {
	cols := s.ks.cols
	for j := 0; j < n; j += cols {
		var next *upcoming[T]
		if j+cols < n {
			next = &upcoming[T]{b: b.panel(j/cols + 1), ld: b.ld}
		}
		s.ks.column(m, min(cols, n-j), k, a, rsA, csA, b.panel(j/cols), b.ld, c[j:], ldc, accumulate, next)
	}
}
