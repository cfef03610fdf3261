package graph

// The ops of this file are attention as Reformer and Routing Transformer published
// it, which is not causal: what a position sees depends on all of the sequence. They
// are here for comparison; models that are to be judged use BucketAttention.

// Order lists positions by round and bucket, those of a bucket in their own order.
// Input: buckets int32 [B, H, Rounds, L] of [0, Buckets). Output: int32 [B, H, N],
// where N is Rounds·L, or the next number that Multiple divides: entries that are left
// are −1, no position.
type Order struct{ Buckets, Multiple int }

// Order returns the list.
func (g *Graph) Order(op Order, buckets *Value) *Value {
	s := buckets.Shape
	multiple := max(op.Multiple, 1)
	return g.integers(op, []*Value{buckets}, s[0], s[1], (s[2]*s[3]+multiple-1)/multiple*multiple)
}

// VJP: nothing flows through a choice.
func (Order) VJP(*Tape, *Node) {}

// Members lists for each mean the Window positions whose x has the largest product
// with it, in their own order. Inputs: x [B, L, H·size], means [H, clusters, size].
// Output: int32 [B, H, clusters·Window].
type Members struct{ Heads, Window int }

// Members returns the list.
func (g *Graph) Members(op Members, x, means *Value) *Value {
	check(op.Window <= x.Shape[1], "%d members of %v", op.Window, x)
	return g.integers(op, []*Value{x, means}, x.Shape[0], op.Heads, means.Shape[1]*op.Window)
}

// VJP: nothing flows through a choice.
func (Members) VJP(*Tape, *Node) {}

func (g *Graph) integers(op Op, inputs []*Value, shape ...int) *Value {
	out := g.emit(op, inputs, shape).Outputs[0]
	out.DType, out.Pad = Int32, 0
	return out
}

// ListAttention is attention among the entries of a list of positions, cut into
// chunks: an entry sees those of its chunk and, with Before, of the one before it
// (that of the first is the last) whose position is not later than its own. It sees
// its own position only where it sees no other, and then with Penalty added to the
// score, or in its place if Replace; but like any other if Self.
//
// Inputs: q, k, v [B, L, D], list int32 [B, H, N]. Outputs: o [B, H, N, size], the
// log-sum-exp [B, H, N].
type ListAttention struct {
	Heads, Chunk int
	Before, Self bool
	Replace      bool
	Penalty      float64
	Scale        float64
}

// ListAttention returns o and the log-sum-exp.
func (g *Graph) ListAttention(op ListAttention, q, k, v, list *Value) (o, lse *Value) {
	s := list.Shape
	check(s[2]%op.Chunk == 0, "list attention of %v in chunks of %d", list, op.Chunk)
	n := g.emit(op, []*Value{q, k, v, list}, []int{s[0], s[1], s[2], q.Cols() / op.Heads}, s)
	n.Outputs[0].Pad, n.Outputs[1].Pad = 0, 0
	return n.Outputs[0], n.Outputs[1]
}

// VJP hands everything to ListAttentionGrad.
func (op ListAttention) VJP(t *Tape, n *Node) {
	dlse := t.Adjoint(n.Outputs[1])
	inputs := []*Value{t.Adjoint(n.Outputs[0]), n.Outputs[0], n.Outputs[1], n.Inputs[3]}
	for _, in := range n.Inputs[:3] {
		inputs = append(inputs, t.Recall(in))
	}
	if dlse != nil {
		inputs = append(inputs, dlse)
	}
	shape := n.Inputs[0].Shape
	grad := t.emit(ListAttentionGrad(op), inputs, shape, shape, shape)
	for i, g := range grad.Outputs {
		t.AddValue(n.Inputs[i], g)
	}
}

// FLOPs of the products q·k and p·v of all pairs of entries that meet.
func (op ListAttention) FLOPs(n *Node) (necessary, dense float64) {
	q, list := n.Inputs[0], n.Inputs[3]
	keys := float64(op.Chunk)
	if op.Before {
		keys *= 2
	}
	per := 4 * float64(q.Cols()/op.Heads)
	steps := float64(q.Shape[1])
	return per * float64(list.Elements()) * keys / 2, per * float64(q.Shape[0]*op.Heads) * steps * steps
}

// ListAttentionGrad is the VJP of ListAttention. Inputs: do, o, the log-sum-exp, the
// list, q, k, v, then the adjoint of the log-sum-exp if there is one. Outputs: dq, dk,
// dv.
type ListAttentionGrad ListAttention

// VJP of a gradient is not needed.
func (ListAttentionGrad) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }

// Merge gathers what the entries of a list have for each position: if Mean, their sum
// divided by their number plus Epsilon; else weighed by the softmax of what they
// have as log-sum-exp. A position that is not in the list gets 0.
//
// Inputs: o [B, H, N, size], the log-sum-exp [B, H, N], list int32 [B, H, N].
// Output: [B, L, H·size].
type Merge struct {
	Mean    bool
	Epsilon float64
}

// Merge returns the output for so many positions.
func (g *Graph) Merge(op Merge, o, lse, list *Value, length int) *Value {
	s := o.Shape
	return g.emit(op, []*Value{o, lse, list}, []int{s[0], length, s[1] * s[3]}).Outputs[0]
}

// VJP hands everything to MergeGrad.
func (op Merge) VJP(t *Tape, n *Node) {
	y := n.Outputs[0]
	inputs := append([]*Value{t.Adjoint(y), y}, n.Inputs...)
	grad := t.emit(MergeGrad(op), inputs, n.Inputs[0].Shape, n.Inputs[1].Shape)
	t.AddValue(n.Inputs[0], grad.Outputs[0])
	if !op.Mean {
		t.AddValue(n.Inputs[1], grad.Outputs[1])
	}
}

// MergeGrad is the VJP of Merge. Inputs: dy, y, then those of Merge. Outputs: do,
// the gradient of the log-sum-exp.
type MergeGrad Merge

// VJP of a gradient is not needed.
func (MergeGrad) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }
