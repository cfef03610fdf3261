package verify

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"hgbench/pkg/graph"
	"hgbench/pkg/philox"
)

// opBuilder declares the inputs of an op, of random sizes.
type opBuilder struct {
	*graph.Graph
	random philox.Stream
	drawn  uint64
	wide   int // a width is up to so many times the few that a difference quotient needs
	ids    int // ids are below this
	key    *graph.Value
}

// size draws a size from lo to hi.
func (o *opBuilder) size(lo, hi int) int {
	o.drawn++
	return lo + int(o.random.Uint64n(0, o.drawn, uint64(hi-lo+1)))
}

// width draws the size of an axis that kernels cut into lanes, blocks and
// tiles.
func (o *opBuilder) width(lo, hi int) int { return o.size(lo, hi*o.wide) }

func (o *opBuilder) real(name string, shape ...int) *graph.Value {
	return o.Input(name, o.Real, shape...)
}

func (o *opBuilder) dropoutKey() *graph.Value {
	o.key = o.Input("key", graph.Int32, 4)
	return o.key
}

// fill draws ids, or a key.
func (o *opBuilder) fill(xs []int32) {
	for i := range xs {
		xs[i] = int32(o.random.Uint64n(1, uint64(i), uint64(cmp.Or(o.ids, 100))))
	}
}

// opRun is an op with its gradient, on a machine: the gradient of a random
// projection of its output.
type opRun struct {
	*opBuilder
	*differentiated
	projection *graph.Value
	wrt        []*graph.Value
	names      []string    // of wrt
	at         [][]float64 // values of wrt, float32 numbers
	along      []float64   // values of projection, likewise
}

// start builds and compiles the op at sizes that seed draws. Close its machine.
func (c opCase) start(real graph.DType, wide, threads int, seed uint64) (*opRun, error) {
	g := graph.New(real)
	r := &opRun{opBuilder: &opBuilder{Graph: g, random: philox.New(seed, 1<<20), wide: wide}}
	y := c.build(r.opBuilder)
	for _, in := range g.Inputs {
		if in.DType == real {
			r.at = append(r.at, rounded(normals(seed, 1<<22+uint64(len(r.wrt)), in.Elements())))
			r.names = append(r.names, in.Name)
			r.wrt = append(r.wrt, in)
		}
	}
	r.projection = g.Input("projection", real, y.Shape...)
	r.along = rounded(normals(seed, 1<<21, y.Elements()))
	var err error
	if r.differentiated, err = differentiate(g, y, r.projection, r.wrt, threads); err != nil {
		return nil, err
	}
	if i := slices.Index(r.grads, nil); i >= 0 {
		return nil, errors.Join(fmt.Errorf("no gradient for %v", r.wrt[i]), r.machine.Close())
	}
	return r, nil
}

// run computes output and gradients at these values of wrt.
func (r *opRun) run(at [][]float64) {
	for i, v := range r.wrt {
		r.machine.Write(r.program, v, at[i])
	}
	r.machine.Write(r.program, r.projection, r.along)
	for _, in := range r.program.Inputs {
		if in.DType == graph.Int32 {
			r.fill(r.machine.Ints(r.program, in))
		}
	}
	r.machine.Run(r.program)
}

// gradients are those of the last run.
func (r *opRun) gradients() [][]float64 {
	all := make([][]float64, len(r.grads))
	for i, g := range r.grads {
		all[i] = r.machine.Read(r.program, g)
	}
	return all
}

// opGradients compares the gradients of an op at some random sizes with
// central differences.
func (c opCase) opGradients(threads int, seed uint64) (Verdict, error) {
	const sizes = 3
	var d differences
	for j := range uint64(sizes) {
		if err := c.differences(&d, threads, seed+j<<32); err != nil {
			return Verdict{}, err
		}
	}
	return d.verdict(), nil
}

func (c opCase) differences(d *differences, threads int, seed uint64) error {
	r, err := c.start(graph.Float64, 1, threads, seed)
	if err != nil {
		return err
	}
	defer r.machine.Close()
	r.run(r.at)
	at := slices.Clone(r.at)
	d.compare(r.names, r.at, r.gradients(), func(i int, x []float64) { at[i] = x }, func() float64 {
		r.run(at)
		sum := 0.0
		for i, x := range r.machine.Read(r.program, r.value) {
			sum += x * r.along[i]
		}
		return sum
	}, seed)
	return nil
}

// rounded to float32.
func rounded(xs []float64) []float64 {
	for i, x := range xs {
		xs[i] = float64(float32(x))
	}
	return xs
}
