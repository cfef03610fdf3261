package graph

// Dropout zeroes elements with probability Rate and scales the rest by
// 1/(1−Rate): y = mask·x, plus a residual where present. The mask is a function of (seed, step,
// Stream, element), so the backward pass draws it again instead of storing it.
//
// Inputs: x, key (int32 [4]: seed low, seed high, step low, step high), residual.
type Dropout struct {
	Rate   float64
	Stream uint64
}

// Dropout returns the masked x, plus residual when it is not nil.
func (g *Graph) Dropout(x, key *Value, rate float64, stream uint64, residual *Value) *Value {
	check(key.DType == Int32 && key.Elements() == 4, "dropout key %v", key)
	inputs := []*Value{x, key}
	if residual != nil {
		check(sameShape(x, residual), "dropout %v with residual %v", x, residual)
		inputs = append(inputs, residual)
	}
	return g.emit(Dropout{rate, stream}, inputs, x.Shape).Outputs[0]
}

// VJP: dx = mask·dy, dresidual = dy.
func (op Dropout) VJP(t *Tape, n *Node) {
	dy := t.Adjoint(n.Outputs[0])
	if t.Needs(n.Inputs[0]) {
		t.AddValue(n.Inputs[0], t.Dropout(dy, n.Inputs[1], op.Rate, op.Stream, nil))
	}
	if len(n.Inputs) == 3 {
		t.AddValue(n.Inputs[2], dy)
	}
}

// Recall draws the mask again.
func (op Dropout) Recall(t *Tape, n *Node, _ int) *Value {
	if len(n.Inputs) == 3 {
		return nil // part of the residual stream, kept
	}
	x := t.Recall(n.Inputs[0])
	return t.Dropout(x, n.Inputs[1], op.Rate, op.Stream, nil)
}

// InPlace lets y replace x, or the residual.
func (Dropout) InPlace(n *Node) []Sharing {
	if len(n.Inputs) == 3 {
		return []Sharing{{0, 2}, {0, 0}}
	}
	return []Sharing{{0, 0}}
}
