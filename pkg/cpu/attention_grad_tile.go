package cpu

import "math"

// backwardScratch is the memory of a thread.
type backwardScratch[T Float] struct {
	keyT, key, valueT []T // a tile of keys and values, packed
	dk, dv            []T // [keyTile, size]
	qu, qv, do        []T // [queryTile, size]
	scores, grads     []T // [queryTile, scoreRow]
	content, position []T // [queryTile, size], the two terms of dq
	lse, delta        []T // [queryTile], lse in units of ln 2
	sum               []T // [queryTile], of probabilities
	rows              []T // a tile of keys as it is
	scale             []T // [queryTile]
	ln2, one          []T // [keyTile]
	keep              []T // dropout of a row
	ahead             fetcher[T]
}

// scratch cuts up the memory of a thread.
func (g *attentionBackward[T]) scratch(w *worker) backwardScratch[T] {
	return g.scratchLayout(&carve[T]{memory: scratch[T](w)})
}

func (g *attentionBackward[T]) scratchLayout(c *carve[T]) backwardScratch[T] {
	return backwardScratch[T]{
		keyT: c.next(keyTile * g.size), key: c.next(keyTile * g.width), valueT: c.next(keyTile * g.size),
		dk: c.next(keyTile * g.size), dv: c.next(keyTile * g.size),
		qu: c.next(queryTile * g.size), qv: c.next(queryTile * g.size), do: c.next(queryTile * g.size),
		scores: c.next(queryTile*scoreRow + 2*scoreLead), grads: c.next(queryTile*scoreRow + 2*scoreLead),
		content: c.next(queryTile * g.size), position: c.next(queryTile * g.size),
		lse: c.next(queryTile), delta: c.next(queryTile), sum: c.next(queryTile),
		rows: c.next(keyTile * g.size), scale: c.next(queryTile),
		ln2: c.next(keyTile), one: c.next(keyTile), keep: c.next(keyTile + 2*maskRun),
		ahead: fetcher[T]{pass: g.pass},
	}
}

// task passes its batches through the tiles of keys of its stripe.
func (g *attentionBackward[T]) task(x *backwardScratch[T], task, layer int) {
	h, batches, stripe := g.split(task)
	if layer >= len(g.work[h]) {
		return
	}
	lo, hi := g.batchRange(batches)
	fill(x.ln2, math.Ln2)
	fill(x.one, 1)
	fill(x.scale, T(g.Scale))
	clear(x.position) // stays so without relative positions
	for b := lo; b < hi; b++ {
		units := g.work[h][layer][stripe]
		for i, u := range units {
			var next *keyUnit
			if i+1 < len(units) {
				next = &units[i+1]
			}
			g.keyTile(x, task, b, h, u, next)
		}
	}
}

// keyTile computes the gradients of a tile of keys. The rows of the next one, if
// there is one, are fetched meanwhile.
func (g *attentionBackward[T]) keyTile(x *backwardScratch[T], task, b, h int, u keyUnit, next *keyUnit) {
	layout := g.of[h]
	group := &layout.keyGroups[u.group]
	n := min(keyTile, group.count-u.key)
	at := func(j int) int { return (b*g.keys+group.row(u.key+j))*g.d + h*g.size }
	k, step := g.k[at(0):], group.step*g.d
	if group.step > 1 { // such rows do not stay in the cache until they are read again
		g.pass.copy(n, g.size, x.rows, g.size, k, step)
		k, step = x.rows, g.size
	}
	g.ks.pack(g.size, n, k, 1, step, x.keyT)
	g.packRows(n, k, step, x.key, 0)
	g.ks.pack(g.size, n, g.v[at(0):], 1, group.step*g.d, x.valueT)
	clear(x.dk[:n*g.size])
	clear(x.dv[:n*g.size])
	for _, index := range group.parts {
		p := &layout.parts[index]
		lo, hi := p.queriesSeeing(u.key, n)
		for i := lo / queryTile * queryTile; i < hi; i += queryTile {
			switch {
			case !layout.apart: // there is enough to compute
			case i+queryTile < hi:
				g.foreseeQueries(x, b, h, p, i+queryTile)
			case next != nil:
				g.foresee(x, b, h, next)
			}
			g.tile(x, task, b, h, p, i, u, n)
		}
	}
	g.put(g.dk, at(0), group.step*g.d, n, x.dk, x.ln2, layout.add) // the queries were scaled by log₂ e
	g.put(g.dv, at(0), group.step*g.d, n, x.dv, x.one, layout.add)
}

// put writes, or adds, the gradient of a tile of keys, each row times a factor.
func (g *attentionBackward[T]) put(dst []T, at, step, n int, src, factor []T, add bool) {
	switch {
	case dst == nil:
	case !add:
		g.pass.scale(n, g.size, dst[at:], step, src, g.size, factor)
	default:
		g.pass.scale(n, g.size, src, g.size, src, g.size, factor)
		for j := range n {
			row := dst[at+j*step:][:g.size]
			g.ks.add(row, row, src[j*g.size:][:g.size])
		}
	}
}

