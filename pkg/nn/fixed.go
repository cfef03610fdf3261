package nn

import (
	"cmp"

	"hgbench/pkg/graph"
)

// fixed is the fixed attention of the Sparse Transformer (Child et al. 2019,
// arXiv 1904.10509, section 4.3; openai/sparse_attention): the own block, and the
// summary of each block before, which are some of its last positions. Heads have
// summaries of their own, from the last in each block backwards, as long as there
// are. Merged heads see both; split, the first half sees the block and the second
// the summaries.
func fixed(p *parameters) Attention {
	block := p.number("block", 1, maxParameter)
	summary := p.number("summary", 1, maxParameter)
	split := p.word("heads", "merged", "split") == "split"
	if p.err == nil && block%summary != 0 {
		p.fail("summary %d: want a divisor of block %d", summary, block)
	}
	a := patterned(ofLength(func(heads, length int) graph.Pattern {
		return FixedPattern(length, heads, block, summary, block/summary, split)
	}))
	a.unit = block
	a.check = func(heads, _, length int) error {
		return cmp.Or(checkSplit(split, heads, "block", block, length), pairable(block, length))
	}
	return a
}

// FixedPattern lets position i see j ≤ i of its own block, i/block = j/block, and
// those of summaries, block − (s+1)·summary ≤ j mod block < block − s·summary,
// where s is the number of the head modulo distinct.
func FixedPattern(length, count, block, summary, distinct int, split bool) graph.Pattern {
	s := newSelfPattern(length, length-1)
	own, far := heads{}, heads{0, count}
	if split {
		own, far = heads{0, count / 2}, heads{count / 2, count - count/2}
	}
	for q := 0; q < length; q += block {
		s.span(own, q, q+block, q, q+block)
	}
	for h := far.first; h < far.first+far.count; h++ {
		of, start := heads{h, 1}, block-(h%distinct+1)*summary
		if distinct == 1 {
			if h > far.first {
				break
			}
			of = far
		}
		for q := 0; q < length; q += block {
			for k := start; k < q+block; k += block {
				if k < q || split { // merged, those of the own block are seen already
					s.span(of, q, q+block, k, k+summary)
				}
			}
		}
	}
	return s.Pattern
}
