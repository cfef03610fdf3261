package graph

// Reshape reads the same elements in another shape. It costs nothing.
type Reshape struct{}

// Reshape returns x with another shape of as many elements.
func (g *Graph) Reshape(x *Value, shape ...int) *Value {
	y := g.emit(Reshape{}, []*Value{x}, shape).Outputs[0]
	check(x.Elements() == y.Elements(), "reshape %v to %v", x, shape)
	y.DType = x.DType
	return y
}

// VJP reads dy in the shape of x.
func (Reshape) VJP(t *Tape, n *Node) {
	if x := n.Inputs[0]; t.Needs(x) {
		t.AddValue(x, t.Reshape(t.Adjoint(n.Outputs[0]), x.Shape...))
	}
}

// Recall reads the recalled x.
func (Reshape) Recall(t *Tape, n *Node, _ int) *Value {
	x := t.Recall(n.Inputs[0])
	if x == n.Inputs[0] {
		return nil
	}
	return t.Reshape(x, n.Outputs[0].Shape...)
}
