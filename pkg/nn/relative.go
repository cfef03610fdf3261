package nn

import "hgbench/pkg/graph"

// relative is causal attention to all earlier positions with the relative
// positions of Transformer-XL (Dai et al. 2019), whatever those of the Config:
// the attention of the Hourglass paper.
func relative(*parameters) Attention {
	a := full(nil)
	a.Relative = true
	a.attend = func(l *Layers, at Place, h *graph.Value) *graph.Value {
		return l.selfAttend(at, h, graph.Causal(h.Shape[1]), Relative)
	}
	return a
}

// relativePositions projects the sinusoids of rows distances by prefix.pos. The
// biases u and v are one pair [H, d/H] for the whole model.
func (l *Layers) relativePositions(prefix string, rows int, d distances) *graph.Positions {
	table := l.Sinusoids(rows, func(t int) int { return (d.first + t) * d.step },
		"%d+%d·t", d.first*d.step, d.step)
	return &graph.Positions{
		R: l.Dense(prefix+".pos", l.Model, table, graph.Epilogue{}),
		U: l.Parameter("context_bias_u", nearZero, l.Heads, l.Model/l.Heads),
		V: l.Parameter("location_bias_v", nearZero, l.Heads, l.Model/l.Heads),
	}
}
