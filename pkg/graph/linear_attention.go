package graph

// LinearAttention is causal attention through features instead of scores, whose
// cost is linear in the length (Katharopoulos et al. 2020; Choromanski et al.
// 2021):
//
//	φ(q_i) = Norm·(e(q_i) + Epsilon),  φ(k_j | i) = Norm·(e(k_j)·exp(c_j − c_i) + Epsilon)
//	R_i = Σ_{j≤i} φ(q_i)·φ(k_j | i),  plus 2·Stabiliser where |R_i| ≤ Stabiliser
//	o_i = Σ_{j≤i} (φ(q_i)·φ(k_j | i)) v_j / R_i
//
// per head, where c is what the features of keys were divided by: a running
// maximum, relative to which those of earlier keys are seen anew. No gradient
// flows through c.
//
// Inputs: e(q) [B, L, H·m], e(k), v [B, L, D]; c [B, H, L] if Scaled, else it is
// 0. Outputs: o [B, L, D], R [B, H, L].
type LinearAttention struct {
	Heads      int
	Norm       float64
	Epsilon    float64
	Stabiliser float64
	Scaled     bool
}

// LinearAttention returns o; c may be nil.
func (g *Graph) LinearAttention(op LinearAttention, q, k, v, c *Value) *Value {
	check(sameShape(q, k) && len(v.Shape) == 3 && q.Rows() == v.Rows() && q.Cols()%op.Heads == 0 && v.Cols()%op.Heads == 0,
		"linear attention of %v, %v, %v", q, k, v)
	inputs := []*Value{q, k, v}
	if op.Scaled = c != nil; op.Scaled {
		inputs = append(inputs, c)
	}
	return g.emit(op, inputs, v.Shape, []int{v.Shape[0], op.Heads, v.Shape[1]}).Outputs[0]
}

// VJP computes the features again where that is cheap.
func (op LinearAttention) VJP(t *Tape, n *Node) {
	inputs := []*Value{t.Adjoint(n.Outputs[0]), n.Outputs[0], n.Outputs[1]}
	for i, in := range n.Inputs {
		if i < 3 {
			in = t.Recall(in)
		}
		inputs = append(inputs, in)
	}
	grad := t.emit(LinearAttentionGrad(op), inputs, n.Inputs[0].Shape, n.Inputs[1].Shape, n.Inputs[2].Shape)
	for i, g := range grad.Outputs {
		t.AddValue(n.Inputs[i], g)
	}
}

// FLOPs of the sums over keys of φ(k)·vᵀ, and of φ(q) times them; dense ones are
// those of softmax attention over all pairs.
func (op LinearAttention) FLOPs(n *Node) (necessary, dense float64) {
	q, v := n.Inputs[0], n.Inputs[2]
	rows := float64(v.necessaryRows())
	steps := float64(v.Shape[1] - v.Pad)
	return rows * 4 * float64(q.Cols()) * float64(v.Cols()/op.Heads), rows * steps * 4 * float64(v.Cols())
}

// LinearAttentionGrad is the VJP of LinearAttention. Inputs: do, o, R, then those
// of LinearAttention. Outputs: the gradients of e(q), e(k), v.
type LinearAttentionGrad LinearAttention

// VJP of a gradient is not needed.
func (LinearAttentionGrad) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }
