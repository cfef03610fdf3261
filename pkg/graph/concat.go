package graph

import "fmt"

// Concat joins x and y along time: [B, M, D], [B, L, D] → [B, M+L, D].
type Concat struct{}

// Concat returns x followed by y.
func (g *Graph) Concat(x, y *Value) *Value {
	check(len(x.Shape) == 3 && len(y.Shape) == 3 && x.Shape[0] == y.Shape[0] && x.Shape[2] == y.Shape[2], "concat %v, %v", x, y)
	z := g.emit(Concat{}, []*Value{x, y}, []int{x.Shape[0], x.Shape[1] + y.Shape[1], x.Shape[2]}).Outputs[0]
	z.Pad = y.Pad
	return z
}

// VJP gives each part its share.
func (Concat) VJP(t *Tape, n *Node) {
	x, y, dz := n.Inputs[0], n.Inputs[1], t.Adjoint(n.Outputs[0])
	m := x.Shape[1]
	if t.Needs(x) {
		t.AddValue(x, t.Slice(dz, 0, m))
	}
	if t.Needs(y) {
		t.AddValue(y, t.Slice(dz, m, m+y.Shape[1]))
	}
}

// Recall joins again.
func (Concat) Recall(t *Tape, n *Node, _ int) *Value {
	return t.Concat(t.Recall(n.Inputs[0]), t.Recall(n.Inputs[1]))
}

// Slice takes time steps From … To−1 of x.
type Slice struct{ From, To int }

// Slice returns x[:, from:to].
func (g *Graph) Slice(x *Value, from, to int) *Value {
	check(len(x.Shape) == 3 && 0 <= from && from < to && to <= x.Shape[1], "slice %v[%d:%d]", x, from, to)
	y := g.emit(Slice{from, to}, []*Value{x}, []int{x.Shape[0], to - from, x.Shape[2]}).Outputs[0]
	y.Pad = max(0, x.Pad-(x.Shape[1]-to))
	return y
}

// VJP puts zeros around dy.
func (op Slice) VJP(t *Tape, n *Node) {
	x := n.Inputs[0]
	if !t.Needs(x) {
		return
	}
	dx := t.Adjoint(n.Outputs[0])
	if op.From > 0 {
		dx = t.Concat(t.zeros(x, op.From), dx)
	}
	if rest := x.Shape[1] - op.To; rest > 0 {
		dx = t.Concat(dx, t.zeros(x, rest))
	}
	t.AddValue(x, dx)
}

// zeros is n time steps of zeros beside x.
func (t *Tape) zeros(x *Value, n int) *Value {
	b, d := x.Shape[0], x.Shape[2]
	name := fmt.Sprintf("zeros[%d %d %d]", b, n, d)
	return t.Constant(name, func(int) float64 { return 0 }, b, n, d)
}

// Recall takes the slice again.
func (op Slice) Recall(t *Tape, n *Node, _ int) *Value {
	return t.Slice(t.Recall(n.Inputs[0]), op.From, op.To)
}
