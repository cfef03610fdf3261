package cpu

// executed counts the operations of the strips that are computed: so many for
// each pair of a query and a key, and of a query and a column of the band.
func (s *attentionShape[T]) executed(perKey, perBand float64) (operations float64) {
	for _, l := range s.of {
		keys, bands := l.pairs()
		operations += perKey*float64(keys) + perBand*float64(bands)
	}
	return operations * float64(s.batch) * float64(s.size)
}

// count sums the pairs of all parts. A pattern has many parts of few extents, as
// the residue classes of a stride have: those of one extent are counted once.
func (l *attentionLayout) count() (keys, bands int64) {
	type extent struct{ queries, keys, diagonal, window int }
	times := map[extent]int64{}
	for i := range l.parts {
		p := &l.parts[i]
		times[extent{p.QCount, p.KCount, p.Diagonal, p.Window}]++
	}
	for i := range l.parts {
		p := &l.parts[i]
		e := extent{p.QCount, p.KCount, p.Diagonal, p.Window}
		if n := times[e]; n > 0 {
			k, b := p.pairs()
			keys, bands = keys+n*k, bands+n*b
			times[e] = 0
		}
	}
	return keys, bands
}

// pairs of the part that are computed: of queries and keys, and of queries and
// columns of the band.
//
// What is computed of whole tiles depends on the distance between their queries
// and keys only. So each distance is looked at once and counted as often as it
// occurs, which takes time in proportion to the length and not to its square.
func (p *attentionPart) pairs() (keys, bands int64) {
	const step = keyTile / queryTile
	wholeQueries, wholeKeys := p.QCount/queryTile, p.KCount/keyTile
	add := func(times int64, i, j int) {
		k, b := p.tilePairs(i, j)
		keys, bands = keys+times*k, bands+times*b
	}
	// Tile a of the queries and b of the keys are m = a − step·b apart, in tiles of
	// queries. From the first distance at which some query of the tile sees a key ...
	first, last := floorDiv(-p.Diagonal, queryTile)-1, wholeQueries-1
	if p.Window > 0 { // ... to the last
		last = min(last, floorDiv(keyTile+p.Window-p.Diagonal, queryTile)+1)
	}
	for m := max(first, -step*(wholeKeys-1)); m <= last; m++ {
		low := max(0, -floorDiv(m, step)) // the least b with a ≥ 0
		high := min(wholeKeys-1, floorDiv(wholeQueries-1-m, step))
		if low <= high {
			add(int64(high-low+1), (m+step*low)*queryTile, low*keyTile)
		}
	}
	if rest := wholeQueries * queryTile; rest < p.QCount {
		for j := 0; j < p.KCount; j += keyTile {
			add(1, rest, j)
		}
	}
	if rest := wholeKeys * keyTile; rest < p.KCount {
		for a := range wholeQueries {
			add(1, a*queryTile, rest)
		}
	}
	return keys, bands
}

// tilePairs are those of the tile of queries from i and keys from j.
func (p *attentionPart) tilePairs(i, j int) (keys, bands int64) {
	var buffer stripBuffer
	for _, s := range p.strips(i, j, min(keyTile, p.KCount-j), &buffer) {
		keys += int64(s.rows * (s.hi - s.lo))
		p.groups(i, j, s, func(_, rows, from, to, _ int) { bands += int64(rows * (to - from)) })
	}
	return keys, bands
}

// floorDiv is n/d rounded down.
func floorDiv(n, d int) int {
	q := n / d
	if n%d < 0 {
		q--
	}
	return q
}
