package cpu

import (
	"runtime"
	"slices"
	"sync"
	"weak"

	"hgbench/pkg/graph"
)

// attentionLayout is the parts that a head has, with the keys, queries and bands
// that they share.
type attentionLayout struct {
	parts     []attentionPart
	bands     []attentionBand
	keyGroups []keyGroup
	querySets []querySet
	keysIn    int // keys of all groups that are packed at first, each rounded up to queryGroup
	bandIn    int // columns of all bands

	// Sets and groups that lie in different layers may have rows in common.
	queryLayers, keyLayers [][]int
	// carry: some query is in no part, or in several sets. add: likewise keys.
	carry, add bool
	// apart: no two parts have a query or a key in common, every query sees a key, of
	// two tiles of keys at most, and every key is in a part, so that dq is written
	// where it is first known and needs no partial sums.
	apart bool

	pairs func() (keys, bands int64) // of all parts, counted when somebody asks: see count
}

// laidOut are the layouts of patterns that are in use. Layers share a pattern, and
// one of many blocks takes longer to lay out than all else about a plan, and
// megabytes.
var laidOut sync.Map // patternKey to []*attentionLayout

// patternKey is a pattern by where its parts are, and what else a layout depends on.
type patternKey struct {
	parts    weak.Pointer[graph.Part]
	count    int
	heads    int
	relative bool
}

// layoutsOf the heads.
func layoutsOf(op graph.Attention) []*attentionLayout {
	parts := op.Pattern.Parts
	if len(parts) == 0 {
		return newLayouts(op)
	}
	key := patternKey{weak.Make(&parts[0]), len(parts), op.Heads, op.Relative}
	if known, ok := laidOut.Load(key); ok {
		return known.([]*attentionLayout)
	}
	made, known := laidOut.LoadOrStore(key, newLayouts(op))
	if !known {
		runtime.AddCleanup(&parts[0], func(key patternKey) { laidOut.Delete(key) }, key)
	}
	return made.([]*attentionLayout)
}

func newLayouts(op graph.Attention) []*attentionLayout {
	of := make([]*attentionLayout, op.Heads)
	var chosen [][]int // parts of the heads that have a layout of their own
	for h := range of {
		var parts []int
		for i, p := range op.Pattern.Parts {
			if p.Of(h) && p.QCount > 0 && p.KCount > 0 {
				parts = append(parts, i)
			}
		}
		if same := slices.IndexFunc(chosen, func(other []int) bool { return slices.Equal(parts, other) }); same >= 0 {
			chosen = append(chosen, nil)
			of[h] = of[same]
			continue
		}
		chosen = append(chosen, parts)
		of[h] = newAttentionLayout(op, parts)
	}
	return of
}

// bandKey is what parts that share a band agree on.
type bandKey struct{ start, step, first, last int }

func newAttentionLayout(op graph.Attention, parts []int) *attentionLayout {
	l := &attentionLayout{}
	groups, sets, bands := map[progression]int{}, map[progression]int{}, map[bandKey]int{}
	for _, index := range parts {
		p := op.Pattern.Parts[index]
		keys, queries := progression{p.KStart, p.KStep, p.KCount}, progression{p.QStart, p.QStep, p.QCount}
		group, ok := groups[keys]
		if !ok {
			group = len(l.keyGroups)
			groups[keys] = group
			l.keyGroups = append(l.keyGroups, keyGroup{progression: keys})
		}
		set, ok := sets[queries]
		if !ok {
			set = len(l.querySets)
			sets[queries] = set
			l.querySets = append(l.querySets, querySet{progression: queries})
		}
		part := attentionPart{Part: p, keys: group, group: queryGroup, first: -(p.QCount - 1)}
		if shown := min(p.KCount, p.QCount+p.Diagonal); !op.Relative || shown <= narrowKeys || p.Window > 0 && p.Window <= narrowKeys {
			part.group = fewQueries
		}
		if p.Window > 0 {
			part.first = max(part.first, p.Diagonal-p.Window+1)
		}
		if last := min(p.Diagonal, p.KCount-1); op.Relative && part.first <= last {
			// The first column of a band is that of an offset ≡ 1 modulo queryGroup.
			part.origin = part.first - ((part.first-1)%queryGroup+queryGroup)%queryGroup
			part.band = last - part.origin + 1
			key := bandKey{p.RelStart, p.RelStep, part.first, last}
			band, ok := bands[key]
			if !ok {
				band = len(l.bands)
				bands[key] = band
				l.bands = append(l.bands, attentionBand{
					start: p.RelStart + p.RelStep*part.origin, step: p.RelStep, zeros: part.first - part.origin, count: part.band, at: l.bandIn,
				})
				l.bandIn += roundUp(part.band, queryGroup)
			}
			part.at = l.bands[band].at
		}
		l.keyGroups[group].parts = append(l.keyGroups[group].parts, len(l.parts))
		l.querySets[set].parts = append(l.querySets[set].parts, len(l.parts))
		l.parts = append(l.parts, part)
	}
	queries, keys := make([]progression, len(l.querySets)), make([]progression, len(l.keyGroups))
	for i, s := range l.querySets {
		queries[i] = s.progression
	}
	for i, g := range l.keyGroups {
		keys[i] = g.progression
	}
	l.queryLayers, l.carry = layers(op.Pattern.Queries, queries)
	l.keyLayers, l.add = layers(op.Pattern.Keys, keys)
	l.apart = !l.carry && !l.add && !op.Relative
	for _, s := range l.querySets {
		p := &l.parts[s.parts[0]]
		only := len(s.parts) == 1 && len(l.keyGroups[p.keys].parts) == 1
		square := p.Diagonal == 0 && p.QCount == p.KCount
		p.near = only && (len(l.querySets) > 1 && p.KCount <= keyTile || square && p.Window > 0 && p.Window+queryTile <= keyTile)
		l.apart = l.apart && p.near && square
	}
	for i := range l.keyGroups {
		if g := &l.keyGroups[i]; !l.parts[g.parts[0]].near {
			g.at = l.keysIn
			l.keysIn += roundUp(g.count, queryGroup)
		}
	}
	l.pairs = sync.OnceValues(l.count)
	return l
}

// layers puts progressions of rows below n into as few layers as it finds such
// that those of a layer are disjoint, and says whether they are more or less
// than all rows, once each.
func layers(n int, of []progression) (layers [][]int, uneven bool) {
	var taken [][]bool
	covered := 0
next:
	for i, p := range of {
		covered += p.count
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
	return layers, len(layers) > 1 || covered < n
}

func (p progression) mark(taken []bool) {
	for j := range p.count {
		taken[p.row(j)] = true
	}
}
