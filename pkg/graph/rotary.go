package graph

// Rotary turns pairs of features by an angle that grows with position (Su et
// al. 2021, RoFormer): in every head of size d, features m and m + d/2 of time
// step l turn by the angle whose cosine and sine are table[l, m] and
// table[l, m + d/2], so that q·k depends on the distance only. Inverse turns
// back, which is also the VJP. Inputs: x [B, L, H·d], table [L, d].
type Rotary struct{ Inverse bool }

// Rotary returns x with each head's features turned.
func (g *Graph) Rotary(x, table *Value) *Value {
	d := table.Cols()
	check(len(x.Shape) == 3 && x.Shape[1] == table.Rows() && x.Shape[2]%d == 0 && d%2 == 0, "rotary of %v by %v", x, table)
	return g.emit(Rotary{}, []*Value{x, table}, x.Shape).Outputs[0]
}

// VJP turns dy back: a rotation's transpose is its inverse.
func (op Rotary) VJP(t *Tape, n *Node) {
	if x := n.Inputs[0]; t.Needs(x) {
		back := Rotary{!op.Inverse}
		t.AddValue(x, t.emit(back, []*Value{t.Adjoint(n.Outputs[0]), n.Inputs[1]}, x.Shape).Outputs[0])
	}
}

// InPlace lets y replace x.
func (Rotary) InPlace(*Node) []Sharing { return []Sharing{{0, 0}} }
