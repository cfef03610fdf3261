// Hash trains small models for some steps and prints the hashes of their
// weights, by which builds of the same code are compared. It imports no more
// than that takes, since it is compiled for processors that nothing else here
// is compiled for.
package main

import (
	"fmt"
	"os"

	"hgbench/pkg/baselines"
	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/hourglass"
	"hgbench/pkg/nn"
	"hgbench/pkg/optim"
	"hgbench/pkg/philox"
)

const (
	batch, length, vocab = 3, 15, 31
	steps                = 50
)

func main() {
	h, err := nn.ParseHierarchy("1@1,1@3,1@1")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	c := nn.Config{Vocab: vocab, Model: 16, Heads: 2, FF: 24, Context: length, Dropout: 0.1}
	rotary := c
	rotary.Positions, rotary.Storage = nn.Rotary, graph.Materialised
	for _, m := range []nn.Model{
		hourglass.Config{Config: c, Hierarchy: h, Shorten: "attention(linear)", Upsample: "attention(repeat)", Attention: func(int) string { return "relative" }},
		hourglass.Config{Config: rotary, Hierarchy: h, Shorten: "average", Upsample: "linear", Attention: func(int) string { return "full" }},
		baselines.TransformerXL{Config: c, Layers: 2, HeadSize: 8},
	} {
		hash, err := train(m)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(cpu.Current(), hash)
	}
}

// train returns the hash of the trained weights.
func train(model nn.Model) (string, error) {
	if err := model.Validate(); err != nil {
		return "", err
	}
	g := graph.New(graph.Float32)
	key, hyper := g.Input("key", graph.Int32, 4), g.Input("hyper", graph.Float32, 3)
	tokens := g.Input("tokens", graph.Int32, batch, length)
	nll := g.CrossEntropy(model.Logits(nn.Training(g, key), tokens), tokens, 1.0/(batch*length))
	g.Output("nll", nll)
	grads := g.Gradients([]*graph.Value{nll}, nil, g.Parameters(), nil)
	g.Adam(graph.Adam{Beta1: 0.9, Beta2: 0.98, Epsilon: 1e-9, Clip: 1, Decay: 0.01}, hyper, g.Parameters(), grads)
	p := graph.Compile(g, cpu.Target(graph.Float32))
	m, err := cpu.New(2, p)
	if err != nil {
		return "", err
	}
	defer m.Close()
	m.Init(1)
	adam := optim.Adam{Schedule: optim.Schedule{Peak: 3e-3, Warmup: 5, Steps: steps, Shape: optim.Cosine}, Beta1: 0.9, Beta2: 0.98}
	text := philox.New(7, 0)
	for step := range steps {
		ids := m.Ints(p, tokens)
		for i := range ids {
			ids[i] = int32(text.Uint64n(uint64(step), uint64(i), vocab))
		}
		copy(m.Ints(p, key), []int32{1, 0, int32(step), 0})
		now := adam.Hyper(step)
		m.Write(p, hyper, now[:])
		m.Run(p)
	}
	return m.Hash(), nil
}
