package nn

import "hgbench/pkg/graph"

// epsilon of LayerNorm inside the root, as in Trax.
const epsilon = 1e-6

// Norm is LayerNorm over the features of each position, with weights
// name.scale and name.bias [d].
func (l *Layers) Norm(name string, x *graph.Value) *graph.Value {
	scale, bias := l.norm(name)
	return l.LayerNorm(x, scale, bias, epsilon)
}

func (l *Layers) norm(name string) (scale, bias *graph.Value) {
	scale = l.Parameter(name+".scale", graph.Init{Distribution: graph.Ones}, l.Model)
	bias = l.Parameter(name+".bias", graph.Init{}, l.Model)
	return scale, bias
}
