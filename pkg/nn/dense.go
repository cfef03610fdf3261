package nn

import (
	"math"

	"hgbench/pkg/graph"
)

// Dense is func(x·w + b + residual) with weights name.w [in, out] and name.b
// [out]: x [..., in] → [..., out]. The bias in e is ignored.
func (l *Layers) Dense(name string, out int, x *graph.Value, e graph.Epilogue) *graph.Value {
	in := x.Cols()
	w := l.Parameter(name+".w", glorot(in, out), in, out)
	e.Bias = l.Parameter(name+".b", nearZero, out)
	return l.MatMul(x, w, e)
}

// Branch is residual + dropout(x·w + b), the end of a branch of a block.
func (l *Layers) Branch(name string, x, residual *graph.Value) *graph.Value {
	if l.dropping() {
		return l.Drop(l.Dense(name, residual.Cols(), x, graph.Epilogue{}), residual)
	}
	return l.Dense(name, residual.Cols(), x, graph.Epilogue{Residual: residual})
}

// Head is the projection to the vocabulary, with weights out: x [B, L, d] →
// logits [B, L, V].
func (l *Layers) Head(x *graph.Value) *graph.Value {
	return l.Dense("out", l.Vocab, x, graph.Epilogue{})
}

// Initial distributions of Trax's layers: Dense weights are Glorot uniform,
// biases (and u, v of relative attention) normal with this small deviation.
var nearZero = graph.Init{Distribution: graph.Normal, Scale: 1e-6}

func glorot(in, out int) graph.Init {
	return graph.Init{Distribution: graph.Uniform, Scale: math.Sqrt(6 / float64(in+out))}
}
