package verify

import (
	"slices"
	"strings"
	"testing"

	"hgbench/pkg/baselines"
	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

func TestCausality(t *testing.T) {
	for _, s := range systems() {
		for _, training := range []bool{false, true} {
			// 25 is odd, and padded by every hierarchy.
			r, err := Causality(s.model, 5, 25, training, 1, 1)
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			if !r.Pass() || r.Probes != 25 {
				t.Errorf("%s, training %v: %v", s.name, training, r)
			}
		}
	}
}

// Lengths of several tiles of every kernel, on either side of their borders.
func TestCausalityOfTiles(t *testing.T) {
	const length = 331
	for _, s := range []system{
		flat("relative", nil),
		flat("full", func(c *nn.Config) { c.Positions, c.Storage = nn.Rotary, graph.Materialised }),
		glass("0@1,1@3,1@1", "attention(linear)", "attention(repeat)", "relative", nil),
		recurrent(baselines.Memory{Length: 70, Valid: 70}, nil),
	} {
		p, err := NewProver(s.model, 8, length, false)
		if err != nil {
			t.Fatal(err)
		}
		m, err := cpu.New(2, p.Programs()...)
		if err != nil {
			t.Fatal(err)
		}
		Activate(m, p.forward.program, 1)
		r, err := p.Prove(m, nil, Probes(length, 40, 1, 3, 64, 256), 1)
		if err != nil || !r.Pass() {
			t.Errorf("%s: %v, %v", s.name, r, err)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

// mutant is a model whose program is changed after it was built.
type mutant struct {
	nn.Model
	mutate func(n *graph.Node)
}

func (m mutant) Logits(b *nn.Builder, tokens *graph.Value) *graph.Value {
	first := len(b.Nodes)
	logits := m.Model.Logits(b, tokens)
	for _, n := range b.Nodes[first:] {
		m.mutate(n)
	}
	return logits
}

// peeking has a normalisation over positions: the mean over all of them is
// taken from the logits.
type peeking struct{ nn.Model }

func (m peeking) Logits(b *nn.Builder, tokens *graph.Value) *graph.Value {
	logits := m.Model.Logits(b, tokens)
	length := logits.Shape[1]
	mean := b.Repeat(b.Pool(logits, length, 1/float64(length)), length, 1)
	return b.Add(logits, b.Repeat(b.Pool(mean, length, -1/float64(length)), length, 1))
}

// The proof must fail on models that look ahead, and on one that looks at
// nothing.
func TestMutants(t *testing.T) {
	shift := func(from, to int) func(n *graph.Node) {
		return func(n *graph.Node) {
			if op, ok := n.Op.(graph.Shift); ok && op.N == from {
				n.Op = graph.Shift{N: to}
			}
		}
	}
	mask := func(diagonal func(graph.Part) int) func(n *graph.Node) {
		return func(n *graph.Node) {
			if op, ok := n.Op.(graph.Attention); ok {
				op.Pattern.Parts = slices.Clone(op.Pattern.Parts)
				for i, p := range op.Pattern.Parts {
					op.Pattern.Parts[i].Diagonal = diagonal(p)
				}
				n.Op = op
			}
		}
	}
	glass := glass("1@1,1@4,1@1", "average", "repeat", "full", nil).model
	full := flat("full", nil).model
	for _, c := range []struct {
		name   string
		mutant nn.Model
		want   string
	}{
		{"token shift removed", mutant{full, shift(1, 0)}, "logits"},
		{"token shift removed, Hourglass", mutant{glass, shift(1, 0)}, "logits"},
		{"shift before shortening k−2", mutant{glass, shift(3, 2)}, "logits"},
		{"no shift before shortening", mutant{glass, shift(3, 0)}, "logits"},
		{"mask off by one", mutant{full, mask(func(graph.Part) int { return 1 })}, "logits"},
		{"softmax over the whole row", mutant{full, mask(func(p graph.Part) int { return p.KCount })}, "logits"},
		{"normalisation over positions", peeking{full}, "logits"},
		{"token shifted away", mutant{full, shift(1, 2)}, "do not change with token"},
	} {
		r, err := Causality(c.mutant, 5, 25, false, 1, 1)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if r.Pass() || !strings.Contains(r.String(), c.want) {
			t.Errorf("%s: %v", c.name, r)
		}
	}
}

// The gradient alone finds an influence too small for any bit to show.
func TestGradientFindsHiddenInfluence(t *testing.T) {
	full := flat("full", nil).model
	r, err := Causality(whispering{full}, 5, 25, false, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r.Pass() {
		t.Fatal("not found")
	}
	for _, v := range r.Violations {
		if !strings.HasPrefix(v.What, "gradient") {
			t.Errorf("%v; want only gradients", v)
		}
	}
}

// whispering adds 1e-20 of the mean over all positions.
type whispering struct{ nn.Model }

func (m whispering) Logits(b *nn.Builder, tokens *graph.Value) *graph.Value {
	logits := m.Model.Logits(b, tokens)
	length := logits.Shape[1]
	return b.Add(logits, b.Repeat(b.Pool(logits, length, 1e-20), length, 1))
}

func TestProbes(t *testing.T) {
	if got := Probes(5, 64, 1); !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
		t.Error(got)
	}
	got := Probes(1000, 64, 1, 3, 256)
	if len(got) != 64 || !slices.IsSorted(got) || got[0] != 0 || got[1] != 1 || got[63] != 999 {
		t.Error(got)
	}
	border := slices.ContainsFunc(got, func(t int) bool { return t > 1 && t < 998 && (t+1)%256 < 3 })
	if !border {
		t.Errorf("no border of 256 in %v", got)
	}
	if !slices.Equal(got, Probes(1000, 64, 1, 3, 256)) {
		t.Error("not deterministic")
	}
}

func TestProverErrors(t *testing.T) {
	model := flat("full", nil).model
	if _, err := NewProver(model, 0, 5, false); err == nil {
		t.Error("batch 0 was accepted")
	}
	p, err := NewProver(model, 2, 5, false)
	if err != nil {
		t.Fatal(err)
	}
	m, err := cpu.New(1, p.Programs()...)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := p.Prove(m, make([]int32, 9), []int{0}, 1); err == nil {
		t.Error("9 tokens were accepted as windows [2, 5]")
	}
	if _, err := p.Prove(m, nil, []int{5}, 1); err == nil {
		t.Error("a probe beyond the window was accepted")
	}
	if r := (CausalityReport{}); r.Pass() {
		t.Error("a proof of nothing passes")
	}
	r, err := p.Prove(m, nil, []int{1, 2}, 1) // weights are all 0
	if err != nil || r.Pass() || !strings.Contains(r.String(), "do not change") {
		t.Errorf("a constant model: %v, %v", r, err)
	}
}
