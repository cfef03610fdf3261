package cpu

import (
	"math"
	"slices"
)

// keyUnit is a tile of keys of a group. later: its neighbours came before it, and
// have written the dq of queries that see both, if the layout is apart.
type keyUnit struct {
	group, key, cost int
	later            bool
}

// stripes are the units of a head: of each layer, of each stripe.
type stripes [][][]keyUnit

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
	units := map[*attentionLayout][][]keyUnit{} // of each layer
	most := 1
	for _, l := range g.of {
		if _, ok := units[l]; ok {
			continue
		}
		all := l.units()
		units[l] = all
		for _, layer := range all {
			most = max(most, len(layer))
		}
	}
	g.stripes = min(g.stripes, most)
	shared := map[*attentionLayout]stripes{}
	for _, l := range g.of {
		if _, ok := shared[l]; !ok {
			for _, layer := range units[l] {
				shared[l] = append(shared[l], share(layer, g.stripes))
			}
		}
		g.work = append(g.work, shared[l])
	}
}

// layers is the largest number of layers of a head.
func (g *attentionBackward[T]) layers() int {
	most := 0
	for _, w := range g.work {
		most = max(most, len(w))
	}
	return most
}

// units of each layer. When the layout is apart they are two, of every other tile of
// keys, as neighbours have queries in common.
func (l *attentionLayout) units() [][]keyUnit {
	all := make([][]keyUnit, len(l.keyLayers))
	var later []keyUnit
	for i, layer := range l.keyLayers {
		for _, group := range layer {
			for j := 0; j < l.keyGroups[group].count; j += keyTile {
				u := l.unit(group, j)
				if u.later = l.apart && j/keyTile%2 == 1; u.later {
					later = append(later, u)
					continue
				}
				all[i] = append(all[i], u)
			}
		}
	}
	if later != nil {
		all = append(all, later)
	}
	return all
}

func (l *attentionLayout) unit(group, j int) keyUnit {
	u := keyUnit{group: group, key: j}
	n := min(keyTile, l.keyGroups[group].count-j)
	for _, index := range l.keyGroups[group].parts {
		lo, hi := l.parts[index].queriesSeeing(j, n)
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
	if !slices.ContainsFunc(g.of, func(l *attentionLayout) bool { return l.add }) {
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
	return g.eachBand(func(h, at int, band *attentionBand) {
		g.packBand(band, g.r, h, g.bandT[at*g.size:])
		for e := 0; e < g.size; e += g.ks.cols {
			panel := g.band[at*g.width+e*band.count:]
			clear(panel[:band.zeros*g.ks.cols])
			g.pass.copy(band.count-band.zeros, min(g.ks.cols, g.size-e), panel[band.zeros*g.ks.cols:], g.ks.cols,
				g.r[band.row(band.zeros)*g.d+h*g.size+e:], band.step*g.d)
		}
	})
}

// split is what a task is about.
func (g *attentionBackward[T]) split(task int) (h, batches, stripe int) {
	return task / (g.batches * g.stripes), task / g.stripes % g.batches, task % g.stripes
}

// batchRange is the batches of one of the divisions of a head.
func (g *attentionBackward[T]) batchRange(batches int) (lo, hi int) {
	return batches * g.batch / g.batches, (batches + 1) * g.batch / g.batches
}

// queryGrad is where a stripe of a head writes or adds its dq.
func (g *attentionBackward[T]) queryGrad(h, stripe int) []T {
	if stripe == 0 || g.dq == nil || g.of[h].apart {
		return g.dq
	}
	n := g.batch * g.queries * g.d
	return g.partial[(stripe-1)*n:][:n]
}

// start clears what the tasks add to.
func (g *attentionBackward[T]) start() phase {
	return phase{tiles: g.tasks(), run: func(_ *worker, task int) {
		clear(g.bandGrad[task*g.widest*g.size:][:g.widest*g.size])
		clear(g.biasGrad[task*2*g.size:][:2*g.size])
		h, batches, stripe := g.split(task)
		dq := g.queryGrad(h, stripe)
		if dq == nil || g.of[h].apart {
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
	type columns struct{ lo, hi int }
	var striped []columns // of neighbouring heads together
	for h, l := range g.of {
		switch last := len(striped) - 1; {
		case l.apart:
		case last >= 0 && striped[last].hi == h*g.size:
			striped[last].hi += g.size
		default:
			striped = append(striped, columns{h * g.size, (h + 1) * g.size})
		}
	}
	if g.stripes == 1 || g.dq == nil || len(striped) == 0 {
		return phase{}
	}
	n := g.batch * g.queries
	const rows = 64
	return phase{tiles: (n + rows - 1) / rows, run: func(_ *worker, tile int) {
		for i := tile * rows; i < min((tile+1)*rows, n); i++ {
			for _, c := range striped {
				to := g.dq[i*g.d+c.lo : i*g.d+c.hi]
				for s := 1; s < g.stripes; s++ {
					g.ks.add(to, to, g.queryGrad(c.lo/g.size, s)[i*g.d+c.lo:i*g.d+c.hi])
				}
			}
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
			for _, band := range g.of[h].bands {
				first := band.row(band.zeros)
				for c := band.zeros + max(0, lo-first+band.step-1)/band.step; c < band.count; c++ {
					t := band.row(c)
					if t >= hi {
						break
					}
					dst := g.dr[t*g.d+h*g.size:][:g.size]
					g.ks.axpy(dst, g.bandGrad[(task*g.widest+band.at+c)*g.size:][:g.size], math.Ln2) // as for dk
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
