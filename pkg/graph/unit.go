package graph

// Unit makes the features of every head a vector of length 1:
// y = x/√(|x|² + Epsilon). Input: x [B, L, H·size].
type Unit struct {
	Heads   int
	Epsilon float64
}

// Unit returns y.
func (g *Graph) Unit(op Unit, x *Value) *Value {
	check(x.Cols()%op.Heads == 0, "unit of %v in %d heads", x, op.Heads)
	return g.emit(op, []*Value{x}, x.Shape).Outputs[0]
}

// VJP: dx = (dy − y·(y·dy))/√(|x|² + Epsilon).
func (op Unit) VJP(t *Tape, n *Node) {
	x := n.Inputs[0]
	t.AddValue(x, t.emit(UnitGrad(op), []*Value{t.Adjoint(n.Outputs[0]), t.Recall(x)}, x.Shape).Outputs[0])
}

// Recall computes y again.
func (op Unit) Recall(t *Tape, n *Node, _ int) *Value { return t.Unit(op, t.Recall(n.Inputs[0])) }

// UnitGrad is the VJP of Unit. Inputs: dy, x. Output: dx.
type UnitGrad Unit

// VJP of a gradient is not needed.
func (UnitGrad) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }
