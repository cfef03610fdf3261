package graph

// MatMul is the matrix product with the epilogue that follows it in a model:
//
//	z = op(A) · op(B) + bias + residual,  y = func(z)
//
// A has any number of leading axes, flattened to rows. B is a matrix, or is
// flattened the same way when A is transposed (a weight gradient xᵀ·dy). Sums
// run over the inner axis in blocks of fixed size, so no element of the result
// depends on how many rows there are.
//
// Inputs: a, b, then bias [N] and residual (of y's shape) where present.
// Outputs: y, and with a function also z.
type MatMul struct {
	TransA, TransB bool
	Bias, Residual bool
	Func           Func
}

// Epilogue of a MatMul; every field may be absent.
type Epilogue struct {
	Bias, Residual *Value
	Func           Func
}

// MatMul returns func(a · b + bias + residual): a [..., K], b [K, N] →
// [..., N].
func (g *Graph) MatMul(a, b *Value, e Epilogue) *Value { return g.matMul(a, b, false, false, e) }

// MatMulT is MatMul with b [N, K] transposed.
func (g *Graph) MatMulT(a, b *Value, e Epilogue) *Value { return g.matMul(a, b, false, true, e) }

// TMatMul is aᵀ · b over all rows: a [..., M], b [..., N] → [M, N].
func (g *Graph) TMatMul(a, b *Value, e Epilogue) *Value { return g.matMul(a, b, true, false, e) }

func (g *Graph) matMul(a, b *Value, transA, transB bool, e Epilogue) *Value {
	op := MatMul{TransA: transA, TransB: transB, Bias: e.Bias != nil, Residual: e.Residual != nil, Func: e.Func}
	var shape []int
	switch {
	case transA:
		check(!transB && a.Rows() == b.Rows(), "matmul %vᵀ · %v", a, b)
		shape = []int{a.Cols(), b.Cols()}
	case transB:
		check(a.Cols() == b.Cols(), "matmul %v · %vᵀ", a, b)
		shape = append(append(shape, a.Shape[:len(a.Shape)-1]...), b.Rows())
	default:
		check(a.Cols() == b.Rows(), "matmul %v · %v", a, b)
		shape = append(append(shape, a.Shape[:len(a.Shape)-1]...), b.Cols())
	}
	inputs := []*Value{a, b}
	if e.Bias != nil {
		check(e.Bias.Elements() == shape[len(shape)-1], "matmul bias %v for %v", e.Bias, shape)
		inputs = append(inputs, e.Bias)
	}
	if e.Residual != nil {
		inputs = append(inputs, e.Residual)
	}
	if op.Func == None {
		n := g.emit(op, inputs, shape)
		check(e.Residual == nil || sameShape(e.Residual, n.Outputs[0]), "matmul residual %v for %v", e.Residual, shape)
		return n.Outputs[0]
	}
	check(e.Residual == nil, "matmul with function and residual")
	return g.emit(op, inputs, shape, shape).Outputs[0]
}

// Dims returns the M, N, K of the product that node n computes.
func (op MatMul) Dims(n *Node) (m, nn, k int) {
	a, b := n.Inputs[0], n.Inputs[1]
	switch {
	case op.TransA:
		return a.Cols(), b.Cols(), a.Rows()
	case op.TransB:
		return a.Rows(), b.Rows(), a.Cols()
	}
	return a.Rows(), b.Cols(), a.Cols()
}

// Optional returns the bias and residual of node n, nil where absent.
func (op MatMul) Optional(n *Node) (bias, residual *Value) {
	rest := n.Inputs[2:]
	if op.Bias {
		bias, rest = rest[0], rest[1:]
	}
	if op.Residual {
		residual = rest[0]
	}
	return bias, residual
}

// VJP: dA = dz · Bᵀ, dB = Aᵀ · dz, dbias = column sums of dz, dresidual = dz.
func (op MatMul) VJP(t *Tape, n *Node) {
	check(!op.TransA, "gradient of a weight gradient")
	a, b := n.Inputs[0], n.Inputs[1]
	bias, residual := op.Optional(n)
	dz := t.adjointOfSums(op, n)
	behind := t.passActivation(op, n, dz)
	t.Add(b, func(acc *Value) *Value {
		if op.TransB {
			return t.TMatMul(dz, t.Recall(a), Epilogue{Residual: acc})
		}
		return t.TMatMul(t.Recall(a), dz, Epilogue{Residual: acc})
	})
	if bias != nil {
		t.Add(bias, func(acc *Value) *Value { return t.columnSum(dz, bias.Shape, acc) })
	}
	if !behind {
		t.Add(a, func(acc *Value) *Value { return t.matMul(dz, b, false, !op.TransB, Epilogue{Residual: acc}) })
	}
	if residual != nil {
		t.AddValue(residual, dz)
	}
}

// adjointOfSums is that of z: what products that follow have passed through the
// function already, and the rest of what is known of y.
func (t *Tape) adjointOfSums(op MatMul, n *Node) *Value {
	dy := t.Adjoint(n.Outputs[0])
	if op.Func == None {
		return dy
	}
	z := n.Outputs[1]
	if dy != nil {
		t.AddValue(z, t.activationGrad(op.Func, z, dy))
	}
	return t.Adjoint(z)
}

// Recall recomputes func(z); a bare product is kept.
func (op MatMul) Recall(t *Tape, n *Node, output int) *Value {
	if op.Func == None || output != 0 {
		return nil
	}
	return t.Activate(op.Func, n.Outputs[1])
}

// InPlace lets the result replace the residual.
func (op MatMul) InPlace(n *Node) []Sharing {
	if !op.Residual {
		return nil
	}
	return []Sharing{{Output: 0, Input: len(n.Inputs) - 1}}
}

// FLOPs of the product: 2·M·N·K, padded rows left out of the necessary ones.
func (op MatMul) FLOPs(n *Node) (necessary, dense float64) {
	m, nn, k := op.Dims(n)
	if op.TransA {
		f := 2 * float64(m) * float64(nn) * float64(k)
		return f, f
	}
	f := 2 * float64(n.Outputs[0].necessaryRows()) * float64(nn) * float64(k)
	return f, f
}
