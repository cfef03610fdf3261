package cpu

import (
	"math"
	"slices"
)

// keyUnit is a tile of keys of a group.
type keyUnit struct{ group, key, cost int }

// Tasks that a node is cut into so that a machine of a few threads is busy.
// More cost memory for partial sums; the number must depend on the shape only.
const (
	attentionTasks   = 16 // by batch
	attentionStripes = 8  // and by stripes
)

// divide cuts the work into tasks.
func (g *attentionBackward[T]) divide() {
	g.batches = g.batch
	if g.Relative {
		g.batches = min(g.batch, (attentionTasks+g.Heads-1)/g.Heads)
	}
	pairs := g.batch * g.Heads
	g.stripes = (attentionStripes + pairs - 1) / pairs
	groups := make([]progression, len(g.keyGroups))
	covered := 0
	for i, k := range g.keyGroups {
		groups[i] = k.progression
		covered += k.count
	}
	layers := layers(g.keys, groups)
	g.add = len(layers) > 1 || covered < g.keys
	most := 1
	all := make([][]keyUnit, len(layers))
	for l, layer := range layers {
		for _, group := range layer {
			for j := 0; j < g.keyGroups[group].count; j += keyTile {
				all[l] = append(all[l], g.unit(group, j))
			}
		}
		most = max(most, len(all[l]))
	}
	g.stripes = min(g.stripes, most)
	for _, units := range all {
		g.layers = append(g.layers, share(units, g.stripes))
	}
}

func (g *attentionBackward[T]) unit(group, j int) keyUnit {
	u := keyUnit{group: group, key: j}
	n := min(keyTile, g.keyGroups[group].count-j)
	for _, index := range g.keyGroups[group].parts {
		lo, hi := g.parts[index].queriesSeeing(j, n)
		u.cost += (hi - lo) * n
	}
	return u
}

// share gives units to stripes, the dearest first and each to the stripe that
// has least.
func share(units []keyUnit, stripes int) [][]keyUnit {
	units = slices.Clone(units)
	slices.SortStableFunc(units, func(a, b keyUnit) int { return b.cost - a.cost })
	of := make([][]keyUnit, stripes)
	cost := make([]int, stripes)
	for _, u := range units {
		least := 0
		for s := range cost {
			if cost[s] < cost[least] {
				least = s
			}
		}
		of[least] = append(of[least], u)
		cost[least] += u.cost
	}
	return of
}

func (g *attentionBackward[T]) tasks() int { return g.Heads * g.batches * g.stripes }

// prepareQueries computes delta, row by row so that do and o are read in order.
func (g *attentionBackward[T]) prepareQueries() phase {
	const rows = 64
	tiles := (g.queries + rows - 1) / rows
	return phase{tiles: g.batch * tiles, run: func(_ *worker, tile int) {
		b, from := tile/tiles, tile%tiles*rows
		for i := from; i < min(from+rows, g.queries); i++ {
			for h := range g.Heads {
				at := (b*g.queries+i)*g.d + h*g.size
				g.delta[(b*g.Heads+h)*g.queries+i] = g.ks.dot(g.do[at:][:g.size], g.o[at:][:g.size])
			}
		}
	}}
}

// prepareKeys clears the gradients of keys where they are added to.
func (g *attentionBackward[T]) prepareKeys() phase {
	if !g.add {
		return phase{}
	}
	return phase{tiles: g.batch, run: func(_ *worker, b int) {
		n := g.keys * g.d
		for _, d := range [][]T{g.dk, g.dv} {
			if d != nil {
				clear(d[b*n:][:n])
			}
		}
	}}
}

func (g *attentionBackward[T]) packBands() phase {
	if !g.Relative {
		return phase{}
	}
	return phase{tiles: g.Heads * len(g.parts), run: func(_ *worker, index int) {
		h, p := index/len(g.parts), &g.parts[index%len(g.parts)]
		if p.band == 0 {
			return
		}
		g.packBand(p, g.r, h, g.bandT[(h*g.bandIn+p.at)*g.size:])
		zeros := p.first - p.origin
		for e := 0; e < g.size; e += g.ks.cols {
			panel := g.band[(h*g.bandIn+p.at)*g.width+e*p.band:]
			clear(panel[:zeros*g.ks.cols])
			g.pass.copy(p.band-zeros, min(g.ks.cols, g.size-e), panel[zeros*g.ks.cols:], g.ks.cols,
				g.r[p.relRow(zeros)*g.d+h*g.size+e:], p.RelStep*g.d)
		}
	}}
}

// split is what a task is about.
func (g *attentionBackward[T]) split(task int) (h, batches, stripe int) {
	return task / (g.batches * g.stripes), task / g.stripes % g.batches, task % g.stripes
}

// batchRange is the batches of one of the divisions of a head.
func (g *attentionBackward[T]) batchRange(batches int) (lo, hi int) {
	return batches * g.batch / g.batches, (batches + 1) * g.batch / g.batches
}

// queryGrad is where a stripe adds its dq.
func (g *attentionBackward[T]) queryGrad(stripe int) []T {
	if stripe == 0 || g.dq == nil {
		return g.dq
	}
	n := g.batch * g.queries * g.d
	return g.partial[(stripe-1)*n:][:n]
}

// start clears what the tasks add to.
func (g *attentionBackward[T]) start() phase {
	return phase{tiles: g.tasks(), run: func(_ *worker, task int) {
		clear(g.bandGrad[task*g.bandIn*g.size:][:g.bandIn*g.size])
		clear(g.biasGrad[task*2*g.size:][:2*g.size])
		h, batches, stripe := g.split(task)
		dq := g.queryGrad(stripe)
		if dq == nil {
			return
		}
		lo, hi := g.batchRange(batches)
		for i := lo * g.queries; i < hi*g.queries; i++ {
			clear(dq[i*g.d+h*g.size:][:g.size])
		}
	}}
}

// reduceQueries adds the stripes of dq.
func (g *attentionBackward[T]) reduceQueries() phase {
	if g.stripes == 1 || g.dq == nil {
		return phase{}
	}
	n := g.batch * g.queries
	const rows = 64
	return phase{tiles: (n + rows - 1) / rows, run: func(_ *worker, tile int) {
		lo, hi := tile*rows*g.d, min((tile+1)*rows, n)*g.d
		for s := 1; s < g.stripes; s++ {
			g.ks.add(g.dq[lo:hi], g.dq[lo:hi], g.queryGrad(s)[lo:hi])
		}
	}}
}

// reducePositions adds the tasks' partial sums of dr.
func (g *attentionBackward[T]) reducePositions() phase {
	if g.dr == nil {
		return phase{}
	}
	const rows = 256
	chunks := (g.rel + rows - 1) / rows
	per := g.batches * g.stripes
	return phase{tiles: g.Heads * chunks, run: func(_ *worker, tile int) {
		h := tile / chunks
		lo := tile % chunks * rows
		hi := min(lo+rows, g.rel)
		for t := lo; t < hi; t++ {
			clear(g.dr[t*g.d+h*g.size:][:g.size])
		}
		for task := h * per; task < (h+1)*per; task++ {
			for index := range g.parts {
				p := &g.parts[index]
				zeros := p.first - p.origin
				for c := zeros + max(0, lo-p.relRow(zeros)+p.RelStep-1)/p.RelStep; c < p.band; c++ {
					t := p.relRow(c)
					if t >= hi {
						break
					}
					dst := g.dr[t*g.d+h*g.size:][:g.size]
					g.ks.axpy(dst, g.bandGrad[(task*g.bandIn+p.at+c)*g.size:][:g.size], math.Ln2) // as for dk
				}
			}
		}
	}}
}

// reduceBiases adds the tasks' partial sums of du and dv-bias.
func (g *attentionBackward[T]) reduceBiases() phase {
	if !g.Relative {
		return phase{}
	}
	per := g.batches * g.stripes
	return phase{tiles: g.Heads, run: func(_ *worker, h int) {
		for term, dst := range [][]T{g.du, g.dvbias} {
			if dst == nil {
				continue
			}
			dst := dst[h*g.size:][:g.size]
			clear(dst)
			for task := h * per; task < (h+1)*per; task++ {
				g.ks.add(dst, dst, g.biasGrad[(task*2+term)*g.size:][:g.size])
			}
		}
	}}
}
