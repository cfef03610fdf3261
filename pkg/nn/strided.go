package nn

import (
	"fmt"

	"hgbench/pkg/graph"
)

// strided is the strided attention of the Sparse Transformer (Child et al. 2019,
// arXiv 1904.10509, section 4.3; openai/sparse_attention): the last stride
// positions, own one included, and every stride-th before. Split heads have one
// of the two: the first half the near positions, the second the far ones; merged
// heads have both.
func strided(p *parameters) Attention {
	stride := p.number("stride", 1, maxParameter)
	split := p.word("heads", "split", "merged") == "split"
	a := patterned(ofLength(func(heads, length int) graph.Pattern {
		return StridedPattern(length, heads, stride, split)
	}))
	a.unit = 1
	a.check = func(heads, _, length int) error { return checkSplit(split, heads, "stride", stride, length) }
	return a
}

func checkSplit(split bool, heads int, name string, value, length int) error {
	if split && heads < 2 {
		return fmt.Errorf("heads split with %d head: want 2 or more, or heads: merged", heads)
	}
	return within(name, value, length)
}

// StridedPattern lets position i see near, 0 ≤ i−j < stride, and far, (i−j) mod
// stride = 0.
func StridedPattern(length, count, stride int, split bool) graph.Pattern {
	s := newSelfPattern(length, length-1)
	near, far := heads{}, heads{}
	if split {
		near, far = heads{0, count / 2}, heads{count / 2, count - count/2}
	}
	s.progression(near, 0, 1, stride, true)
	for first := range min(stride, length) {
		s.progression(far, first, stride, 0, split) // merged, the own position is near
	}
	return s.Pattern
}
