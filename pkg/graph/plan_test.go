package graph

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// prices is a target with workspace for every product.
type prices struct{}

func (prices) Workspace(n *Node) int64 {
	if _, ok := n.Op.(MatMul); ok {
		return 1000
	}
	return 0
}
func (prices) Executed(*Node) float64 { return 0 }
func (prices) Scratch([]*Node) int64  { return 128 }

// randomModel builds a training step of random layers.
func randomModel(r *rand.Rand) *Graph {
	g := New(Float32)
	batch, steps, d := 1+r.IntN(3), 6*(1+r.IntN(3)), 8*(1+r.IntN(3))
	tokens := g.Input("tokens", Int32, batch, steps)
	key := g.Input("key", Int32, 4)
	hyper := g.Input("hyper", Float32, 3)
	var grads []*Value
	micro := 1 + r.IntN(2)
	seed := r.Uint64()
	for m := range micro {
		rm := rand.New(rand.NewPCG(seed, 1)) // the same layers for every micro-batch
		x := g.Embed(g.Parameter("embed", Init{}, 16, d), g.Shift(tokens, 1), 1)
		for i := range 1 + rm.IntN(5) {
			name := func(s string) string { return fmt.Sprint(s, i) }
			switch rm.IntN(6) {
			case 0:
				h := g.LayerNorm(x, g.Parameter(name("scale"), Init{}, d), g.Parameter(name("bias"), Init{}, d), 1e-6)
				h = g.MatMul(h, g.Parameter(name("in"), Init{}, d, 2*d), Epilogue{Bias: g.Parameter(name("b"), Init{}, 2*d), Func: GELU})
				x = g.MatMul(h, g.Parameter(name("out"), Init{}, 2*d, d), Epilogue{Residual: x})
			case 1:
				h := g.LayerNorm(x, g.Parameter(name("scale"), Init{}, d), g.Parameter(name("bias"), Init{}, d), 1e-6)
				q := g.MatMul(h, g.Parameter(name("q"), Init{}, d, d), Epilogue{})
				k := g.MatMul(h, g.Parameter(name("k"), Init{}, d, d), Epilogue{})
				o := g.Attention(Attention{Heads: 2, Scale: 1, Pattern: Causal(steps), Storage: Storage(rm.IntN(2))}, q, k, h, nil, nil)
				x = g.MatMul(o, g.Parameter(name("o"), Init{}, d, d), Epilogue{Residual: x})
			case 2:
				y := g.Pool(g.Shift(x, 2), 3, 1.0/3)
				y = g.Reshape(g.MatMul(y, g.Parameter(name("up"), Init{}, d, 3*d), Epilogue{}), batch, steps, d)
				x = g.Add(x, y)
			case 3:
				x = g.Dropout(x, key, 0.1, uint64(i), nil)
			case 4:
				x = g.Activate(ReLU, x)
			case 5:
				x = g.Add(x, g.Parameter(name("positions"), Init{}, steps, d))
			}
		}
		loss := g.CrossEntropy(g.MatMul(x, g.Parameter("out", Init{}, d, 16), Epilogue{}), tokens, 1)
		grads = g.Gradients([]*Value{loss}, nil, g.Parameters(), grads)
		g.Output(fmt.Sprint("nll", m), loss)
	}
	g.Adam(Adam{}, hyper, g.Parameters(), grads)
	return g
}

// checkPlan executes the program symbolically: every byte range of the arena
// remembers which value was last written there, and every read must find its
// own. It shares nothing with the planner.
func checkPlan(p *Program) error {
	type span struct{ from, to int64 }
	owner := map[span]*Value{}
	write := func(v *Value, s span) {
		for o := range owner {
			if o.from < s.to && s.from < o.to {
				delete(owner, o)
			}
		}
		owner[s] = v
	}
	// root of a chain of views
	root := func(v *Value) *Value {
		for v.Node != nil {
			if _, ok := v.Node.Op.(Reshape); !ok {
				break
			}
			v = v.Node.Inputs[0]
		}
		return v
	}
	place := func(v *Value) (span, bool) {
		at, ok := p.Plan.Offset[v]
		return span{at, at + v.Bytes()}, ok
	}
	for _, v := range p.Inputs {
		if s, ok := place(v); ok {
			write(v, s)
		}
	}
	for i, n := range p.Nodes {
		_, view := n.Op.(Reshape)
		var reads []span
		for _, in := range n.Inputs {
			if in.Role.Persistent() || root(in).Role.Persistent() {
				continue
			}
			s, ok := place(in)
			if !ok {
				return fmt.Errorf("node %d %T reads %v, which has no place", i, n.Op, in)
			}
			if owner[s] != root(in) {
				return fmt.Errorf("node %d %T reads %v, overwritten", i, n.Op, in)
			}
			reads = append(reads, s)
		}
		if view {
			continue
		}
		var spans []span
		if at := p.Plan.Workspace[i]; at >= 0 {
			spans = append(spans, span{at, at + prices{}.Workspace(n)})
		}
		allowed := map[[2]int]bool{}
		if op, ok := n.Op.(interface{ InPlace(*Node) []Sharing }); ok {
			for _, s := range op.InPlace(n) {
				allowed[[2]int{s.Output, s.Input}] = true
			}
		}
		for k, v := range n.Outputs {
			s, ok := place(v)
			if !ok {
				continue
			}
			for j, in := range n.Inputs {
				if r, ok := place(in); ok && r.from < s.to && s.from < r.to && !(allowed[[2]int{k, j}] && r.from == s.from) {
					return fmt.Errorf("node %d %T writes output %d over input %d", i, n.Op, k, j)
				}
			}
			spans = append(spans, s)
		}
		for a := range spans {
			if spans[a].to > p.Plan.Arena {
				return fmt.Errorf("node %d %T writes beyond the arena", i, n.Op)
			}
			for b := range a {
				if spans[a].from < spans[b].to && spans[b].from < spans[a].to {
					return fmt.Errorf("node %d %T: outputs or workspace overlap", i, n.Op)
				}
			}
		}
		if at := p.Plan.Workspace[i]; at >= 0 {
			w := span{at, at + prices{}.Workspace(n)}
			for _, r := range reads {
				if r.from < w.to && w.from < r.to {
					return fmt.Errorf("node %d %T: workspace over an input", i, n.Op)
				}
			}
		}
		for _, v := range n.Outputs {
			if s, ok := place(v); ok {
				write(v, s)
			}
		}
		if at := p.Plan.Workspace[i]; at >= 0 {
			write(nil, span{at, at + prices{}.Workspace(n)})
		}
	}
	for _, v := range p.Outputs {
		if s, ok := place(v); ok && owner[s] != root(v) {
			return fmt.Errorf("output %v overwritten", v)
		}
	}
	return nil
}

func TestPlanKeepsEveryValueUntilItsLastUse(t *testing.T) {
	for seed := range uint64(200) {
		p := Compile(randomModel(rand.New(rand.NewPCG(seed, 0))), prices{})
		if err := checkPlan(p); err != nil {
			t.Fatalf("model %d: %v", seed, err)
		}
	}
}

func TestCheckerFindsAnOverlap(t *testing.T) {
	found := 0
	for seed := range uint64(20) {
		p := Compile(randomModel(rand.New(rand.NewPCG(seed, 0))), prices{})
		for v := range p.Plan.Offset {
			if v.Role == Activation && v.Node != nil {
				p.Plan.Offset[v] = 0
			}
		}
		if checkPlan(p) != nil {
			found++
		}
	}
	if found < 20 {
		t.Fatalf("the checker accepted %d of 20 broken plans", 20-found)
	}
}

func TestPeakCountsTheArenaOnce(t *testing.T) {
	p := Compile(randomModel(rand.New(rand.NewPCG(3, 0))), prices{})
	q := Compile(randomModel(rand.New(rand.NewPCG(4, 0))), prices{})
	peak := PeakMemory(0, p)
	if got := peak.Gradients + peak.Activations + peak.Workspace - persistentOther(p); got != p.Plan.Arena {
		t.Errorf("peak by kind sums to %d, arena has %d", got, p.Plan.Arena)
	}
	if got, want := PeakMemory(3, p).Total(), peak.Total()+3*128; got != want {
		t.Errorf("with 3 threads %d, want %d", got, want)
	}
	if got, want := PeakMemory(0, p, p), peak; got != want {
		t.Errorf("a program twice needs %v, once %v", got, want)
	}
	both := PeakMemory(0, p, q)
	if both.Total() < max(peak.Total(), PeakMemory(0, q).Total()) || both.Total() > peak.Total()+PeakMemory(0, q).Total() {
		t.Errorf("two programs need %d, alone %d and %d", both.Total(), peak.Total(), PeakMemory(0, q).Total())
	}
}

func persistentOther(p *Program) (bytes int64) {
	for _, v := range p.Persistent {
		if v.Role == State || v.Role == Constant {
			bytes += round(v.Bytes())
		}
	}
	return bytes
}
