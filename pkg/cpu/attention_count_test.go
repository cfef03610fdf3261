package cpu

import (
	"math/rand/v2"
	"testing"
	"time"

	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// slowPairs counts strip by strip, in the order in which the kernel computes them.
func slowPairs(p *attentionPart) (keys, bands int64) {
	for i := 0; i < p.QCount; i += queryTile {
		lo, hi := p.keysSeen(i)
		for j := lo / keyTile * keyTile; j < hi; j += keyTile {
			k, b := p.tilePairs(i, j)
			keys, bands = keys+k, bands+b
		}
	}
	return keys, bands
}

func TestPairsAreThoseOfAllStrips(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	size := func() int { return []int{1, 31, 63, 64, 65, 383, 384, 385, 768, 2000}[rng.IntN(10)] + rng.IntN(3) }
	for n := range 4000 {
		part := graph.Part{QStep: 1, QCount: size(), KStep: 1, KCount: size()}
		part.Diagonal = rng.IntN(2*part.KCount+200) - part.KCount - 100
		if rng.IntN(2) == 0 {
			part.Window = 1 + rng.IntN(3000)>>rng.IntN(10)
		}
		if rng.IntN(3) == 0 {
			part.Diagonal = []int{0, -1, part.KCount, max(0, part.KCount-part.QCount)}[rng.IntN(4)]
		}
		part.RelStart, part.RelStep = part.QCount, 1
		pattern := graph.Pattern{Queries: part.QCount, Keys: part.KCount, Rel: part.QCount + part.KCount, Parts: []graph.Part{part}}
		layout := newAttentionLayout(graph.Attention{Heads: 1, Pattern: pattern, Relative: n%2 == 0}, []int{0})
		p := &layout.parts[0]
		keys, bands := p.pairs()
		if wantKeys, wantBands := slowPairs(p); keys != wantKeys || bands != wantBands {
			t.Fatalf("%+v: %d pairs and %d of the band, want %d and %d", part, keys, bands, wantKeys, wantBands)
		}
	}
}

// A layout counts the pairs of every part, of those that are alike too.
func TestPairsOfALayout(t *testing.T) {
	patterns := attentionPatterns()
	patterns["strided"] = nn.StridedPattern(1000, 2, 7, true)
	patterns["merged"] = nn.StridedPattern(1000, 2, 7, false)
	patterns["fixed"] = nn.FixedPattern(1000, 2, 70, 10, 2, false)
	for name, pattern := range patterns {
		for _, relative := range []bool{false, true} {
			for head, l := range newLayouts(graph.Attention{Heads: 2, Pattern: pattern, Relative: relative}) {
				var wantKeys, wantBands int64
				for i := range l.parts {
					keys, bands := slowPairs(&l.parts[i])
					wantKeys, wantBands = wantKeys+keys, wantBands+bands
				}
				if keys, bands := l.pairs(); keys != wantKeys || bands != wantBands {
					t.Errorf("%s, head %d, relative %v: %d pairs and %d of the band, want %d and %d", name, head, relative, keys, bands, wantKeys, wantBands)
				}
			}
		}
	}
}

// A million positions are counted in no time.
func TestPairsOfAMillion(t *testing.T) {
	layout := newAttentionLayout(graph.Attention{Heads: 1, Pattern: graph.Causal(1 << 20), Relative: true}, []int{0})
	start := time.Now()
	keys, _ := layout.parts[0].pairs()
	if spent := time.Since(start); spent > 2*time.Second {
		t.Errorf("counting took %v", spent)
	}
	if whole := int64(1) << 40; keys < whole/2 || keys > whole*51/100 {
		t.Errorf("%d pairs, want a little more than half of 2⁴⁰", keys)
	}
}
