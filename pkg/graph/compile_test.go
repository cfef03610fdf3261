package graph

import (
	"strings"
	"testing"
)

// executing is a target that executes 1 FLOP a node.
type executing struct{ prices }

func (executing) Executed(*Node) float64 { return 1 }

func TestCompileDropsWhatNothingNeeds(t *testing.T) {
	g := New(Float32)
	x := g.Input("x", Float32, 2, 3, 4)
	used := g.MatMul(x, g.Parameter("used", Init{}, 4, 5), Epilogue{})
	g.MatMul(x, g.Parameter("unused", Init{}, 4, 6), Epilogue{}) // dead
	g.Constant("table", func(int) float64 { return 0 }, 3)       // dead
	state := g.State("state", 2, 3, 5)
	g.Assign(state, used) // an effect
	p := Compile(g, executing{})
	if len(p.Nodes) != 2 || p.FLOPs.Executed != 2 {
		t.Errorf("%d nodes that execute %g FLOPs, want the product and the assignment", len(p.Nodes), p.FLOPs.Executed)
	}
	var names []string
	for _, v := range p.Persistent {
		names = append(names, v.Name)
	}
	if got := strings.Join(names, " "); got != "used unused state" {
		t.Errorf("persistent values %s, want all weights and what is read or written", got)
	}
	if want := 2.0 * 2 * 3 * 4 * 5; p.FLOPs.Necessary != want || p.FLOPs.Dense != want {
		t.Errorf("FLOPs %+v, want %g", p.FLOPs, want)
	}
}

// A backward pass costs twice the forward pass; what it recomputes is not
// counted as necessary.
func TestNecessaryFLOPsOfGradients(t *testing.T) {
	build := func(backward bool) FLOPs {
		g := New(Float32)
		tokens := g.Input("tokens", Int32, 2, 6)
		x := g.Embed(g.Parameter("embed", Init{}, 9, 8), tokens, 1)
		h := g.LayerNorm(x, g.Parameter("scale", Init{}, 8), g.Parameter("bias", Init{}, 8), 1e-6)
		h = g.MatMul(h, g.Parameter("in", Init{}, 8, 16), Epilogue{Func: GELU})
		x = g.MatMul(h, g.Parameter("out", Init{}, 16, 8), Epilogue{Residual: x})
		x = g.Attention(Attention{Heads: 2, Scale: 1, Pattern: Causal(6)}, x, x, x, nil, nil)
		nll := g.CrossEntropy(g.MatMulT(x, g.Parameter("embed", Init{}, 9, 8), Epilogue{}), tokens, 1)
		g.Output("nll", nll)
		if backward {
			for _, grad := range g.Gradients([]*Value{nll}, nil, g.Parameters(), nil) {
				g.Output("gradient of "+grad.Name, grad)
			}
		}
		return Compile(g, executing{}).FLOPs
	}
	forward, whole := build(false), build(true)
	products := 2.0 * 12 * (8*16*2 + 8*9)
	if want := products + 4*8*2*21; forward.Necessary != want {
		t.Errorf("necessary %g, want %g", forward.Necessary, want)
	}
	if want := products + 4*8*2*36; forward.Dense != want {
		t.Errorf("dense %g, want %g", forward.Dense, want)
	}
	if whole.Necessary != 3*forward.Necessary || whole.Dense != 3*forward.Dense {
		t.Errorf("with backward pass %+v, forward %+v: want three times that", whole, forward)
	}
}

// Padded steps go with the sequence through every op, and are not necessary.
func TestPadding(t *testing.T) {
	g := New(Float32)
	tokens := g.Input("tokens", Int32, 2, 12)
	tokens.Pad = 5
	x := g.Embed(g.Parameter("embed", Init{}, 9, 8), g.Shift(tokens, 1), 1)
	w := g.Parameter("w", Init{}, 8, 8)
	for what, c := range map[string]struct {
		v    *Value
		want int
	}{
		"embed":           {x, 5},
		"shift":           {g.Shift(x, 2), 5},
		"matmul":          {g.MatMul(x, w, Epilogue{}), 5},
		"layernorm":       {g.LayerNorm(x, g.Parameter("s", Init{}, 8), g.Parameter("b", Init{}, 8), 1e-6), 5},
		"activate":        {g.Activate(ReLU, x), 5},
		"pool by 3":       {g.Pool(x, 3, 1), 1}, // steps 7 … 11: one group is padding only
		"pool by 6":       {g.Pool(x, 6, 1), 0},
		"repeat":          {g.Repeat(g.Pool(x, 3, 1), 3, 1), 3},
		"residual":        {g.Add(g.Repeat(g.Pool(x, 3, 1), 3, 1), x), 5},
		"slice":           {g.Slice(x, 2, 9), 2},
		"slice of tokens": {g.Slice(x, 2, 6), 0},
		"concat":          {g.Concat(x, g.Slice(x, 0, 9)), 2},
		"attention":       {g.Attention(Attention{Heads: 2, Scale: 1, Pattern: Causal(12)}, x, x, x, nil, nil), 5},
		"reshape":         {g.Reshape(x, 2, 6, 16), 2},
	} {
		if c.v.Pad != c.want {
			t.Errorf("%s: %d of %v steps are padding, want %d", what, c.v.Pad, c.v.Shape, c.want)
		}
	}
	g.Output("y", g.MatMul(x, w, Epilogue{}))
	if got, want := Compile(g, executing{}).FLOPs.Necessary, 2.0*2*7*8*8; got != want {
		t.Errorf("necessary FLOPs %g, want %g", got, want)
	}
}

func TestNamedValues(t *testing.T) {
	g := New(Float32)
	x := g.Input("x", Float32, 2, 2)
	y := g.Activate(ReLU, x)
	g.Output("y", y)
	p := Compile(g, executing{})
	if p.InputNamed("x") != x || p.OutputNamed("y") != y {
		t.Error("another value of that name")
	}
	panics(t, `no output "x"`, func() { p.OutputNamed("x") })
	panics(t, `no input "y"`, func() { p.InputNamed("y") })
}

func panics(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got, _ := recover().(string); !strings.Contains(got, want) {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	f()
}
