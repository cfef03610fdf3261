package verify

import (
	"slices"

	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// mutant is a model that is not causal, or depends on nothing: with one of the
// mistakes that are easily made. A proof that lets one pass proves nothing.
type mutant struct {
	name  string
	model nn.Model
	found string // part of what the proof says of it
}

// mutated is a model whose program is changed after it was built.
type mutated struct {
	nn.Model
	mutate func(n *graph.Node)
}

func (m mutated) Logits(b *nn.Builder, tokens *graph.Value) *graph.Value {
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
	return b.Add(logits, b.Repeat(b.Pool(logits, length, -1/float64(length)), length, 1))
}

// whispering adds an influence of all positions that is too small for any bit
// to show.
type whispering struct{ nn.Model }

func (m whispering) Logits(b *nn.Builder, tokens *graph.Value) *graph.Value {
	logits := m.Model.Logits(b, tokens)
	length := logits.Shape[1]
	return b.Add(logits, b.Repeat(b.Pool(logits, length, 1e-20), length, 1))
}

func mutants() []mutant {
	c := nn.Config{Vocab: 17, Model: 8, Heads: 2, FF: 12}
	_, full := flat(c, "full")
	_, pooled := glass(c, "1@1,1@4,1@1", "average", "repeat", "full")
	_, attending := glass(c, "0@1,1@4,0@1", "attention(average)", "attention(repeat)", "relative")
	_, hashed := flat(c, "lsh(4, chunk: 4, selection: original)")
	_, routed := flat(c, "routing(3, 8, selection: original)")
	_, favoured := flat(c, "favor(8, selection: original)")
	shift := func(from, to int) func(n *graph.Node) {
		return func(n *graph.Node) {
			if op, ok := n.Op.(graph.Shift); ok && op.N == from {
				n.Op = graph.Shift{N: to}
			}
		}
	}
	parts := func(change func(k int, p *graph.Part)) func(n *graph.Node) {
		return func(n *graph.Node) {
			if op, ok := n.Op.(graph.Attention); ok {
				op.Pattern.Parts = slices.Clone(op.Pattern.Parts)
				for i := range op.Pattern.Parts {
					change(op.Pattern.Keys, &op.Pattern.Parts[i])
				}
				n.Op = op
			}
		}
	}
	offByOne := parts(func(_ int, p *graph.Part) { p.Diagonal = 1 })
	wholeRow := parts(func(_ int, p *graph.Part) { p.Diagonal = p.KCount })
	// Resampling has relative positions, whose table ends at the diagonal: there
	// each query sees the keys one later than it should.
	keyLater := parts(func(keys int, p *graph.Part) {
		p.KStart++
		if p.KStart+(p.KCount-1)*p.KStep >= keys {
			p.KCount--
		}
	})
	return []mutant{
		{"token shift removed", mutated{full, shift(1, 0)}, "logits"},
		{"token shift removed, Hourglass", mutated{pooled, shift(1, 0)}, "logits"},
		{"shift before shortening k−2", mutated{pooled, shift(3, 2)}, "logits"},
		{"no shift before shortening", mutated{pooled, shift(3, 0)}, "logits"},
		{"shift before shortening k−2, attention", mutated{attending, shift(3, 2)}, "logits"},
		{"mask off by one", mutated{full, offByOne}, "logits"},
		{"mask off by one, resampling", mutated{attending, keyLater}, "logits"},
		{"softmax over the whole row", mutated{full, wholeRow}, "logits"},
		{"normalisation over positions", peeking{full}, "logits"},
		{"influence below a bit", whispering{full}, "gradient"},
		{"hashing as published", hashed, "logits"},
		{"routing as published", routed, "logits"},
		{"features as published", favoured, "logits"},
		{"token shifted away", mutated{full, shift(1, 2)}, "do not change with token"},
	}
}