// tile passes a tile of queries through a tile of keys.
func (g *attentionBackward[T]) tile(x *backwardScratch[T], task, b, h int, p *attentionPart, i int, unit keyUnit, n int) {
	var buffer stripBuffer
	strips := p.strips(i, unit.key, n, &buffer)
	if len(strips) == 0 {
		return
	}
	u, v := g.biases(g.u, g.vbias, h)
	rows, step := min(queryTile, p.QCount-i), p.QStep*g.d
	at := (b*g.queries+p.queryRow(i))*g.d + h*g.size
	if g.Relative {
		g.pass.bias(rows, g.size, x.qu, x.qv, g.size, g.q[at:], step, u, v, T(g.Scale*math.Log2E))
	} else {
		g.pass.scale(rows, g.size, x.qu, g.size, g.q[at:], step, g.factors)
	}
	g.pass.copy(rows, g.size, x.do, g.size, g.do[at:], step)
	for row := range rows {
		at := (b*g.Heads+h)*g.queries + p.queryRow(i+row)
		x.lse[row], x.delta[row] = g.lse[at]*math.Log2E, g.delta[at]
	}
	for _, s := range strips {
		g.strip(x, task, b, h, p, i, unit, n, s)
	}
	x.keyGradients(&x.ahead, g.ks, g.size, strips, x.dk, x.dv)
}

// foreseeQueries has the rows of a tile of queries fetched.
func (g *attentionBackward[T]) foreseeQueries(x *backwardScratch[T], b, h int, p *attentionPart, i int) {
	at := (b*g.queries+p.queryRow(i))*g.d + h*g.size
	for _, rows := range [][]T{g.q, g.do} {
		x.ahead.want(min(queryTile, p.QCount-i), g.size, rows[at:], p.QStep*g.d, nil)
	}
}

// foresee has the rows of a tile of keys fetched, and those of the queries that pass
// through it first.
func (g *attentionBackward[T]) foresee(x *backwardScratch[T], b, h int, u *keyUnit) {
	layout := g.of[h]
	group := &layout.keyGroups[u.group]
	n := min(keyTile, group.count-u.key)
	at := (b*g.keys+group.row(u.key))*g.d + h*g.size
	for _, rows := range [][]T{g.k, g.v} {
		x.ahead.want(n, g.size, rows[at:], group.step*g.d, nil)
	}
	p := &layout.parts[group.parts[0]]
	lo, _ := p.queriesSeeing(u.key, n)
	g.foreseeQueries(x, b, h, p, lo/queryTile*queryTile)
}

// keyGradients adds those of the keys and values of a tile, when its scores are
// probabilities and their gradients.
func (x *backwardScratch[T]) keyGradients(ahead *fetcher[T], ks *kernels[T], size int, strips []strip, dk, dv []T) {
	var buffer stripBuffer
	for _, s := range upright(strips, &buffer) {
		at := s.row*scoreRow + scoreLead + s.lo
		ks.tile(s.hi-s.lo, size, s.rows, x.scores[at:], 1, scoreRow, ks.rowMajor(x.do[s.row*size:], size), dv[s.lo*size:], size, true)
		ahead.some()
		ks.tile(s.hi-s.lo, size, s.rows, x.grads[at:], 1, scoreRow, ks.rowMajor(x.qu[s.row*size:], size), dk[s.lo*size:], size, true)
		ahead.some()
	}
}

// strip computes the probabilities of a strip and the gradients of its scores, and
// adds those of its queries.
func (g *attentionBackward[T]) strip(x *backwardScratch[T], task, b, h int, p *attentionPart, i int, u keyUnit, n int, s strip) {
	pair, j := b*g.Heads+h, u.key
	if g.probabilities == nil {
		g.score(&x.ahead, p, h, i, j, s, x.qu, x.qv, g.ks.packed(x.keyT, g.size), g.bandT, x.scores)
		hide(g.pass, g.hidden, x.scores, p, i, j, s)
	}
	origin := s.row*scoreRow + scoreLead + s.lo
	keys := s.hi - s.lo
	valueT := g.ks.packed(x.valueT, g.size)
	g.ks.product(&x.ahead, s.rows, keys, g.size, x.do[s.row*g.size:], g.size, 1, valueT, s.lo, x.grads[origin:], scoreRow, false)
	if g.Rate > 0 || g.probabilities != nil {
		g.gradient(x, pair, p, i, j, s)
	} else {
		g.pass.gradient(s.rows, keys, x.scores[origin:], x.grads[origin:], scoreRow, x.lse[s.row:], x.delta[s.row:])
	}
	key := g.ks.packed(x.key, n).from(s.lo, 0)
	g.ks.product(&x.ahead, s.rows, g.size, keys, x.grads[origin:], scoreRow, 1, key, 0, x.content[s.row*g.size:], g.size, false)
	if p.band > 0 {
		g.positions(x, task, h, p, i, j, s)
	}
	if g.of[h].apart && g.dq != nil {
		g.combineApart(x, task, b, h, p, i, n, u, s)
		return
	}
	g.combine(x, task, (b*g.queries+p.queryRow(i+s.row))*g.d+h*g.size, p.QStep*g.d, s)
}

