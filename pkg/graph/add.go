package graph

// Add is x + y. y may lack leading axes of x and is then added to each
// (positions [L, D] to a batch [B, L, D]; a vector [D] to every row).
type Add struct{}

// Add returns x + y.
func (g *Graph) Add(x, y *Value) *Value {
	check(len(y.Shape) <= len(x.Shape), "add %v to %v", y, x)
	for i, s := range y.Shape {
		check(x.Shape[len(x.Shape)-len(y.Shape)+i] == s, "add %v to %v", y, x)
	}
	return g.emit(Add{}, []*Value{x, y}, x.Shape).Outputs[0]
}

// VJP: dx = dz, dy = dz summed over the axes that y lacks.
func (Add) VJP(t *Tape, n *Node) {
	x, y, dz := n.Inputs[0], n.Inputs[1], t.Adjoint(n.Outputs[0])
	if sameShape(x, y) {
		t.AddValue(y, dz)
	} else {
		t.Add(y, func(acc *Value) *Value { return t.columnSum(dz, y.Shape, acc) })
	}
	t.AddValue(x, dz)
}

// InPlace lets the sum replace x, or y of the same shape.
func (Add) InPlace(n *Node) []Sharing {
	if sameShape(n.Inputs[0], n.Inputs[1]) {
		return []Sharing{{0, 0}, {0, 1}}
	}
	return []Sharing{{0, 0}}
}
