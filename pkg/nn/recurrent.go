package nn

import (
	"fmt"

	"hgbench/pkg/graph"
)

// recurrentKinds are those that Recurrent has a meaning for.
const recurrentKinds = "relative, full, window, strided, local or fixed"

// Recurrent is what a layer shows to length positions that come after memory others
// of a stream: the pattern of all, of which those before are keys only. It has a
// meaning for kinds that CheckRecurrent passes.
func (a Attention) Recurrent(heads int, at Place, length, memory int) graph.Pattern {
	return a.pattern(heads, at, memory+length).After(memory)
}

// Reach is how many of memory positions before the first of a segment a layer can
// see at all; it never asks for a part of a block.
func (a Attention) Reach(heads int, at Place, memory int) int {
	reach := a.pattern(heads, at, memory+1).Rel - 1
	return min(memory, (reach+a.unit-1)/a.unit*a.unit)
}

// CheckRecurrent says whether a kind has a meaning in segments of length positions
// with so much memory of those before, beside what CheckAttention says.
//
// What a kind shows must be the same wherever a segment starts. Where it depends on
// distances alone it is; blocks that are counted from the start of a sequence keep
// their borders where segments and memory consist of whole ones. Random blocks,
// buckets, clusters and prefix sums belong to one sequence from its start on.
func CheckRecurrent(kind string, positions Positions, heads, layers, length, memory int) error {
	a, err := ParseAttention(kind)
	if err == nil && a.unit > 0 {
		err = CheckAttention(kind, positions, heads, layers, length+memory)
	}
	switch {
	case err != nil:
		return err
	case a.unit == 0:
		return fmt.Errorf("attention %q: has no meaning with memory, as what it shows depends on the whole sequence; want %s", kind, recurrentKinds)
	case positions == Absolute:
		return fmt.Errorf("positions %s: with memory a token would be at another position in each segment; want relative, rotary or none", positions)
	case memory > 0 && (length%a.unit != 0 || memory%a.unit != 0):
		return fmt.Errorf("attention %q: segments of %d with memory of %d would move the borders of blocks of %d; want multiples of %[4]d, or attention without blocks", kind, length, memory, a.unit)
	}
	return nil
}
