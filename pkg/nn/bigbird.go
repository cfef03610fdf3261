package nn

import (
	"cmp"

	"hgbench/pkg/graph"
	"hgbench/pkg/philox"
)

// bigbird is the block-sparse attention of BigBird (Zaheer et al. 2020, arXiv
// 2007.14062) made causal: the own block and window blocks before it, the first
// global blocks, and random blocks of the past, in which each head chooses for
// itself, the same ones in every step. The original is for encoders; a decoder of
// it has never been published, so this is ours: what is later is left out before
// blocks are drawn, not after.
func bigbird(p *parameters) Attention {
	block := p.number("block", 1, maxParameter)
	b := BigBird{
		Window: p.numberOr("window", 1, 0, maxParameter),
		Global: p.numberOr("global", 1, 0, maxParameter),
	}
	random := p.numberOr("random", 3, 0, maxParameter)
	seed := p.numberOr("seed", 1, 0, maxParameter)
	if random == 0 {
		p.idle("seed")
	}
	a := patterned(func(heads int, at Place, length int) graph.Pattern {
		b := b
		for h := range heads {
			b.Random = append(b.Random, b.draw((length+block-1)/block, random, uint64(seed), uint64(at.Total)<<32|uint64(at.Layer)<<16|uint64(h)))
		}
		return BigBirdPattern(length, block, b)
	})
	a.check = func(_, _, length int) error {
		return cmp.Or(within("block", block, length), withinBlocks("window", b.Window, block, length), withinBlocks("global", b.Global, block, length), pairable(block, length))
	}
	return a
}

// BigBird says which blocks a block sees.
type BigBird struct {
	Window, Global int       // blocks before it, and at the start
	Random         [][][]int // [head][block], blocks between the two
	LastSeesAll    bool      // the last block sees all before it
}

// draw so many random blocks for each of n blocks, fewer where fewer are left
// over. What is drawn for a block does not depend on how many come after it.
func (b BigBird) draw(n, random int, seed, stream uint64) [][]int {
	source := philox.New(seed, stream)
	drawn := make([][]int, n)
	for a := range drawn {
		var free []int
		for k := b.Global; k < a-b.Window; k++ {
			free = append(free, k)
		}
		for i := 0; i < min(random, len(free)); i++ {
			j := i + int(source.Uint64n(uint64(a), uint64(i), uint64(len(free)-i)))
			free[i], free[j] = free[j], free[i]
		}
		drawn[a] = free[:min(random, len(free))]
	}
	return drawn
}

// BigBirdPattern lets positions see those of the blocks that theirs sees, not
// later than they are.
func BigBirdPattern(length, block int, b BigBird) graph.Pattern {
	s := newSelfPattern(length, length-1)
	blocks := (length + block - 1) / block
	see := func(of heads, q, k int) { s.span(of, q*block, (q+1)*block, k*block, (k+1)*block) }
	for q := range blocks {
		if q == blocks-1 && b.LastSeesAll {
			for k := range blocks {
				see(heads{}, q, k)
			}
			break
		}
		near := max(0, q-b.Window)
		for k := range min(b.Global, near) {
			see(heads{}, q, k)
		}
		for h, random := range b.Random {
			for _, k := range random[q] {
				see(heads{h, 1}, q, k)
			}
		}
		for k := near; k <= q; k++ {
			see(heads{}, q, k)
		}
	}
	return s.Pattern
}
