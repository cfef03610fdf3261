package cpu

import "math"

// forwardScratch is the memory of a thread.
type forwardScratch[T Float] struct {
	qu, qv    []T                          // queries plus biases, times Scale·log₂e: [queryTile, size]
	scores    []T                          // [queryTile, scoreRow]
	o         []T                          // [queryTile, size]
	high, sum []T                          // running maximum and sum of each row
	factor    []T                          // what has been summed of a row shrinks by
	total     []T                          // sum of the keys of a strip
	unit      []T                          // 0, and a sum that nobody reads
	keep      []T                          // dropout of a row
	keyT      []T                          // two tiles of keys of a near part, transposed in panels
	value     []T                          // their values in panels
	fresh     [queryTile / fewQueries]bool // groups of rows of o not yet written
	ahead     fetcher[T]
}

// scratch cuts up the memory of a thread.
func (f *attentionForward[T]) scratch(w *worker) forwardScratch[T] {
	return f.scratchLayout(&carve[T]{memory: scratch[T](w)})
}

func (f *attentionForward[T]) scratchLayout(c *carve[T]) forwardScratch[T] {
	return forwardScratch[T]{
		qu: c.next(queryTile * f.size), qv: c.next(queryTile * f.size),
		scores: c.next(queryTile*scoreRow + 2*scoreLead), o: c.next(queryTile * f.size),
		high: c.next(queryTile), sum: c.next(queryTile), factor: c.next(queryTile), total: c.next(queryTile),
		unit: c.next(2), keep: c.next(keyTile + 2*maskRun),
		keyT: c.next(f.nearKeys * f.size), value: c.next(f.nearKeys * f.width),
		ahead: fetcher[T]{pass: f.pass},
	}
}

// tile computes the rows of one tile of queries of a set.
func (f *attentionForward[T]) tile(x *forwardScratch[T], pair int, set *querySet, i int) {
	b, h := pair/f.Heads, pair%f.Heads
	rows := min(queryTile, set.count-i)
	u, v := f.biases(f.u, f.vbias, h)
	at := (b*f.queries+set.row(i))*f.d + h*f.size
	if f.Relative {
		f.pass.bias(rows, f.size, x.qu, x.qv, f.size, f.q[at:], set.step*f.d, u, v, T(f.Scale*math.Log2E))
	} else {
		f.pass.scale(rows, f.size, x.qu, f.size, f.q[at:], set.step*f.d, f.factors)
	}
	f.load(x, pair, set, i, rows)
	for _, index := range set.parts {
		p := &f.of[h].parts[index]
		lo, hi := p.keysSeen(i)
		for j := lo / keyTile * keyTile; j < hi; j += keyTile {
			var buffer stripBuffer
			n := min(keyTile, p.KCount-j)
			for _, s := range p.strips(i, j, n, &buffer) {
				f.strip(x, pair, p, i, j, n, s)
			}
		}
	}
	f.store(x, pair, set, i, rows)
}

// load starts the running softmax of a tile, from the output of the layers
// before when there are some: a finished row is one of maximum lse and sum 1.
func (f *attentionForward[T]) load(x *forwardScratch[T], pair int, set *querySet, i, rows int) {
	x.fresh = [queryTile / fewQueries]bool{}
	x.unit[0] = 0
	if !f.of[pair%f.Heads].carry {
		fill(x.high, T(math.Inf(-1)))
		clear(x.sum)
		for group := range x.fresh {
			x.fresh[group] = true
		}
		return
	}
	for row := range rows {
		x.high[row] = f.lse[pair*f.queries+set.row(i+row)] * math.Log2E
		x.sum[row] = 1
		if x.high[row] == T(math.Inf(-1)) {
			x.sum[row] = 0
		}
	}
	at := (pair/f.Heads*f.queries+set.row(i))*f.d + pair%f.Heads*f.size
	f.pass.copy(rows, f.size, x.o, f.size, f.o[at:], set.step*f.d)
}

// store writes the rows of a tile.
func (f *attentionForward[T]) store(x *forwardScratch[T], pair int, set *querySet, i, rows int) {
	x.clearFresh(f.size, 0, rows)
	lse := f.lse[pair*f.queries:][:f.queries]
	for row, sum := range x.sum[:rows] {
		lse[set.row(i+row)] = T(x.high[row]*math.Ln2) + T(math.Log(float64(sum)))
		x.factor[row] = 0
		if sum > 0 {
			x.factor[row] = 1 / sum
		}
	}
	at := (pair/f.Heads*f.queries+set.row(i))*f.d + pair%f.Heads*f.size
	f.pass.scale(rows, f.size, f.o[at:], set.step*f.d, x.o, f.size, x.factor)
}

// clearFresh clears what no strip has written of some rows of o.
func (x *forwardScratch[T]) clearFresh(size, from, rows int) {
	for group := from / fewQueries; group*fewQueries < from+rows; group++ {
		if x.fresh[group] {
			clear(x.o[group*fewQueries*size:][:fewQueries*size])
			x.fresh[group] = false
		}
	}
}

// allFresh reports whether no strip has written to some rows of o, and takes
// note that one does.
func (x *forwardScratch[T]) allFresh(from, rows int) bool {
	all := true
	for group := from / fewQueries; group*fewQueries < from+rows; group++ {
		all = all && x.fresh[group]
	}
	if all {
		for group := from / fewQueries; group*fewQueries < from+rows; group++ {
			x.fresh[group] = false
		}
	}
	return all
}

// near is where the tile of keys from j on of a near part is packed: neighbours lie
// side by side.
func (x *forwardScratch[T]) near(f *attentionForward[T], j int) (keyT, value []T) {
	at := j / keyTile % 2 * min(keyTile, f.nearKeys)
	return x.keyT[at*f.size:], x.value[at*f.width:]
}

