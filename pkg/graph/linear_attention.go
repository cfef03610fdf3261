package graph

// LinearAttention is causal attention through features instead of scores, whose
// cost is linear in the length (Katharopoulos et al. 2020; Choromanski et al.
// 2021):
//
//	φ(q_i) = Norm·(e(q_i) + Epsilon),  φ(k_j | i) = Norm·(e(k_j)·exp(c_j − c_i) + Epsilon)
//	R_i = Σ_{j≤i} φ(q_i)·φ(k_j | i),  plus 2·Stabiliser where |R_i| ≤ Stabiliser
//	o_i = Σ_{j≤i} (φ(q_i)·φ(k_j | i)) v_j / R_i
//
// per head. c is 0 but for the softmax kernel, where it is what the features of
// keys are divided by: a running maximum, relative to which those of earlier
// keys are seen anew. No gradient flows through it.
//
// Inputs: q, k [B, L, H·size] (for GivenFeatures their m features), v [B, L, D];
// the projection [m, size] for SoftmaxKernel. Outputs: o [B, L, D], R [B, H, L];
// the sums over keys before each segment but the first, per head, and c [B, H, L],
// which the gradient starts from.
type LinearAttention struct {
	Heads      int
	Kernel     LinearKernel
	Norm       float64
	Epsilon    float64
	Stabiliser float64
}

// LinearKernel says what the features e of queries and keys are.
type LinearKernel uint8

// Kernels. SoftmaxKernel is Features, with the maximum of a query over its own
// features and that of a key over those of all keys so far; they are computed
// when they are needed, and never stored.
const (
	GivenFeatures LinearKernel = iota
	ReLUKernel                 // max(x, 0)
	SoftmaxKernel
)

// LinearSegment is the number of positions after which the sums over keys are
// kept: the gradient computes those in between again.
const LinearSegment = 512

// LinearAttention returns o; projection is for SoftmaxKernel alone.
func (g *Graph) LinearAttention(op LinearAttention, q, k, v, projection *Value) *Value {
	check(sameShape(q, k) && len(v.Shape) == 3 && q.Rows() == v.Rows() && q.Cols()%op.Heads == 0 && v.Cols()%op.Heads == 0,
		"linear attention of %v, %v, %v", q, k, v)
	check((projection != nil) == (op.Kernel == SoftmaxKernel), "linear attention: a projection is for the softmax kernel, and only for it")
	inputs := []*Value{q, k, v}
	if projection != nil {
		check(q.Cols() == op.Heads*projection.Cols(), "linear attention of %v by %v", q, projection)
		inputs = append(inputs, projection)
	}
	b, l, m, size := v.Shape[0], v.Shape[1], op.features(inputs), v.Cols()/op.Heads
	segments := max(0, (l-1)/LinearSegment)
	return g.emit(op, inputs, v.Shape, []int{b, op.Heads, l}, []int{b, op.Heads, segments, (size+1)*m + size}, []int{b, op.Heads, l}).Outputs[0]
}

// features of a head.
func (op LinearAttention) features(inputs []*Value) int {
	if op.Kernel == SoftmaxKernel {
		return inputs[3].Rows()
	}
	return inputs[0].Cols() / op.Heads
}

// VJP computes given features again where that is cheap.
func (op LinearAttention) VJP(t *Tape, n *Node) {
	inputs := append([]*Value{t.Adjoint(n.Outputs[0])}, n.Outputs...)
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

// FLOPs of the sums over keys of φ(k)·vᵀ, of φ(q) times them, and of projections;
// dense ones are those of softmax attention over all pairs.
func (op LinearAttention) FLOPs(n *Node) (necessary, dense float64) {
	q, v := n.Inputs[0], n.Inputs[2]
	rows := float64(v.necessaryRows())
	steps := float64(v.Shape[1] - v.Pad)
	m := float64(op.features(n.Inputs))
	necessary, dense = 4*rows*m*float64(v.Cols()), rows*steps*4*float64(v.Cols())
	if op.Kernel == SoftmaxKernel {
		projections := 4 * rows * m * float64(q.Cols())
		return necessary + projections, dense + projections
	}
	return necessary, dense
}

// LinearAttentionGrad is the VJP of LinearAttention. Inputs: do, then outputs and
// inputs of LinearAttention. Outputs: the gradients of q, k, v.
type LinearAttentionGrad LinearAttention

// VJP of a gradient is not needed.
func (LinearAttentionGrad) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }
