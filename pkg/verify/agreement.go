package verify

import (
	"fmt"
	"math"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
	"hgbench/pkg/philox"
)

// What two ways of computing the same may differ by.
const (
	// storageAgreement is relative, in float64: sums in another order.
	storageAgreement = 1e-11
	// pathAgreement is relative, in float32: rounding errors of 6e-8, added up.
	pathAgreement = 1e-5
	// productAgreement is relative to Σ|a·b| of an element, in float32.
	productAgreement = 1e-6
	// smallTensor is a share of the largest tensor, see agree.
	smallTensor = 0.1
)

// agree is the largest ‖got − want‖ of a tensor, relative to its norm plus the
// share floor of the largest tensor's: a gradient that is zero in theory is
// rounding errors of terms that cancel.
func agree(names []string, got, want [][]float64, floor float64) Error {
	var largest float64
	for _, w := range want {
		largest = max(largest, norm(w))
	}
	var worst Error
	for i, name := range names {
		if want[i] == nil {
			continue
		}
		diff := make([]float64, len(want[i]))
		for j, w := range want[i] {
			diff[j] = got[i][j] - w
		}
		worst.add(name, norm(diff)/(norm(want[i])+floor*largest))
	}
	return worst
}

func norm(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x * x
	}
	return math.Sqrt(sum)
}

// evaluated is the logits and gradients of a training step.
type evaluated struct {
	names  []string
	values [][]float64
}

// step runs a training program on random tokens, with the weights as they are.
func step(m *cpu.Machine, t *training, seed uint64) evaluated {
	t.run(m, seed)
	e := evaluated{[]string{"logits"}, [][]float64{m.Read(t.program, t.logits)}}
	for i, w := range t.weights {
		e.names = append(e.names, "gradient of "+w.Name)
		e.values = append(e.values, read(m, t.program, t.grads[i]))
	}
	return e
}

// storages compares two models that must be the same function of the same
// weights, dropout included.
func storages(a, b nn.Model, batch, length, threads int, seed uint64) (Verdict, error) {
	scale := 1 / float64(batch*length)
	p, q := newTraining(a, graph.Float64, batch, length, scale, true), newTraining(b, graph.Float64, batch, length, scale, true)
	m, err := cpu.New(threads, p.program, q.program)
	if err != nil {
		return Verdict{}, err
	}
	defer m.Close()
	Activate(m, p.program, seed)
	want := step(m, p, seed)
	got := step(m, q, seed)
	return within(agree(want.names, got.values, want.values, smallTensor), storageAgreement), nil
}

// modelPath compares a training step of a model in float32 on an instruction
// set with one in float64, which always runs the portable code.
func modelPath(isa cpu.ISA, model nn.Model, batch, length, threads int, seed uint64) (Verdict, error) {
	run := func(real graph.DType) (e evaluated, err error) {
		t := newTraining(model, real, batch, length, 1/float64(batch*length), false)
		m, err := cpu.New(threads, t.program)
		if err != nil {
			return e, err
		}
		defer m.Close()
		Activate(m, t.program, seed)
		for _, v := range ofRole(t.program.Persistent, graph.Weight, graph.State) {
			m.Write(t.program, v, rounded(m.Read(t.program, v)))
		}
		return step(m, t, seed), nil
	}
	want, err := run(graph.Float64)
	if err != nil {
		return Verdict{}, err
	}
	var got evaluated
	err = cpu.Using(isa, func() (err error) {
		got, err = run(graph.Float32)
		return err
	})
	if err != nil {
		return Verdict{}, err
	}
	return within(agree(want.names, got.values, want.values, smallTensor), pathAgreement), nil
}

// opPath compares an op and its gradient in float32 on an instruction set with
// float64, at sizes that fill its lanes, blocks and tiles, and do not.
func (c opCase) opPath(isa cpu.ISA, threads int, seed uint64) (Verdict, error) {
	const sizes, wide = 3, 9
	var worst Error
	for j := range uint64(sizes) {
		run := func(real graph.DType) (e evaluated, err error) {
			r, err := c.start(real, wide, threads, seed+j<<32)
			if err != nil {
				return e, err
			}
			defer r.machine.Close()
			r.run(r.at)
			e.names, e.values = []string{"y"}, [][]float64{r.machine.Read(r.program, r.value)}
			for i, g := range r.gradients() {
				e.names, e.values = append(e.names, "gradient of "+r.names[i]), append(e.values, g)
			}
			return e, nil
		}
		want, err := run(graph.Float64)
		if err != nil {
			return Verdict{}, err
		}
		var got evaluated
		err = cpu.Using(isa, func() (err error) {
			got, err = run(graph.Float32)
			return err
		})
		if err != nil {
			return Verdict{}, err
		}
		e := agree(want.names, got.values, want.values, smallTensor)
		worst.add(e.Of, e.Value)
	}
	return within(worst, pathAgreement), nil
}

// product compares matrix products of an instruction set, which run in blocks,
// with three plain loops in float64: A·B, Aᵀ·B and A·Bᵀ.
func product(isa cpu.ISA, threads int, seed uint64) (Verdict, error) {
	random := philox.New(seed, 0)
	size := func(i, hi uint64) int { return 1 + int(random.Uint64n(0, i, hi)) }
	rows, cols, inner := size(0, 150), size(1, 100), size(2, 1100)
	var worst Error
	for _, form := range []struct {
		name     string
		a, b     []int
		multiply func(g *graph.Graph, a, b *graph.Value) *graph.Value
		at       func(i, j, k int) (a, b int)
	}{
		{"A·B", []int{rows, inner}, []int{inner, cols},
			func(g *graph.Graph, a, b *graph.Value) *graph.Value { return g.MatMul(a, b, graph.Epilogue{}) },
			func(i, j, k int) (int, int) { return i*inner + k, k*cols + j }},
		{"A·Bᵀ", []int{rows, inner}, []int{cols, inner},
			func(g *graph.Graph, a, b *graph.Value) *graph.Value { return g.MatMulT(a, b, graph.Epilogue{}) },
			func(i, j, k int) (int, int) { return i*inner + k, j*inner + k }},
		{"Aᵀ·B", []int{inner, rows}, []int{inner, cols},
			func(g *graph.Graph, a, b *graph.Value) *graph.Value { return g.TMatMul(a, b, graph.Epilogue{}) },
			func(i, j, k int) (int, int) { return k*rows + i, k*cols + j }},
	} {
		x, y := rounded(normals(seed, 1, rows*inner)), rounded(normals(seed, 2, inner*cols))
		var got []float64
		err := cpu.Using(isa, func() error {
			g := graph.New(graph.Float32)
			a, b := g.Input("a", g.Real, form.a...), g.Input("b", g.Real, form.b...)
			c := form.multiply(g, a, b)
			g.Output("c", c)
			p := graph.Compile(g, cpu.Target(g.Real))
			m, err := cpu.New(threads, p)
			if err != nil {
				return err
			}
			defer m.Close()
			m.Write(p, a, x)
			m.Write(p, b, y)
			m.Run(p)
			got = m.Read(p, c)
			return nil
		})
		if err != nil {
			return Verdict{}, err
		}
		name := fmt.Sprintf("%s, %d×%d×%d", form.name, rows, cols, inner)
		for i := range rows {
			for j := range cols {
				var sum, size float64
				for k := range inner {
					ia, ib := form.at(i, j, k)
					sum += x[ia] * y[ib]
					size += abs(x[ia] * y[ib])
				}
				worst.add(name, abs(got[i*cols+j]-sum)/size)
			}
		}
	}
	return within(worst, productAgreement), nil
}