// strip adds the keys of a strip to the rows of its tile.
func (f *attentionForward[T]) strip(x *forwardScratch[T], pair int, p *attentionPart, i, j, n int, s strip) {
	h := pair % f.Heads
	g := &f.of[h].keyGroups[p.keys]
	keyT, value := x.near(f, j)
	if !p.near {
		at := pair/f.Heads*f.keysIn + f.keysAt[h] + g.at + j
		keyT, value = f.keyT[at*f.size:], f.value[at*f.width:]
	}
	f.score(&x.ahead, p, h, i, j, s, x.qu, x.qv, f.ks.packed(keyT, f.size), f.bandT, x.scores)
	hide(f.pass, f.hidden, x.scores, p, i, j, s)
	if f.probabilities != nil {
		f.keepScores(x, pair, p, i, j, s)
	}
	keys := s.hi - s.lo
	scores := x.scores[s.row*scoreRow+scoreLead+s.lo:]
	fresh := x.weights(f.pass, f.size, s)
	if f.Rate > 0 {
		for row := range s.rows {
			keep := f.keepRow(f.mask, x.keep, pair, p.queryRow(i+s.row+row), g.row(j+s.lo), g.step, keys)
			f.pass.multiply(scores[row*scoreRow:][:keys], keep)
		}
	}
	f.ks.product(&x.ahead, s.rows, f.size, keys, scores, scoreRow, 1, f.ks.packed(value, n).from(s.lo, 0), 0, x.o[s.row*f.size:], f.size, !fresh)
}

// weights turns the scores of a strip into those of a running softmax, shrinks what
// the rows have summed, and says whether that is nothing, not even written.
func (x *forwardScratch[T]) weights(pass *attentionRows[T], size int, s strip) (fresh bool) {
	high, sum := x.high[s.row:][:s.rows], x.sum[s.row:][:s.rows]
	factor, total := x.factor[s.row:][:s.rows], x.total[s.row:][:s.rows]
	pass.softmax(s.rows, s.hi-s.lo, x.scores[s.row*scoreRow+scoreLead+s.lo:], scoreRow, high, factor, total)
	pass.exp(1, s.rows, factor, s.rows, x.unit, x.unit[1:])
	for row, y := range factor {
		sum[row] = T(sum[row]*y) + total[row]
	}
	if fresh = x.allFresh(s.row, s.rows); !fresh {
		x.clearFresh(size, s.row, s.rows)
		o := x.o[s.row*size:]
		pass.scale(s.rows, size, o, size, o, size, factor)
	}
	return fresh
}

// score computes the scores of a strip, in units of ln 2. Those of positions go
// where they belong by a row stride one longer, see attention.
func (f *attentionShape[T]) score(ahead *fetcher[T], p *attentionPart, head, i, j int, s strip, qu, qv []T, keyT panels[T], bandT, scores []T) {
	if p.band > 0 {
		band := f.ks.packed(bandT[(f.bandAt[head]+p.at)*f.size:], f.size)
		p.groups(i, j, s, func(row, rows, from, to, lead int) {
			f.ks.product(ahead, rows, to-from, f.size, qv[row*f.size:], f.size, 1, band, from,
				scores[row*scoreRow+scoreLead+lead:], scoreRow+1, false)
		})
	}
	f.ks.product(ahead, s.rows, s.hi-s.lo, f.size, qu[s.row*f.size:], f.size, 1, keyT, s.lo,
		scores[s.row*scoreRow+scoreLead+s.lo:], scoreRow, p.band > 0)
}

// hide makes the score of every pair of a strip that the part does not show
// −Inf. hidden are as many of it as a tile has keys.
func hide[T Float](pass *attentionRows[T], hidden, scores []T, p *attentionPart, i, j int, s strip) {
	// Row i of the strip shows the columns [first+i, last+i) from s.lo on.
	last := i + s.row + p.Diagonal + 1 - j - s.lo
	first := last - p.Window
	rows, keys := s.rows, s.hi-s.lo
	scores = scores[s.row*scoreRow+scoreLead+s.lo:]
	if last < keys {
		pass.hide(rows, keys, scores, scoreRow, last)
	}
	if p.Window > 0 {
		for row := max(0, 1-first); row < rows; row++ {
			copy(scores[row*scoreRow:][:min(first+row, keys)], hidden)
		}
	}
}

// keepScores writes the scores of a strip where their probabilities will be.
func (f *attentionForward[T]) keepScores(x *forwardScratch[T], pair int, p *attentionPart, i, j int, s strip) {
	g := &f.of[pair%f.Heads].keyGroups[p.keys]
	for row := s.row; row < s.row+s.rows; row++ {
		kept := f.probabilities[(pair*f.queries+p.queryRow(i+row))*f.keys:][:f.keys]
		lo, hi := p.Keys(i + row)
		for c := max(s.lo, lo-j); c < min(s.hi, hi-j); c++ {
			kept[g.row(j+c)] = x.scores[row*scoreRow+scoreLead+c]
		}
	}
}

// normalise turns the scores that were kept into probabilities.
func (f *attentionForward[T]) normalise() phase {
	if f.probabilities == nil {
		return phase{}
	}
	const rows = 64
	all := f.batch * f.Heads * f.queries
	return phase{tiles: (all + rows - 1) / rows, run: func(w *worker, tile int) {
		x := f.scratch(w)
		for i := tile * rows; i < min((tile+1)*rows, all); i++ {
			x.unit[0] = f.lse[i] * math.Log2E
			f.pass.exp(1, f.keys, f.probabilities[i*f.keys:], f.keys, x.unit, x.unit[1:])
		}
	}}
}
