package baselines

import (
	"testing"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// What twice the length costs follows from the pattern: executed operations of
// training and planned memory of linear kinds double, those of dense attention more
// than that.
func TestCostOfLength(t *testing.T) {
	const length = 2048
	cost := func(kind string, length int) (flops, memory float64) {
		c := nn.Config{Vocab: 16, Model: 16, Heads: 2, FF: 16}
		g := graph.New(graph.Float32)
		tokens := g.Input("tokens", graph.Int32, 1, length)
		loss := g.CrossEntropy(Transformer{c, 1, kind}.Logits(nn.Evaluation(g), tokens), tokens, 1)
		weights := g.Parameters()
		for i, d := range g.Gradients([]*graph.Value{loss}, nil, weights, nil) {
			g.Output("gradient of "+weights[i].Name, d)
		}
		p := graph.Compile(g, cpu.Target(graph.Float32))
		return p.FLOPs.Executed, float64(p.Plan.Arena)
	}
	for _, c := range []struct {
		kind      string
		low, high float64 // growth of operations
	}{
		{"window(64)", 1.9, 2.1},
		{"window(64, dilation: 4)", 1.9, 2.1},
		{"local(64)", 1.9, 2.1},
		{"bigbird(32)", 1.9, 2.2},
		{"lsh(32, chunk: 32)", 1.9, 2.1},
		{"routing(16, 64)", 1.9, 2.1},
		{"favor(16)", 1.9, 2.1},
		{"relu", 1.9, 2.1},
		{"full", 3.5, 4.1},
	} {
		flops, memory := cost(c.kind, length)
		more, larger := cost(c.kind, 2*length)
		if r := more / flops; r < c.low || r > c.high {
			t.Errorf("%s: %.2f times the operations at twice the length, want %.1f to %.1f", c.kind, r, c.low, c.high)
		}
		if r := larger / memory; r > 2.1 {
			t.Errorf("%s: %.2f times the memory at twice the length, want about 2", c.kind, r)
		}
	}
	// A stride of √L makes L·√L: 8 times at 4 times the length.
	flops, _ := cost("strided(32)", 1024)
	if more, _ := cost("strided(64)", 4096); more/flops < 4 || more/flops > 9 {
		t.Errorf("strided: %.2f times the operations at 4 times the length, want at most 8 of attention and 4 of the rest", more/flops)
	}
}
