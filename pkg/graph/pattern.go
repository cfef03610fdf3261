package graph

// Part is one piece of an attention pattern: an arithmetic progression of
// queries, one of keys, and a causal band between them.
//
// Query i of the part is row QStart + i·QStep of q, for i < QCount; key j is
// row KStart + j·KStep of k and v, for j < KCount. Query i sees key j when
//
//	Diagonal − Window < j − i ≤ Diagonal     (Window 0: no lower limit)
//
// and their relative position is row RelStart + RelStep·(j − i) of r.
//
// Progressions turn resampling, strided and dilated patterns into the plain
// causal band, so that one kernel serves them all: what a part does not touch
// is neither computed nor stored.
//
// The heads from Head on, so many as Heads says, have the part (Heads 0: all).
type Part struct {
	QStart, QStep, QCount int
	KStart, KStep, KCount int
	Diagonal, Window      int
	RelStart, RelStep     int
	Head, Heads           int
}

// Of says whether a head has the part.
func (p Part) Of(head int) bool { return p.Heads == 0 || p.Head <= head && head < p.Head+p.Heads }

// Keys returns the range [lo, hi) of part keys that part query i sees.
func (p Part) Keys(i int) (lo, hi int) {
	hi = min(i+p.Diagonal+1, p.KCount)
	if p.Window > 0 {
		lo = max(0, i+p.Diagonal-p.Window+1)
	}
	return min(lo, max(hi, 0)), max(hi, 0)
}

// Pattern says which query sees which key: for each head the union of disjoint
// parts, whose scores share one softmax. A query that sees nothing gets the
// output 0.
type Pattern struct {
	Queries, Keys int // rows of q, and of k and v
	Rel           int // rows of r, the table of relative positions
	Parts         []Part
}

// Causal lets each of l positions see itself and those before. Row t of the
// relative table stands for the distance t−(l−1).
func Causal(l int) Pattern { return Recurrent(l, 0, 0) }

// Recurrent is causal attention of l positions over memory positions before
// them and themselves (Transformer-XL). A positive window limits each query to
// so many keys. Row t of the relative table stands for the distance
// t−(l+memory−1).
func Recurrent(l, memory, window int) Pattern {
	return Pattern{
		Queries: l, Keys: memory + l, Rel: memory + l,
		Parts: []Part{{
			QStep: 1, QCount: l, KStep: 1, KCount: memory + l,
			Diagonal: memory, Window: window, RelStart: l - 1, RelStep: 1,
		}},
	}
}

// After is the pattern without its first memory queries: what is left stands for
// positions that come after others, whose keys they see all the same.
func (p Pattern) After(memory int) Pattern {
	after := Pattern{Queries: p.Queries - memory, Keys: p.Keys, Rel: p.Rel}
	for _, part := range p.Parts {
		skip := max(0, (memory-part.QStart+part.QStep-1)/part.QStep)
		if skip >= part.QCount {
			continue
		}
		part.QStart += skip*part.QStep - memory
		part.QCount -= skip
		part.Diagonal += skip
		part.RelStart -= skip * part.RelStep
		after.Parts = append(after.Parts, part)
	}
	return after
}

// Shorten lets query i, which stands for a group of factor positions, see all
// keys up to the end of its group: key j iff j/factor ≤ i. Row t of the
// relative table stands for the distance t−factor·(queries−1) from the first
// position of the group.
func Shorten(queries, factor int) Pattern {
	p := Pattern{Queries: queries, Keys: queries * factor, Rel: queries * factor}
	for r := range factor {
		p.Parts = append(p.Parts, Part{
			QStep: 1, QCount: queries, KStart: r, KStep: factor, KCount: queries,
			RelStart: factor*(queries-1) + r, RelStep: factor,
		})
	}
	return p
}

// Upsample lets query i see the groups up to its own: key j iff j ≤ i/factor.
// Row t of the relative table stands for the distance t−(factor·keys−1).
func Upsample(keys, factor int) Pattern {
	p := Pattern{Queries: keys * factor, Keys: keys, Rel: keys * factor}
	for r := range factor {
		p.Parts = append(p.Parts, Part{
			QStart: r, QStep: factor, QCount: keys, KStep: 1, KCount: keys,
			RelStart: factor*keys - 1 - r, RelStep: factor,
		})
	}
	return p
}

// Visible counts the pairs of a query and a key it sees, over so many heads and
// among the first queries rows of q: rows from there on are padding.
func (p Pattern) Visible(queries, heads int) int64 {
	var pairs int64
	for _, part := range p.Parts {
		of := heads
		if part.Heads > 0 {
			of = min(part.Head+part.Heads, heads) - min(part.Head, heads)
		}
		if n := min(part.QCount, (queries-part.QStart+part.QStep-1)/part.QStep); n > 0 {
			pairs += int64(of) * part.pairs(n)
		}
	}
	return pairs
}

// pairs of the first n queries and the keys they see: those up to the diagonal
// without those before the window.
func (p Part) pairs(n int) int64 {
	pairs := clampedSum(n, p.Diagonal+1, p.KCount)
	if p.Window > 0 {
		pairs -= clampedSum(n, p.Diagonal+1-p.Window, p.KCount)
	}
	return pairs
}

// clampedSum is Σ i+c over i < n, each term held to [0, k].
func clampedSum(n, c, k int) int64 {
	from := min(max(0, -c), n)   // terms before are 0
	to := min(max(from, k-c), n) // terms from here on are k
	first, terms := int64(from+c), int64(to-from)
	return terms*first + terms*(terms-1)/2 + int64(n-to)*int64(k)
}

// Mask returns the pattern of a head as a matrix of queries by keys.
func (p Pattern) Mask(head int) [][]bool {
	mask := make([][]bool, p.Queries)
	for i := range mask {
		mask[i] = make([]bool, p.Keys)
	}
	for _, part := range p.Parts {
		if !part.Of(head) {
			continue
		}
		for i := range part.QCount {
			lo, hi := part.Keys(i)
			for j := lo; j < hi; j++ {
				mask[part.QStart+i*part.QStep][part.KStart+j*part.KStep] = true
			}
		}
	}
	return mask
}
