package graph

// Redraw draws a table anew in every step that Every divides, the first one
// included: orthogonal rows (see philox.Stream.Orthogonal), which depend on the
// seed and the number of the step only, never on the data. Inputs: the dropout
// key, the table.
type Redraw struct {
	Every  int
	Stream uint64
}

// Redraw redraws the table, a buffer [rows, cols]. It belongs before everything
// that reads it.
func (g *Graph) Redraw(op Redraw, key, table *Value) {
	check(table.Role == Weight && table.Frozen && len(table.Shape) == 2 && op.Every > 0, "redraw %v every %d", table, op.Every)
	g.emit(op, []*Value{key, table})
}

// VJP: nothing flows back.
func (Redraw) VJP(*Tape, *Node) {}

// Effect marks a node that counts although nothing reads its outputs.
func (Redraw) Effect() {}
