package graph

// Pool adds groups of Factor time steps: y[b, j] = Scale · Σ_r x[b, j·Factor + r].
type Pool struct {
	Factor int
	Scale  float64
}

// Pool shortens x [B, L, D] to [B, L/factor, D].
func (g *Graph) Pool(x *Value, factor int, scale float64) *Value {
	check(len(x.Shape) == 3 && x.Shape[1]%factor == 0, "pool %v by %d", x, factor)
	shape := []int{x.Shape[0], x.Shape[1] / factor, x.Shape[2]}
	return g.emit(Pool{factor, scale}, []*Value{x}, shape).Outputs[0]
}

// VJP: every step of a group gets Scale · dy.
func (op Pool) VJP(t *Tape, n *Node) {
	if x := n.Inputs[0]; t.Needs(x) {
		t.AddValue(x, t.Repeat(t.Adjoint(n.Outputs[0]), op.Factor, op.Scale))
	}
}

// Repeat is the transpose of Pool: y[b, j·Factor + r] = Scale · x[b, j].
type Repeat struct {
	Factor int
	Scale  float64
}

// Repeat lengthens x [B, L, D] to [B, L·factor, D].
func (g *Graph) Repeat(x *Value, factor int, scale float64) *Value {
	check(len(x.Shape) == 3, "repeat %v", x)
	shape := []int{x.Shape[0], x.Shape[1] * factor, x.Shape[2]}
	return g.emit(Repeat{factor, scale}, []*Value{x}, shape).Outputs[0]
}

// VJP: dx = Scale · the sum over each group of dy.
func (op Repeat) VJP(t *Tape, n *Node) {
	if x := n.Inputs[0]; t.Needs(x) {
		t.AddValue(x, t.Pool(t.Adjoint(n.Outputs[0]), op.Factor, op.Scale))
	}
}

// Recall repeats again.
func (op Repeat) Recall(t *Tape, n *Node, _ int) *Value {
	return t.Repeat(t.Recall(n.Inputs[0]), op.Factor, op.Scale)
}
