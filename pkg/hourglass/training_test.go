package hourglass_test

import (
	"testing"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
	"hgbench/pkg/optim"
)

// A whole training step, forward, backward and Adam, learns that every token is
// the one before plus one: 2 nats at first, and soon little more than the first
// token of a window costs.
func TestLearns(t *testing.T) {
	const batch, length, steps = 4, 12, 60
	c := config(t, "1@1,1@3,1@1", "attention(average)", "attention(repeat)")
	c.Dropout = 0.05
	c.Vocab, c.Model = 8, 16

	g := graph.New(graph.Float32)
	tokens := g.Input("tokens", graph.Int32, batch, length)
	key := g.Input("key", graph.Int32, 4)
	hyper := g.Input("hyper", g.Real, 3)
	nll := g.CrossEntropy(c.Logits(nn.Training(g, key), tokens), tokens, 1./(batch*length))
	g.Output("nll", nll)
	weights := g.Parameters()
	grads := g.Gradients([]*graph.Value{nll}, nil, weights, nil)
	g.Output("norm", g.Adam(graph.Adam{Beta1: 0.9, Beta2: 0.98, Epsilon: 1e-9, Clip: 1}, hyper, weights, grads))
	p := graph.Compile(g, cpu.Target(g.Real))
	m, err := cpu.New(2, p)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	m.Init(1)
	adam := optim.Adam{Schedule: optim.Schedule{Peak: 1e-2, Warmup: 5, Steps: steps, Shape: optim.Cosine}, Beta1: 0.9, Beta2: 0.98}
	var first, last float64
	for step := range steps {
		in := m.Ints(p, tokens)
		for i := range in {
			b, l := i/length, i%length
			in[i] = int32((l + 3*b + step) % 8)
		}
		copy(m.Ints(p, key), []int32{1, 0, int32(step), 0})
		h := adam.Hyper(step)
		m.Write(p, hyper, h[:])
		m.Run(p)
		last = 0
		for _, x := range m.Read(p, nll) {
			last += x / (batch * length)
		}
		if step == 0 {
			first = last
		}
	}
	if first < 1.8 || last > 0.6 {
		t.Errorf("loss from %.3f to %.3f nats; want from about 2 to below 0.6", first, last)
	}
	t.Logf("loss from %.3f to %.3f nats", first, last)
}
