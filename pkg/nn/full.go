package nn

import "hgbench/pkg/graph"

// full is causal attention to all earlier positions (Vaswani et al. 2017),
// with the positions of the model's Config.
func full(*parameters) Attention {
	a := patterned(all)
	a.unit = 1
	return a
}

// all is the pattern that leaves nothing out.
func all(_ int, _ Place, length int) graph.Pattern { return graph.Causal(length) }

// selfAttend lets h attend to itself over a pattern whose relative table ends
// at distance 0.
func (l *Layers) selfAttend(at Place, h *graph.Value, pattern graph.Pattern, positions Positions) *graph.Value {
	if positions == Relative {
		return l.attend(at.Prefix, h, h, pattern, &distances{first: 1 - pattern.Rel, step: at.Total}, 0)
	}
	return l.attend(at.Prefix, h, h, pattern, nil, l.turning(at))
}
