package nn

import (
	"math"

	"hgbench/pkg/graph"
)

// Embedding looks up the token before each position, with weights embed [V, d]
// and, for absolute positions, positions [Context, d]: tokens [B, L] →
// [B, L, d]. The first input is id 0. This is the shift that makes a model of
// the layers causal.
func (l *Layers) Embedding(tokens *graph.Value) *graph.Value {
	// Standard deviation 1/√d, as in Trax's Embedding.
	init := graph.Init{Distribution: graph.Uniform, Scale: math.Sqrt(3 / float64(l.Model))}
	table := l.Parameter("embed", init, l.Vocab, l.Model)
	x := l.Embed(table, l.Shift(tokens, 1), 1)
	if l.Positions == Absolute {
		rows := l.Parameter("positions", init, l.Context, l.Model)
		x = l.Add(x, l.firstRows(rows, tokens.Shape[1]))
	}
	return l.Drop(x, nil)
}

// firstRows of a table [R, d].
func (l *Layers) firstRows(table *graph.Value, n int) *graph.Value {
	rows, d := table.Shape[0], table.Shape[1]
	if n == rows {
		return table
	}
	return l.Reshape(l.Slice(l.Reshape(table, 1, rows, d), 0, n), n, d)
}