// gradient is attentionRows.gradient with dropout, or for probabilities that
// were kept.
func (g *attentionBackward[T]) gradient(x *backwardScratch[T], pair int, p *attentionPart, i, j int, s strip) {
	group := &g.of[pair%g.Heads].keyGroups[p.keys]
	keys := s.hi - s.lo
	keep := x.keep[:keys]
	fill(keep, 1)
	if g.probabilities == nil {
		g.pass.exp(s.rows, keys, x.scores[s.row*scoreRow+scoreLead+s.lo:], scoreRow, x.lse[s.row:], x.sum)
	}
	for row := s.row; row < s.row+s.rows; row++ {
		scores, grads := x.scores[row*scoreRow+scoreLead+s.lo:][:keys], x.grads[row*scoreRow+scoreLead+s.lo:][:keys]
		query := p.queryRow(i + row)
		if g.probabilities != nil {
			kept := g.probabilities[(pair*g.queries+query)*g.keys:][:g.keys]
			lo, hi := p.Keys(i + row)
			clear(scores)
			for key := max(lo, j+s.lo); key < min(hi, j+s.hi); key++ {
				scores[key-j-s.lo] = kept[group.row(key)]
			}
		}
		if g.Rate > 0 {
			keep = g.keepRow(g.mask, x.keep, pair, query, group.row(j+s.lo), group.step, keys)
		}
		g.pass.dropGradient(scores, grads, keep, x.delta[row])
	}
}

// positions computes the second term of dq, and dr. What the band has beyond the
// keys of a row must be zero.
func (g *attentionBackward[T]) positions(x *backwardScratch[T], task, h int, p *attentionPart, i, j int, s strip) {
	for row := s.row; row < s.row+s.rows; row++ {
		grads := x.grads[row*scoreRow+scoreLead:]
		clear(x.grads[row*scoreRow+s.lo:][:scoreLead])
		clear(grads[s.hi : s.lo+roundUp(s.hi-s.lo, p.group)+p.group])
	}
	band := g.ks.packed(g.band[(g.bandAt[h]+p.at)*g.width:], p.band)
	bandGrad := g.bandGrad[(task*g.widest+p.at)*g.size:]
	p.groups(i, j, s, func(row, rows, from, to, lead int) {
		grads := x.grads[row*scoreRow+scoreLead+lead:]
		qv := g.ks.rowMajor(x.qv[row*g.size:], g.size)
		g.ks.product(&x.ahead, rows, g.size, to-from, grads, scoreRow+1, 1, band.from(from, 0), 0, x.position[row*g.size:], g.size, false)
		g.ks.tile(to-from, g.size, rows, grads, 1, scoreRow+1, qv, bandGrad[from*g.size:], g.size, true)
	})
}

// combine adds the two terms of dq, and sums them over the rows.
func (g *attentionBackward[T]) combine(x *backwardScratch[T], task, at, step int, s strip) {
	h, _, stripe := g.split(task)
	dq := g.queryGrad(h, stripe)
	if dq == nil { // nobody wants it: the sums over the rows remain
		dq, at, step = x.rows, s.row*g.size, g.size
	}
	g.pass.combine(s.rows, g.size, dq[at:], step, x.content[s.row*g.size:], x.position[s.row*g.size:], g.size,
		g.biasGrad[task*2*g.size:], g.biasGrad[(task*2+1)*g.size:], T(g.Scale))
}

// combineApart writes dq of a strip when the layout is apart, or adds it to that of
// the tiles of keys before and after u.
func (g *attentionBackward[T]) combineApart(x *backwardScratch[T], task, b, h int, p *attentionPart, i, n int, u keyUnit, s strip) {
	for row := s.row; row < s.row+s.rows; {
		run := s
		if u.later { // rows of a group are written together
			run.rows = min(p.group, s.row+s.rows-row)
		}
		run.row = row
		row += run.rows
		at, step := (b*g.queries+p.queryRow(i+run.row))*g.d+h*g.size, p.QStep*g.d
		lo, _ := p.Keys(i + run.row)
		_, hi := p.Keys(i + row - 1)
		if u.later && (lo < u.key || hi > u.key+n) {
			g.combine(x, task, at, step, run)
		} else {
			g.pass.scale(run.rows, g.size, g.dq[at:], step, x.content[run.row*g.size:], g.size, x.scale)
		}
	}
}
