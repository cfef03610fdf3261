package nn

import (
	"fmt"
	"math"
	"sync"

	"hgbench/pkg/graph"
	"hgbench/pkg/philox"
)

// What the original of FAVOR+ adds to features, and to denominators that are no
// larger; and what the ReLU kernel of Trax adds to features.
const (
	favorEpsilon = 1e-6
	reluEpsilon  = 1e-3
)

// favor is attention through so many positive orthogonal random features of the
// softmax kernel, in time and memory linear in the length (Performer,
// Choromanski et al. 2021, arXiv 2009.14794; google-research,
// performer/fast_attention). All heads of a layer share the features, which are
// drawn once, or in every redraw-th step of training.
//
// The original is not causal: it divides keys by their maximum over all positions,
// and draws features by a seed that is a sum over all queries. Here the maximum is
// that of the positions so far, and the seed is the step. No gradient flows through
// the maximum, on which the output depends by epsilon only.
func favor(p *parameters) Attention {
	features := p.number("features", 1, 1<<16)
	redraw := p.numberOr("redraw", 0, 0, maxParameter)
	seed := p.numberOr("seed", 1, 0, maxParameter)
	if redraw > 0 {
		p.idle("seed") // drawn anew, features follow the seed of the run
	}
	epsilon := p.realOr("epsilon", favorEpsilon, 0, 1)
	original := p.word("selection", "causal", "original") == "original"
	return Attention{Absolute: true, Random: redraw > 0, Linear: true, Leaks: original, pattern: all, attend: func(l *Layers, at Place, h *graph.Value) *graph.Value {
		q, k, v := l.heads(at.Prefix, h, h, l.turning(at))
		table := l.projection(at, features, redraw, uint64(seed))
		op := graph.LinearAttention{Heads: l.Heads, Kernel: graph.SoftmaxKernel, Norm: 1 / math.Sqrt(float64(features)), Epsilon: epsilon, Stabiliser: epsilon}
		if !original {
			return l.LinearAttention(op, q, k, v, table)
		}
		q, _ = l.Features(graph.Features{Heads: l.Heads, Through: true}, q, table)
		k, _ = l.Features(graph.Features{Heads: l.Heads, Maximum: graph.OfAll, Through: true}, k, table)
		op.Kernel = graph.GivenFeatures
		return l.LinearAttention(op, q, k, v, nil)
	}}
}

// projection of a layer, [features, d/H].
func (l *Layers) projection(at Place, features, redraw int, seed uint64) *graph.Value {
	size := l.Model / l.Heads
	stream := at.stream(0)
	if redraw == 0 {
		draw := sync.OnceValue(func() []float64 { return philox.New(seed, stream).Orthogonal(0, features, size) })
		return l.Constant(fmt.Sprintf("features[%d %d]×%d×%d", seed, stream, features, size), func(i int) float64 { return draw()[i] }, features, size)
	}
	table := l.Buffer(at.Prefix+".features", graph.Init{Distribution: graph.Normal, Scale: 1}, features, size)
	if l.key != nil {
		l.Redraw(graph.Redraw{Every: redraw, Stream: stream}, l.key, table)
	}
	return table
}

// stream of random numbers of a layer, below those of dropout.
func (at Place) stream(n uint64) uint64 {
	return 1<<31 | uint64(at.Total)<<16&0x7fff0000 | uint64(at.Layer)<<4&0xfff0 | n
}

// relu is attention through the features relu(x) + 10⁻³ of queries and keys as
// they are, the kernel of Trax (CausalFavorAttention).
func relu(*parameters) Attention {
	return Attention{Absolute: true, Linear: true, pattern: all, attend: func(l *Layers, at Place, h *graph.Value) *graph.Value {
		q, k, v := l.heads(at.Prefix, h, h, l.turning(at))
		op := graph.LinearAttention{Heads: l.Heads, Kernel: graph.ReLUKernel, Norm: 1, Epsilon: reluEpsilon}
		return l.LinearAttention(op, q, k, v, nil)
	}}
}
