package cpu

import "hgbench/pkg/graph"

// Tiles of attention. Queries and keys of a tile are counted from the start of
// their part, and every row keeps the order of its keys, so the bits of a row
// depend neither on what follows it nor on the length of the sequence.
const (
	// queryTile is the number of queries of a tile.
	queryTile = 64
	// queryGroup queries share a range of keys and a band of relative
	// positions: the waste at the diagonal and at the ends of the band is half
	// a group and a group of keys a row. Tiles and bands start at multiples of
	// it, so it is a multiple of every kernel's columns.
	queryGroup = 32
	// fewQueries share them instead where that waste is a good part of the work:
	// in parts that show a query at most narrowKeys keys. It divides queryGroup.
	fewQueries = 16
	narrowKeys = 768
	// keyTile is the number of keys of a tile. Of 256, more of each band would
	// be computed twice; with 512 the backward pass outgrows a cache of 1 MiB.
	keyTile = 384
	// scoreLead is the room before and after each row of scores: what a band
	// of relative positions has beyond the keys of a row is written there.
	scoreLead = queryGroup
	// scoreRow is the distance of two rows of scores, an odd number of cache
	// lines so that the rows of a column lie in different sets of the cache.
	scoreRow = keyTile + 2*scoreLead + 16
)

// attentionPart is a part of the pattern with its range of relative positions.
type attentionPart struct {
	graph.Part
	keys  int // index of its keyGroup
	group int // queries that share a range of keys: queryGroup or fewQueries
	// near: no other part has its queries or its keys, and these are a tile at most,
	// or its window is less than one. The keys are packed where they are used.
	near   bool
	first  int // least key − query
	origin int // of its band
	band   int // columns of its band, 0 when the part has no pairs or no positions
	at     int // where the band starts among those of all parts, in columns
}

// attentionBand is the relative positions of a part, which parts share: the
// matrix whose column c is the row of r for key − query = origin + c. Its first
// columns, up to that of the first offset that occurs, are zero: origin is
// chosen such that the first column for a group of queries and a tile of keys is
// a multiple of queryGroup.
type attentionBand struct {
	start, step  int // row of r at column c: start + step·c
	zeros, count int // columns that are zero, columns in all
	at           int // where it starts among all bands, in columns
}

// row is the row of r at a column.
func (b attentionBand) row(column int) int { return b.start + b.step*column }

// progression is an arithmetic progression of rows.
type progression struct{ start, step, count int }

func (p progression) row(i int) int { return p.start + i*p.step }

// keyGroup is a set of parts with the same keys, which are packed once.
type keyGroup struct {
	progression
	at    int // where its keys start among those of all groups
	parts []int
}

// querySet is a set of parts with the same queries, which share a running
// softmax.
type querySet struct {
	progression
	parts []int
}

// strip is a run of rows of a tile and the keys of [lo, hi), counted from the
// start of the tile, which no other rows see or they see only. lo and row are
// multiples of the part's group.
type strip struct{ row, rows, lo, hi int }

// stripBuffer holds the strips of a tile; twice as many bounds cut it the other way.
type stripBuffer [2 * queryTile / fewQueries]strip

func roundUp(n, multiple int) int { return (n + multiple - 1) / multiple * multiple }

// strips cuts the tile of queries from i and n keys from j into strips of rows
// that see the same keys, none when no query sees a key.
func (p *attentionPart) strips(i, j, n int, buffer *stripBuffer) []strip {
	strips := buffer[:0]
	rows := min(queryTile, p.QCount-i)
	for row := 0; row < rows; row += p.group {
		height := min(p.group, rows-row)
		lo, _ := p.Keys(i + row)
		_, hi := p.Keys(i + row + height - 1)
		lo, hi = max(lo-j, 0), min(hi-j, n)
		if lo >= hi {
			continue
		}
		lo, hi = lo&^(p.group-1), min(roundUp(hi, p.group), n)
		if last := len(strips) - 1; last >= 0 && strips[last].lo == lo && strips[last].hi == hi {
			strips[last].rows += height
			continue
		}
		strips = append(strips, strip{row, height, lo, hi})
	}
	return strips
}

// upright cuts what strips cover into runs of keys that the same rows see.
func upright(strips []strip, buffer *stripBuffer) []strip {
	if len(strips) == 1 {
		return strips
	}
	runs := buffer[:0]
	for lo := strips[0].lo; lo < strips[len(strips)-1].hi; {
		run := strip{row: -1, lo: lo, hi: strips[len(strips)-1].hi}
		for _, s := range strips {
			switch {
			case s.lo > lo:
				run.hi = min(run.hi, s.lo)
			case s.hi > lo:
				run.hi = min(run.hi, s.hi)
				if run.row < 0 {
					run.row = s.row
				}
				run.rows = s.row + s.rows - run.row
			}
		}
		if run.row >= 0 {
			runs = append(runs, run)
		}
		lo = run.hi
	}
	return runs
}

// groups calls f with each group of at most p.group rows of a strip, and
// with the columns [from, to) of the part's band that its pairs need. Column c
// of the band stands for key c − from + lead of row 0, where lead is the key
// of the group's first row at column from, and for one key further each row.
func (p *attentionPart) groups(i, j int, s strip, f func(row, rows, from, to, lead int)) {
	for row := s.row; row < s.row+s.rows; row += p.group {
		rows := min(p.group, s.row+s.rows-row)
		start := j + s.lo - (i + row) - (p.group - 1) - p.origin
		from, to := max(start, 0), min(start+roundUp(s.hi-s.lo, p.group)+p.group, p.band)
		if from < to {
			f(row, rows, from, to, s.lo-(p.group-1)+from-start)
		}
	}
}

// queriesSeeing returns the range of the part's queries that see any of the n
// keys from j on.
func (p *attentionPart) queriesSeeing(j, n int) (lo, hi int) {
	lo, hi = max(0, j-p.Diagonal), p.QCount
	if p.Window > 0 {
		hi = min(hi, j+n-1-p.Diagonal+p.Window)
	}
	return lo, max(lo, hi)
}

// keysSeen returns the range of keys that the rows of the tile from i on see.
func (p *attentionPart) keysSeen(i int) (lo, hi int) {
	lo, _ = p.Keys(i)
	_, hi = p.Keys(min(i+queryTile, p.QCount) - 1)
	return lo, hi
}
