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
// smaller.
const (
	gradientAgreement = 1e-6
	gradientScale     = 1e-3
)

// gradientSteps are tried until one agrees: in float64 the first leaves 1e-10 of
// rounding and of curvature; where it strides over the kink of a ReLU, the
// second does not. A gradient that is wrong agrees with neither.
var gradientSteps = [...]float64{3e-6, 2e-7}

// differences compares gradients with central differences along a random
// direction of each tensor, in float64.
type differences struct{ worst Error } // relative, and of which tensor

func (d differences) verdict() Verdict { return within(d.worst, gradientAgreement) }

// compare moves each tensor of a function along a random direction. write sets
// a tensor, value is the function there.
func (d *differences) compare(names []string, at, grads [][]float64, write func(i int, x []float64), value func() float64, seed uint64) {
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
		err := math.Inf(1)
		for _, step := range gradientSteps {
			got := (moved(step) - moved(-step)) / (2 * step)
			err = math.Abs(got-want) / max(math.Sqrt(norm), gradientScale)
			if err <= gradientAgreement {
				break
			}
		}
		write(i, at[i])
		d.worst.add(name, err)
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
func Gradients(model nn.Model, batch, length int, training bool, threads int, seed uint64) (Verdict, error) {
	if err := model.Validate(); err != nil {
		return Verdict{}, err
	}
	if length%model.Divisor() != 0 {
		return Verdict{}, fmt.Errorf("gradients at length %d: want a multiple of %d", length, model.Divisor())
	}
	t := newTraining(model, graph.Float64, batch, length, 1/float64(batch*length), training)
	forward := newScoring(model, graph.Float64, batch, length, training)
	m, err := cpu.New(threads, t.program, forward.program)
	if err != nil {
		return Verdict{}, err
	}
	defer m.Close()
	Activate(m, t.program, seed)
	t.run(m, seed)
	names := make([]string, len(t.weights))
	at := make([][]float64, len(t.weights))
	grads := make([][]float64, len(t.weights))
	for i, w := range t.weights {
		names[i], at[i], grads[i] = w.Name, m.Read(t.program, w), read(m, t.program, t.grads[i])
	}
	var d differences
	d.compare(names, at, grads, func(i int, x []float64) { m.Write(t.program, t.weights[i], x) }, func() float64 {
		forward.run(m, seed)
		sum := 0.0
		for _, x := range m.Read(forward.program, forward.nll) {
			sum += x
		}
		return sum / float64(batch*length)
	}, seed)
	return d.verdict(), nil
}
