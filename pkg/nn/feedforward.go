package nn

import "hgbench/pkg/graph"

// FeedForward is x + out(dropout(gelu(in(norm(x))))), with weights
// prefix.ff_norm, prefix.ff.in [d, d_ff] and prefix.ff.out [d_ff, d].
func (l *Layers) FeedForward(prefix string, x *graph.Value) *graph.Value {
	h := l.Norm(prefix+".ff_norm", x)
	h = l.Dense(prefix+".ff.in", l.FF, h, graph.Epilogue{Func: graph.GELU})
	return l.Branch(prefix+".ff.out", l.Drop(h, nil), x)
}

// FeedForwardBranch is what FeedForward adds to x.
func (l *Layers) FeedForwardBranch(prefix string, x *graph.Value) *graph.Value {
	h := l.Norm(prefix+".ff_norm", x)
	h = l.Dense(prefix+".ff.in", l.FF, h, graph.Epilogue{Func: graph.GELU})
	return l.Drop(l.Dense(prefix+".ff.out", l.Model, l.Drop(h, nil), graph.Epilogue{}), nil)
}
