package nn

import (
	"cmp"

	"hgbench/pkg/graph"
)

// local is attention inside chunks of positions and to so many chunks before, the
// cheap layers of Reformer (Kitaev et al. 2020, arXiv 2001.04451; google/trax,
// SelfAttention with chunk_len).
func local(p *parameters) Attention {
	chunk := p.number("chunk", 1, maxParameter)
	before := p.numberOr("before", 1, 0, maxParameter)
	a := patterned(func(_ int, _ Place, length int) graph.Pattern { return LocalPattern(length, chunk, before) })
	a.unit = chunk
	a.check = func(_, _, length int) error {
		return cmp.Or(within("chunk", chunk, length), withinBlocks("before", before, chunk, length))
	}
	return a
}

// LocalPattern lets position i see j ≤ i with i/chunk − j/chunk ≤ before.
func LocalPattern(length, chunk, before int) graph.Pattern {
	s := newSelfPattern(length, (min(before, length/chunk)+1)*chunk-1)
	for q := 0; q < length; q += chunk {
		for k := max(0, q-min(before, length/chunk)*chunk); k <= q; k += chunk {
			s.span(heads{}, q, q+chunk, k, k+chunk)
		}
	}
	return s.Pattern
}
