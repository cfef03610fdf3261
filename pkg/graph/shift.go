package graph

// Shift moves a sequence along time (axis 1) by N steps, later for N > 0, and
// fills with zeros: y[b, l] = x[b, l−N]. It is ShiftRight of Trax, on token ids
// (the first input is token 0) and on activations.
type Shift struct{ N int }

// Shift returns x moved by n steps.
func (g *Graph) Shift(x *Value, n int) *Value {
	check(len(x.Shape) >= 2, "shift %v", x)
	if n == 0 {
		return x
	}
	y := g.emit(Shift{n}, []*Value{x}, x.Shape).Outputs[0]
	y.DType, y.Pad = x.DType, x.Pad
	return y
}

// VJP: dx = dy moved back.
func (op Shift) VJP(t *Tape, n *Node) {
	if x := n.Inputs[0]; t.Needs(x) {
		t.AddValue(x, t.Shift(t.Adjoint(n.Outputs[0]), -op.N))
	}
}
