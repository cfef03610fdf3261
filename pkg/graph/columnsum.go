package graph

// ColumnSum adds all rows of x: [..., N] → [N], the gradient of a bias. The
// rows are added in blocks of fixed size. Inputs: x, then acc of y's shape
// where the sum is added to it.
type ColumnSum struct{}

// columnSum reads x as rows of as many elements as shape has.
func (g *Graph) columnSum(x *Value, shape []int, acc *Value) *Value {
	inputs := []*Value{x}
	if acc != nil {
		inputs = append(inputs, acc)
	}
	return g.emit(ColumnSum{}, inputs, shape).Outputs[0]
}

// VJP of a gradient is not needed.
func (ColumnSum) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }

// InPlace lets the sum replace what it is added to.
func (ColumnSum) InPlace(n *Node) []Sharing {
	if len(n.Inputs) == 2 {
		return []Sharing{{0, 1}}
	}
	return nil
}
