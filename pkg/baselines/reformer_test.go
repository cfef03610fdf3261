package baselines

import (
	"testing"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// trainingMemory of activations and of the arena, in bytes.
func trainingMemory(model nn.Model, length int) (activations, arena int64) {
	g := graph.New(graph.Float32)
	tokens := g.Input("tokens", graph.Int32, 1, length)
	loss := g.CrossEntropy(model.Logits(nn.Evaluation(g), tokens), tokens, 1)
	weights := g.Parameters()
	for i, d := range g.Gradients([]*graph.Value{loss}, nil, weights, nil) {
		g.Output("gradient of "+weights[i].Name, d)
	}
	p := graph.Compile(g, cpu.Target(graph.Float32))
	return graph.PeakMemory(1, p).Activations, p.Plan.Arena
}

// The activations of a Reformer do not grow with its depth; those of a Transformer
// do.
func TestReformerMemory(t *testing.T) {
	c := nn.Config{Vocab: 16, Model: 32, Heads: 2, FF: 64, Positions: nn.Absolute, Context: 512}
	const kind = "lsh(8, chunk: 16, every: 4)"
	few, _ := trainingMemory(Reformer{c, 4, kind}, 512)
	many, _ := trainingMemory(Reformer{c, 16, kind}, 512)
	if many > few+few/50 {
		t.Errorf("activations of 16 layers %d bytes, of 4 %d; want the same", many, few)
	}
	few, _ = trainingMemory(Transformer{c, 4, kind}, 512)
	many, _ = trainingMemory(Transformer{c, 16, kind}, 512)
	if many < 3*few {
		t.Errorf("activations of a Transformer of 16 layers %d bytes, of 4 %d; want almost 4 times as many", many, few)
	}
}
