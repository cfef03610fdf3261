package nn

import (
	"fmt"

	"hgbench/pkg/graph"
)

// routing is attention among positions of the same cluster in half of the heads, the
// last ones, and local attention in the others (Routing Transformer, Roy et al. 2021,
// arXiv 2003.05997; google-research, routing_transformer): with n the query of a
// routing head normalised, which is its key too,
//
//	cluster = argmax_c n·mean_c,  score = n_i·n_j
//
// over the last window positions of the cluster. Means move towards what is closest to
// them: an exponential average over the steps of training, of earlier ones only.
//
// The original lets each cluster choose the window positions of the whole sequence
// that are most like its mean: a later one may take the place of an earlier.
func routing(p *parameters) Attention {
	clusters := p.number("clusters", 1, 1<<20)
	window := p.number("window", 1, maxParameter)
	localHeads := p.optional("local", "half", func(heads int) int { return heads / 2 }, 0, maxParameter)
	decay := p.realOr("decay", 0.999, 0, 1)
	original := p.word("selection", "causal", "original") == "original"
	return Attention{
		Absolute: true, Random: true, Leaks: original,
		check: func(heads, _, length int) error {
			if n := localHeads(heads); n >= heads {
				return fmt.Errorf("local %d: want less than the number of heads, %d", n, heads)
			}
			if err := within("clusters", clusters, length); err != nil {
				return err
			}
			return within("window", window, length)
		},
		attend: func(l *Layers, at Place, h *graph.Value) *graph.Value {
			near := localHeads(l.Heads)
			far := l.Heads - near
			size := l.Model / l.Heads
			n := UnscaledNorm(l.Graph, l.turn(l.Dense(at.Prefix+".qk", far*size, h, graph.Epilogue{}), at), far)
			v := l.Dense(at.Prefix+".v", far*size, h, graph.Epilogue{})
			means := l.Buffer(at.Prefix+".means", graph.Init{Distribution: graph.Normal, Scale: 1}, far, clusters, size)
			chosen := l.Nearest(graph.Nearest{Heads: far}, n, means)
			var o *graph.Value
			if length := h.Shape[1]; original {
				list := l.Members(graph.Members{Heads: far, Window: min(window, length)}, n, means)
				rows, lse := l.ListAttention(graph.ListAttention{Heads: far, Chunk: min(window, length), Scale: 1, Self: true}, n, n, v, list)
				o = l.Merge(graph.Merge{Mean: true, Epsilon: 1e-2}, rows, lse, list, length)
			} else {
				op := graph.BucketAttention{Heads: far, Rounds: 1, Buckets: clusters, Window: window, Scale: 1, Self: true}
				o = l.BucketAttention(op, n, n, v, chosen)
			}
			if l.key != nil {
				sums := l.ClusterSums(graph.ClusterSums{Heads: far, Clusters: clusters}, n, chosen)
				l.later(func() { l.MoveMeans(graph.MoveMeans{Decay: decay}, sums, means) })
			}
			if near == 0 {
				return o
			}
			return l.join(l.localHeads(at, h, near, window), o, size)
		},
	}
}

// localHeads is attention of so many heads inside chunks of half a window and to the
// chunk before.
func (l *Layers) localHeads(at Place, h *graph.Value, heads, window int) *graph.Value {
	width := heads * l.Model / l.Heads
	project := func(name string) *graph.Value { return l.Dense(at.Prefix+".local."+name, width, h, graph.Epilogue{}) }
	q, k, v := l.turn(project("q"), at), l.turn(project("k"), at), project("v")
	op := graph.Attention{
		Heads: heads, Scale: headScale(l.Model / l.Heads), Storage: l.Storage,
		Pattern: LocalPattern(h.Shape[1], (window+1)/2, 1),
	}
	if l.dropping() {
		op.Rate, op.Stream = l.Dropout, l.nextStream()
	}
	return l.Graph.Attention(op, q, k, v, nil, l.key)
}

// join puts the heads of y after those of x.
func (l *Layers) join(x, y *graph.Value, size int) *graph.Value {
	b, length := x.Shape[0], x.Shape[1]
	rows := func(v *graph.Value) *graph.Value { return l.Reshape(v, b*length, v.Cols()/size, size) }
	z := l.Reshape(l.Concat(rows(x), rows(y)), b, length, x.Cols()+y.Cols())
	z.Pad = x.Pad
	return z
}

// turn turns the heads of x if positions are rotary.
func (l *Layers) turn(x *graph.Value, at Place) *graph.Value {
	if step := l.turning(at); step != 0 {
		return l.Graph.Rotary(x, l.Turns(0, x.Shape[1], step, l.Model/l.Heads))
	}
	return x
}
