package nn

import "hgbench/pkg/graph"

// full is causal attention to all earlier positions (Vaswani et al. 2017),
// with the positions of the model's Config.
func full(arguments []string) (Attention, error) {
	if err := noArguments(arguments); err != nil {
		return nil, err
	}
	return func(l *Layers, prefix string, h *graph.Value, total int) *graph.Value {
		return l.selfAttend(prefix, h, graph.Causal(h.Shape[1]), total, l.Positions)
	}, nil
}

// selfAttend lets h attend to itself over a pattern whose relative table ends
// at distance 0.
func (l *Layers) selfAttend(prefix string, h *graph.Value, pattern graph.Pattern, total int, positions Positions) *graph.Value {
	switch positions {
	case Relative:
		return l.attend(prefix, h, h, pattern, &distances{first: 1 - pattern.Rel, step: total}, 0)
	case Rotary:
		return l.attend(prefix, h, h, pattern, nil, total)
	}
	return l.attend(prefix, h, h, pattern, nil, 0)
}
