package graph

// Embed looks up rows of a table: table [V, D], ids [...] → scale · table[ids]
// [..., D]. Ids outside [0, V) are clipped.
type Embed struct{ Scale float64 }

// Embed returns scale · table[ids].
func (g *Graph) Embed(table, ids *Value, scale float64) *Value {
	check(ids.DType == Int32 && len(table.Shape) == 2, "embed %v in %v", ids, table)
	shape := append(append([]int{}, ids.Shape...), table.Cols())
	n := g.emit(Embed{scale}, []*Value{table, ids}, shape)
	n.Outputs[0].Pad = ids.Pad
	return n.Outputs[0]
}

// VJP: each row of the table gets the sum of the adjoints of its occurrences.
func (op Embed) VJP(t *Tape, n *Node) {
	table, ids, dy := n.Inputs[0], n.Inputs[1], t.Adjoint(n.Outputs[0])
	t.Add(table, func(acc *Value) *Value {
		inputs := []*Value{ids, dy}
		if acc != nil {
			inputs = append(inputs, acc)
		}
		return t.emit(EmbedGrad(op), inputs, table.Shape).Outputs[0]
	})
}

// EmbedGrad is the VJP of Embed. Inputs: ids, dy, and what it is added to
// where present.
type EmbedGrad struct{ Scale float64 }

// VJP of a gradient is not needed.
func (EmbedGrad) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }

// InPlace lets the sum replace what it is added to.
func (EmbedGrad) InPlace(n *Node) []Sharing {
	if len(n.Inputs) == 3 {
		return []Sharing{{0, 2}}
	}
	return nil
}
