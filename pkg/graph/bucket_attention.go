package graph

// BucketAttention is causal attention among positions that share a bucket. In
// every round a position i sees the last Window positions of its bucket up to its
// own; what it sees in several rounds counts once, and all share one softmax:
//
//	score[i, j] = Scale · q_i·k_j,  o_i = Σ_j softmax_j(score[i, ·]) v_j
//
// Without Self, a position sees itself only where it sees no other, as a
// finite but huge penalty would have it.
//
// Inputs: q, k, v [B, L, D], buckets int32 [B, H, Rounds, L] of [0, Buckets).
// Outputs: o [B, L, D], the log-sum-exp [B, H, L].
type BucketAttention struct {
	Heads, Rounds, Buckets int
	Window                 int
	Scale                  float64
	Self                   bool
}

// BucketAttention returns o.
func (g *Graph) BucketAttention(op BucketAttention, q, k, v, buckets *Value) *Value {
	check(sameShape(q, k) && sameShape(k, v) && q.Cols()%op.Heads == 0 && op.Window > 0 && buckets.DType == Int32, "bucket attention of %v, %v, %v by %v", q, k, v, buckets)
	check(buckets.Elements() == q.Shape[0]*op.Heads*op.Rounds*q.Shape[1], "bucket attention of %v in %d rounds by %v", q, op.Rounds, buckets)
	return g.emit(op, []*Value{q, k, v, buckets}, q.Shape, []int{q.Shape[0], op.Heads, q.Shape[1]}).Outputs[0]
}

// VJP hands everything to BucketAttentionGrad.
func (op BucketAttention) VJP(t *Tape, n *Node) {
	inputs := []*Value{t.Adjoint(n.Outputs[0]), n.Outputs[0], n.Outputs[1]}
	for _, in := range n.Inputs {
		inputs = append(inputs, t.Recall(in))
	}
	q := n.Inputs[0]
	grad := t.emit(BucketAttentionGrad(op), inputs, q.Shape, q.Shape, q.Shape)
	for i, g := range grad.Outputs {
		t.AddValue(n.Inputs[i], g)
	}
}

// FLOPs of the products q·k and p·v if every bucket were full and no two rounds
// agreed: how many pairs there are depends on the data, this is the most.
func (op BucketAttention) FLOPs(n *Node) (necessary, dense float64) {
	q := n.Inputs[0]
	steps := q.Shape[1] - q.Pad
	var pairs float64
	for i := range steps {
		pairs += float64(min(i+1, op.Rounds*op.Window))
	}
	per := 4 * float64(q.Shape[0]) * float64(q.Cols())
	return per * pairs, per * float64(steps) * float64(steps)
}

// BucketAttentionGrad is the VJP of BucketAttention. Inputs: do, o, the
// log-sum-exp, then those of BucketAttention. Outputs: dq, dk, dv.
type BucketAttentionGrad BucketAttention

// VJP of a gradient is not needed.
func (BucketAttentionGrad) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }
