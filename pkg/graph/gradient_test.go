package graph

import (
	"slices"
	"testing"
)

// count of the nodes whose op is a T, backward or not.
func count[T Op](g *Graph, backward bool) int {
	n := 0
	for _, node := range g.Nodes {
		if _, ok := node.Op.(T); ok && node.Backward == backward {
			n++
		}
	}
	return n
}

// Norms and activations are computed again in the backward pass, once each
// however many read them, so that a plan need not keep them.
func TestRematerialisation(t *testing.T) {
	g := New(Float32)
	tokens := g.Input("tokens", Int32, 2, 6)
	x := g.Embed(g.Parameter("embed", Init{}, 9, 8), tokens, 1)
	h := g.LayerNorm(x, g.Parameter("scale", Init{}, 8), g.Parameter("bias", Init{}, 8), 1e-6)
	q := g.MatMul(h, g.Parameter("q", Init{}, 8, 8), Epilogue{})
	k := g.MatMul(h, g.Parameter("k", Init{}, 8, 8), Epilogue{})
	f := g.MatMul(g.Add(q, k), g.Parameter("in", Init{}, 8, 16), Epilogue{Func: GELU})
	nll := g.CrossEntropy(g.MatMul(f, g.Parameter("out", Init{}, 16, 9), Epilogue{}), tokens, 1)
	g.Output("nll", nll)
	for i, grad := range g.Gradients([]*Value{nll}, nil, g.Parameters(), nil) {
		if grad == nil || grad.Role != Gradient || !sameShape(grad, g.Parameters()[i]) {
			t.Errorf("gradient of %v is %v", g.Parameters()[i], grad)
		}
		g.Output("", grad)
	}
	if n := count[Normalize](g, true); n != 1 {
		t.Errorf("%d norms recomputed, want the one that q and k share", n)
	}
	if products, passes := count[MatMulActivateGrad](g, true), count[Activate](g, true)+count[ActivateGrad](g, true); products != 1 || passes != 0 {
		t.Errorf("%d products and %d passes of their own go back through the activation, want one product", products, passes)
	}
	p := Compile(g, prices{})
	for i, n := range p.Nodes {
		if !n.Backward {
			continue
		}
		for _, in := range n.Inputs {
			if (in == h || in == f) && in.Node != nil {
				t.Errorf("node %d %T of the backward pass reads the kept %v", i, n.Op, in)
			}
		}
	}
}

// An activation that a product and something else read is recomputed once, and
// what each makes of its adjoint is added up.
func TestActivationOfManyReaders(t *testing.T) {
	g := New(Float32)
	tokens := g.Input("tokens", Int32, 6)
	in, out := g.Parameter("in", Init{}, 8, 8), g.Parameter("out", Init{}, 8, 8)
	f := g.MatMul(g.Input("x", Float32, 6, 8), in, Epilogue{Func: GELU})
	y := g.MatMul(f, out, Epilogue{Residual: f})
	g.Gradients([]*Value{g.CrossEntropy(y, tokens, 1)}, nil, g.Parameters(), nil)
	if products, passes, again := count[MatMulActivateGrad](g, true), count[ActivateGrad](g, true), count[Activate](g, true); products != 1 || passes != 1 || again != 0 {
		t.Errorf("%d products and %d passes go back through the activation, %d recomputations; want 1, 1, 0", products, passes, again)
	}
	if n := count[Add](g, true); n != 1 {
		t.Errorf("%d sums, want one of both adjoints of z", n)
	}
}

// Gradients of micro-batches accumulate, inside the products that make them.
func TestAccumulation(t *testing.T) {
	g := New(Float32)
	var grads []*Value
	for _, name := range []string{"a", "b", "c"} {
		x := g.Input(name, Float32, 3, 4)
		tokens := g.Input(name+" tokens", Int32, 3)
		nll := g.CrossEntropy(g.MatMul(x, g.Parameter("w", Init{}, 4, 5), Epilogue{Bias: g.Parameter("b", Init{}, 5)}), tokens, 1)
		grads = g.Gradients([]*Value{nll}, nil, g.Parameters(), grads)
	}
	var accumulating int
	for _, n := range g.Nodes {
		if op, ok := n.Op.(MatMul); ok && n.Backward && op.TransA && op.Residual {
			accumulating++
		}
	}
	if accumulating != 2 || count[Add](g, true) != 0 || len(grads) != 2 {
		t.Errorf("%d products add to the gradient before, %d additions; want 2 and none", accumulating, count[Add](g, true))
	}
}

// What the loss does not depend on has no gradient, and costs no backward pass.
func TestUnrelated(t *testing.T) {
	g := New(Float32)
	x := g.Input("x", Float32, 3, 4)
	tokens := g.Input("tokens", Int32, 3)
	w, other := g.Parameter("w", Init{}, 4, 5), g.Parameter("other", Init{}, 4, 5)
	g.Output("y", g.MatMul(x, other, Epilogue{}))
	nll := g.CrossEntropy(g.MatMul(x, w, Epilogue{}), tokens, 1)
	before := len(g.Nodes)
	grads := g.Gradients([]*Value{nll}, nil, []*Value{w, other}, nil)
	if grads[0] == nil || grads[1] != nil {
		t.Errorf("gradients %v; want one of w only", grads)
	}
	if n := len(g.Nodes) - before; n != 1 {
		t.Errorf("%d nodes of backward pass, want the weight gradient only", n)
	}
	g.Adam(Adam{}, g.Input("hyper", Float32, 3), []*Value{w, other}, grads)
	if got := len(slices.DeleteFunc(slices.Clone(g.Persistent()), func(v *Value) bool { return v.Role != Optimizer })); got != 2 {
		t.Errorf("%d moments, want two of w", got)
	}
}

func TestMistakesOfTheBuilder(t *testing.T) {
	g := New(Float32)
	x, y := g.Input("x", Float32, 2, 6, 4), g.Input("y", Float32, 2, 5, 4)
	ids := g.Input("ids", Int32, 2, 6)
	w := g.Parameter("w", Init{}, 4, 8)
	if g.Parameter("w", Init{}, 4, 8) != w {
		t.Error("declared again, a weight is another")
	}
	for want, build := range map[string]func(){
		"declared again":  func() { g.Parameter("w", Init{}, 4, 9) },
		"matmul":          func() { g.MatMul(x, g.Parameter("v", Init{}, 5, 8), Epilogue{}) },
		"matmul residual": func() { g.MatMul(x, w, Epilogue{Residual: x}) },
		"matmul bias":     func() { g.MatMul(x, w, Epilogue{Bias: g.Parameter("bias", Init{}, 7)}) },
		"function and":    func() { g.MatMul(x, w, Epilogue{Func: GELU, Residual: x}) },
		"add":             func() { g.Add(x, y) },
		"pool":            func() { g.Pool(x, 4, 1) },
		"reshape":         func() { g.Reshape(x, 2, 25) },
		"slice":           func() { g.Slice(x, 3, 7) },
		"concat":          func() { g.Concat(x, g.Input("z", Float32, 2, 6, 3)) },
		"embed":           func() { g.Embed(w, x, 1) },
		"layernorm":       func() { g.LayerNorm(x, w, w, 1e-6) },
		"cross-entropy":   func() { g.CrossEntropy(y, ids, 1) },
		"attention of":    func() { g.Attention(Attention{Heads: 3, Pattern: Causal(6)}, x, x, x, nil, nil) },
		"attention patt":  func() { g.Attention(Attention{Heads: 2, Pattern: Causal(5)}, x, x, x, nil, nil) },
		"assign":          func() { g.Assign(w, x) },
		"rotary":          func() { g.Rotary(x, g.Input("turns", Float32, 5, 2)) },
		"dropout":         func() { g.Dropout(x, ids, 0.1, 1, nil) },
	} {
		panics(t, want, build)
	}
}
