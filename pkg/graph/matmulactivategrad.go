package graph

// MatMulActivateGrad is the gradient of a product through the function of the
// product before it, in one pass:
//
//	dz = (A · op(B)) · func′(z),  y = func(z)
//
// Here A is the adjoint of the second product, B its weights, and y what the
// gradient of those weights needs; so neither the adjoint of y nor a pass of
// its own over z is made.
//
// Inputs: a, b, z (of dz's shape). Outputs: dz, y.
type MatMulActivateGrad struct {
	TransB bool
	Func   Func
}

// passActivation passes the adjoint dz of product n to the sums of the product
// that made its left operand by a function, and reports whether there is one.
func (t *Tape) passActivation(op MatMul, n *Node, dz *Value) bool {
	a, b := n.Inputs[0], n.Inputs[1]
	if !t.needs[a] || a.Node == nil {
		return false
	}
	before, ok := a.Node.Op.(MatMul)
	if !ok || before.Func == None {
		return false
	}
	z := a.Node.Outputs[1]
	outputs := t.emit(MatMulActivateGrad{TransB: !op.TransB, Func: before.Func}, []*Value{dz, b, z}, z.Shape, z.Shape).Outputs
	t.AddValue(z, outputs[0])
	if t.recalled[a] == nil {
		t.recalled[a] = outputs[1]
	}
	return true
}

// Product is the MatMul without the function.
func (op MatMulActivateGrad) Product() MatMul { return MatMul{TransB: op.TransB} }

// VJP of a VJP is not needed.
func (MatMulActivateGrad) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }

// InPlace lets y replace z.
func (MatMulActivateGrad) InPlace(*Node) []Sharing { return []Sharing{{Output: 1, Input: 2}} }
