package graph

// Func is an elementwise function.
type Func uint8

// Functions. GELU is the tanh form of Hendrycks and Gimpel (2016), as in
// Trax's FastGelu: 0.5·x·(1 + tanh(0.7978845608·x·(1 + 0.044715·x²))).
const (
	None Func = iota
	GELU
	ReLU
)

func (f Func) String() string { return [...]string{"none", "gelu", "relu"}[f] }

// Activate is y = f(x).
type Activate struct{ Func Func }

// Activate returns f(x).
func (g *Graph) Activate(f Func, x *Value) *Value {
	return g.emit(Activate{f}, []*Value{x}, x.Shape).Outputs[0]
}

// VJP: dx = dy · f′(x).
func (op Activate) VJP(t *Tape, n *Node) {
	x := n.Inputs[0]
	dx := t.activationGrad(op.Func, t.Recall(x), t.Adjoint(n.Outputs[0]))
	t.AddValue(x, dx)
}

// Recall recomputes y.
func (op Activate) Recall(t *Tape, n *Node, _ int) *Value {
	return t.Activate(op.Func, t.Recall(n.Inputs[0]))
}

// InPlace lets y replace x.
func (Activate) InPlace(*Node) []Sharing { return []Sharing{{0, 0}} }

// ActivateGrad is dx = dy · f′(x). Inputs: x, dy.
type ActivateGrad struct{ Func Func }

func (g *Graph) activationGrad(f Func, x, dy *Value) *Value {
	return g.emit(ActivateGrad{f}, []*Value{x, dy}, x.Shape).Outputs[0]
}

// VJP of a VJP is not needed.
func (ActivateGrad) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }

// InPlace lets dx replace dy or x.
func (ActivateGrad) InPlace(*Node) []Sharing { return []Sharing{{0, 1}, {0, 0}} }
