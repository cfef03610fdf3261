package nn

import "hgbench/pkg/graph"

// Builder is a program that models are built into. Several models, or several
// micro-batches of one, may be built into the same program: they share weights
// by name and draw their own dropout.
type Builder struct {
	*graph.Graph

	key    *graph.Value // of dropout; nil when there is none
	stream uint64       // the next dropout stream
	last   []func()
}

// later puts off what changes buffers until all that reads them is there.
func (b *Builder) later(f func()) { b.last = append(b.last, f) }

// Finish appends what a training step leaves to the next besides its gradients,
// such as the means of clusters. It belongs after the backward pass.
func (b *Builder) Finish() {
	for _, f := range b.last {
		f()
	}
	b.last = nil
}

// Evaluation returns a builder without dropout.
func Evaluation(g *graph.Graph) *Builder { return &Builder{Graph: g} }

// Training returns a builder with dropout at the rate of the model's Config.
// key is int32 [4]: seed low and high, step low and high (see graph.Dropout).
func Training(g *graph.Graph, key *graph.Value) *Builder { return &Builder{Graph: g, key: key} }

// Layers returns the layers of a model with these sizes.
func (b *Builder) Layers(c Config) *Layers { return &Layers{Builder: b, Config: c} }

// Layers appends the layers of one model to a program.
type Layers struct {
	*Builder
	Config
}

// dropping says whether dropout is active.
func (l *Layers) dropping() bool { return l.key != nil && l.Dropout > 0 }

// nextStream numbers the uses of dropout in a program, in order.
func (l *Layers) nextStream() uint64 {
	l.stream++
	return l.stream
}

// Drop returns x after dropout, plus residual where that is not nil.
func (l *Layers) Drop(x, residual *graph.Value) *graph.Value {
	switch {
	case l.dropping():
		return l.Graph.Dropout(x, l.key, l.Config.Dropout, l.nextStream(), residual)
	case residual != nil:
		return l.Add(x, residual)
	}
	return x
}
