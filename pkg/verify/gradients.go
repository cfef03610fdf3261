package verify

import (
	"fmt"
	"math"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
	"hgbench/pkg/philox"
)

// gradientAgreement bounds |difference quotient − gradient along a direction|
// relative to the norm of the gradient, or to a thousandth where that is
// smaller: in float64 a step of 3e-6 leaves 1e-10 of rounding and of curvature.
const (
	gradientAgreement = 1e-6
	gradientScale     = 1e-3
	gradientStep      = 3e-6
)

// GradientReport compares gradients with central differences along a random
// direction of each tensor, in float64.
type GradientReport struct {
	Name    string
	Tensors int
	Error   Error // the largest relative error, and of which tensor
}

// Pass says whether all gradients agree.
func (r GradientReport) Pass() bool { return r.Tensors > 0 && r.Error.Value <= gradientAgreement }

// compare moves each tensor of a function along a random direction. write sets
// a tensor, value is the function there.
func (r *GradientReport) compare(names []string, at, grads [][]float64, write func(i int, x []float64), value func() float64, seed uint64) {
	for i, name := range names {
		direction := normals(seed, uint64(i), len(at[i]))
		want, norm := 0.0, 0.0
		for j, g := range grads[i] {
			want += g * direction[j]
			norm += g * g
		}
		moved := func(step float64) float64 {
			x := make([]float64, len(at[i]))
			for j := range x {
				x[j] = at[i][j] + step*direction[j]
			}
			write(i, x)
			return value()
		}
		got := (moved(gradientStep) - moved(-gradientStep)) / (2 * gradientStep)
		write(i, at[i])
		r.Error.add(name, math.Abs(got-want)/max(math.Sqrt(norm), gradientScale))
		r.Tensors++
	}
}

func normals(seed, stream uint64, n int) []float64 {
	random := philox.New(seed, stream)
	out := make([]float64, n)
	for i := range out {
		out[i] = random.Normal(0, uint64(i))
	}
	return out
}

// Gradients compares the gradients of the mean loss of a model with respect to
// all its weights, every term active, with central differences. With training,
// dropout is active.
func Gradients(model nn.Model, batch, length int, training bool, threads int, seed uint64) (GradientReport, error) {
	var r GradientReport
	if err := model.Validate(); err != nil {
		return r, err
	}
	if length%model.Divisor() != 0 {
		return r, fmt.Errorf("gradients at length %d: want a multiple of %d", length, model.Divisor())
	}
	t := newTraining(model, graph.Float64, batch, length, 1/float64(batch*length), training)
	forward := newScoring(model, graph.Float64, batch, length, training)
	m, err := cpu.New(threads, t.program, forward.program)
	if err != nil {
		return r, err
	}
	defer m.Close()
	Activate(m, t.program, seed)
	run := func(s *scoring) {
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
	run(&t.scoring)
	names := make([]string, len(t.weights))
	at := make([][]float64, len(t.weights))
	grads := make([][]float64, len(t.weights))
	for i, w := range t.weights {
		names[i], at[i], grads[i] = w.Name, m.Read(t.program, w), read(m, t.program, t.grads[i])
	}
	r.compare(names, at, grads, func(i int, x []float64) { m.Write(t.program, t.weights[i], x) }, func() float64 {
		run(forward)
		sum := 0.0
		for _, x := range m.Read(forward.program, forward.nll) {
			sum += x
		}
		return sum / float64(batch*length)
	}, seed)
	return r, nil
}
