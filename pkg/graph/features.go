package graph

// Features are the positive random features of a softmax kernel (Choromanski et
// al. 2021, arXiv 2009.14794; google-research, performer/fast_attention): with
// x′ = x·size^(−1/4) for the x [size] of one head and the projection P [m, size],
//
//	e = exp(P·x′ − |x′|²/2 − c)
//
// so that Σ e(q)·e(k) is exp(q·k/√size − …) in expectation. c keeps e at most 1;
// attention divides it out but for the little that keeps it from 0.
//
// Inputs: x [B, L, H·size], P. Outputs: e [B, L, H·m], c [B, H, L].
type Features struct {
	Heads   int
	Maximum Maximum
	Through bool // the gradient flows through c too, as in the original
}

// Maximum says over what the c of a position is the maximum of P·x′.
type Maximum uint8

// Maxima. OfToken is over the features of the position, OfAll over those of all:
// what the original does to keys, whose every position then depends on every
// other. (A running maximum is within LinearAttention.)
const (
	OfToken Maximum = iota
	OfAll
)

// Features returns e and c.
func (g *Graph) Features(op Features, x, projection *Value) (e, c *Value) {
	check(len(x.Shape) == 3 && x.Cols() == op.Heads*projection.Cols(), "features of %v by %v", x, projection)
	n := g.emit(op, []*Value{x, projection}, []int{x.Shape[0], x.Shape[1], op.Heads * projection.Rows()}, []int{x.Shape[0], op.Heads, x.Shape[1]})
	return n.Outputs[0], n.Outputs[1]
}

// VJP computes e again.
func (op Features) VJP(t *Tape, n *Node) {
	x := n.Inputs[0]
	e, c := t.Recall(n.Outputs[0]), n.Outputs[1]
	dx := t.emit(FeaturesGrad(op), []*Value{t.Adjoint(n.Outputs[0]), e, c, t.Recall(x), n.Inputs[1]}, x.Shape).Outputs[0]
	t.AddValue(x, dx)
}

// Recall computes e again.
func (op Features) Recall(t *Tape, n *Node, output int) *Value {
	if output != 0 {
		return nil
	}
	e, _ := t.Features(op, t.Recall(n.Inputs[0]), n.Inputs[1])
	return e
}

// FLOPs of the projection.
func (op Features) FLOPs(n *Node) (necessary, dense float64) {
	x, p := n.Inputs[0], n.Inputs[1]
	flops := 2 * float64(x.necessaryRows()) * float64(op.Heads) * float64(p.Elements())
	return flops, flops
}

// FeaturesGrad is the VJP of Features. Inputs: de, e, c, x, P. Output: dx.
type FeaturesGrad Features

// VJP of a gradient is not needed.
func (FeaturesGrad) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }
