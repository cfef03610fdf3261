package verify

import (
	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
	"hgbench/pkg/philox"
)

// scoring is the forward pass of a model, everything readable.
type scoring struct {
	program     *graph.Program
	tokens, key *graph.Value // key only with dropout
	logits, nll *graph.Value
}

// training is scoring and the backward pass.
type training struct {
	scoring
	weights []*graph.Value
	grads   []*graph.Value // nil where the loss does not depend on the weight
}

// score appends the negative log-likelihood of tokens [B, L].
func (s *scoring) score(g *graph.Graph, model nn.Model, batch, length int, scale float64, dropout bool) {
	s.tokens = g.Input("tokens", graph.Int32, batch, length)
	b := nn.Evaluation(g)
	if dropout {
		s.key = g.Input("key", graph.Int32, 4)
		b = nn.Training(g, s.key)
	}
	s.logits = model.Logits(b, s.tokens)
	s.nll = g.CrossEntropy(s.logits, s.tokens, scale)
	g.Output("logits", s.logits)
	g.Output("nll", s.nll)
}

func newScoring(model nn.Model, real graph.DType, batch, length int, dropout bool) *scoring {
	g, s := graph.New(real), &scoring{}
	s.score(g, model, batch, length, 1, dropout)
	s.program = graph.Compile(g, cpu.Target(real))
	return s
}

// run computes the program for random tokens.
func (s *scoring) run(m *cpu.Machine, seed uint64) {
	random := philox.New(seed, 0)
	tokens := m.Ints(s.program, s.tokens)
	for i := range tokens {
		tokens[i] = int32(random.Uint64n(1, uint64(i), uint64(s.logits.Cols())))
	}
	if s.key != nil {
		copy(m.Ints(s.program, s.key), []int32{1, 2, 3, 4})
	}
	m.Run(s.program)
}

// newTraining differentiates scale·Σ nll.
func newTraining(model nn.Model, real graph.DType, batch, length int, scale float64, dropout bool) *training {
	g, t := graph.New(real), &training{}
	t.score(g, model, batch, length, scale, dropout)
	t.weights = g.Parameters()
	t.grads = g.Gradients([]*graph.Value{t.nll}, nil, t.weights, nil)
	outputGradients(g, t.weights, t.grads)
	t.program = graph.Compile(g, cpu.Target(real))
	return t
}

// differentiated is a value and the gradients of its projection on a seed, on a
// machine.
type differentiated struct {
	program *graph.Program
	machine *cpu.Machine
	value   *graph.Value
	grads   []*graph.Value // nil where the value does not depend on the input
}

// differentiate compiles value and the gradients of Σ value·seed, everything
// readable. Close its machine.
func differentiate(g *graph.Graph, value, seed *graph.Value, wrt []*graph.Value, threads int) (*differentiated, error) {
	d := &differentiated{value: value, grads: g.Gradients([]*graph.Value{value}, []*graph.Value{seed}, wrt, nil)}
	g.Output("value", value)
	outputGradients(g, wrt, d.grads)
	d.program = graph.Compile(g, cpu.Target(g.Real))
	var err error
	d.machine, err = cpu.New(threads, d.program)
	return d, err
}

func outputGradients(g *graph.Graph, wrt, grads []*graph.Value) {
	for i, v := range grads {
		if v != nil {
			g.Output("gradient of "+wrt[i].Name, v)
		}
	}
}

// read is Machine.Read, nil for nil.
func read(m *cpu.Machine, p *graph.Program, v *graph.Value) []float64 {
	if v == nil {
		return nil
	}
	return m.Read(p, v)
}

func abs(x float64) float64 { return max(x, -x) }
