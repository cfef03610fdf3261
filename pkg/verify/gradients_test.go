package verify

import (
	"testing"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

func TestOpGradients(t *testing.T) {
	reports, err := OpGradients(2, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if !r.Pass() {
			t.Errorf("%s: %d tensors, error %.1e of %s", r.Name, r.Tensors, r.Error.Value, r.Error.Of)
		}
	}
}

func TestGradients(t *testing.T) {
	for _, s := range systems() {
		for _, training := range []bool{false, true} {
			r, err := Gradients(s.model, 2, 12, training, 1, 1)
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			if !r.Pass() {
				t.Errorf("%s, training %v: %d tensors, error %.1e of %s", s.name, training, r.Tensors, r.Error.Value, r.Error.Of)
			}
		}
	}
}

// Micro-batches whose gradients accumulate give the gradient of the batch.
func TestAccumulation(t *testing.T) {
	model := glass("1@1,1@3,1@1", "attention(average)", "attention(repeat)", "relative", nil).model
	const batch, length = 4, 12
	whole := newTraining(model, graph.Float64, batch, length, 1, false)

	g := graph.New(graph.Float64)
	b := nn.Evaluation(g)
	var acc, weights, tokens []*graph.Value
	for range 2 {
		in := g.Input("tokens", graph.Int32, batch/2, length)
		tokens = append(tokens, in)
		nll := g.CrossEntropy(model.Logits(b, in), in, 1)
		weights = g.Parameters()
		acc = g.Gradients([]*graph.Value{nll}, nil, weights, acc)
	}
	outputGradients(g, weights, acc)
	parts := graph.Compile(g, cpu.Target(graph.Float64))

	m, err := cpu.New(2, whole.program, parts)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	Activate(m, parts, 1)
	id := func(i int) int32 { return int32(i * i % 17) }
	for i := range batch * length {
		m.Ints(whole.program, whole.tokens)[i] = id(i)
	}
	m.Run(whole.program)
	want := make([][]float64, len(weights))
	for i, g := range whole.grads {
		want[i] = read(m, whole.program, g)
	}
	for part, in := range tokens {
		for i := range batch / 2 * length {
			m.Ints(parts, in)[i] = id(part*batch/2*length + i)
		}
	}
	m.Run(parts)
	for i, w := range weights {
		for j, got := range read(m, parts, acc[i]) {
			if abs(got-want[i][j]) > 1e-12 {
				t.Fatalf("%v[%d]: %g in parts, %g at once", w, j, got, want[i][j])
			}
		}
	}
}

// Streaming and materialised attention are the same function.
func TestStoragesAgree(t *testing.T) {
	const batch, length = 2, 12
	for _, build := range []func(change func(*nn.Config)) nn.Model{
		func(change func(*nn.Config)) nn.Model { return flat("relative", change).model },
		func(change func(*nn.Config)) nn.Model {
			return glass("1@1,1@3,1@1", "attention(linear)", "attention(repeat)", "full", change).model
		},
	} {
		programs := make([]*training, 2)
		for i, storage := range []graph.Storage{graph.Streaming, graph.Materialised} {
			model := build(func(c *nn.Config) { c.Storage, c.Positions = storage, nn.Rotary })
			programs[i] = newTraining(model, graph.Float64, batch, length, 1, true)
		}
		m, err := cpu.New(1, programs[0].program, programs[1].program)
		if err != nil {
			t.Fatal(err)
		}
		Activate(m, programs[0].program, 1)
		var got [2][][]float64
		for i, p := range programs {
			for j := range batch * length {
				m.Ints(p.program, p.tokens)[j] = int32(j * j % 17)
			}
			copy(m.Ints(p.program, p.key), []int32{1, 2, 3, 4})
			m.Run(p.program)
			got[i] = append(got[i], m.Read(p.program, p.logits))
			for _, g := range p.grads {
				got[i] = append(got[i], read(m, p.program, g))
			}
		}
		for i, streaming := range got[0] {
			for j, x := range streaming {
				if abs(x-got[1][i][j]) > 1e-12*(1+abs(x)) {
					t.Fatalf("tensor %d[%d]: %g streaming, %g materialised", i, j, x, got[1][i][j])
				}
			}
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
