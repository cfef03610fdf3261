package verify

import (
	"cmp"
	"fmt"
	"slices"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/philox"
)

// opCase builds one op over inputs that it declares with real or ints, and
// returns its output.
type opCase struct {
	name  string
	build func(o *opBuilder) *graph.Value
}

// opBuilder declares the inputs of an op, of random sizes.
type opBuilder struct {
	*graph.Graph
	random philox.Stream
	drawn  uint64
	ids    int // ids are below this
	key    *graph.Value
}

// size draws a size from lo to hi.
func (o *opBuilder) size(lo, hi int) int {
	o.drawn++
	return lo + int(o.random.Uint64n(0, o.drawn, uint64(hi-lo+1)))
}

func (o *opBuilder) real(name string, shape ...int) *graph.Value {
	return o.Input(name, o.Real, shape...)
}

func (o *opBuilder) dropoutKey() *graph.Value {
	o.key = o.Input("key", graph.Int32, 4)
	return o.key
}

// opCases is at least one for every op and every combination of attributes
// that has a gradient of its own.
func opCases() []opCase {
	cases := []opCase{
		{"add", func(o *opBuilder) *graph.Value {
			b, l, d := o.size(1, 3), o.size(1, 5), o.size(1, 9)
			return o.Add(o.real("x", b, l, d), o.real("y", b, l, d))
		}},
		{"add to every batch row", func(o *opBuilder) *graph.Value {
			b, l, d := o.size(1, 3), o.size(1, 5), o.size(1, 9)
			return o.Add(o.real("x", b, l, d), o.real("y", l, d))
		}},
		{"add to every position", func(o *opBuilder) *graph.Value {
			b, l, d := o.size(1, 3), o.size(1, 5), o.size(1, 9)
			return o.Add(o.real("x", b, l, d), o.real("y", d))
		}},
		{"add to itself", func(o *opBuilder) *graph.Value {
			x := o.real("x", o.size(1, 3), o.size(1, 5), o.size(1, 9))
			return o.Add(x, x)
		}},
		{"concat", func(o *opBuilder) *graph.Value {
			b, d := o.size(1, 3), o.size(1, 9)
			return o.Concat(o.real("x", b, o.size(1, 4), d), o.real("y", b, o.size(1, 4), d))
		}},
		{"dropout", func(o *opBuilder) *graph.Value {
			return o.Dropout(o.real("x", 2, o.size(1, 9), o.size(1, 9)), o.dropoutKey(), 0.3, 5, nil)
		}},
		{"dropout with residual", func(o *opBuilder) *graph.Value {
			l, d := o.size(1, 9), o.size(1, 9)
			return o.Dropout(o.real("x", 2, l, d), o.dropoutKey(), 0.3, 5, o.real("residual", 2, l, d))
		}},
		{"embed", func(o *opBuilder) *graph.Value {
			o.ids = o.size(2, 7)
			return o.Embed(o.real("table", o.ids, o.size(1, 9)), o.Input("ids", graph.Int32, 2, o.size(1, 9)), 1.5)
		}},
		{"layernorm", func(o *opBuilder) *graph.Value {
			d := o.size(8, 40)
			return o.LayerNorm(o.real("x", 2, o.size(1, 5), d), o.real("scale", d), o.real("bias", d), 1e-6)
		}},
		{"layernorm with residual", func(o *opBuilder) *graph.Value {
			d := o.size(8, 40)
			x := o.real("x", 2, o.size(1, 5), d)
			return o.Add(x, o.LayerNorm(x, o.real("scale", d), o.real("bias", d), 1e-6))
		}},
		{"matmul of transposed", func(o *opBuilder) *graph.Value {
			m, n, k := o.size(1, 40), o.size(1, 40), o.size(1, 40)
			return o.MatMulT(o.real("a", 2, m, k), o.real("b", n, k), graph.Epilogue{Bias: o.real("bias", n)})
		}},
		{"pool", func(o *opBuilder) *graph.Value {
			f := o.size(1, 5)
			return o.Pool(o.real("x", 2, f*o.size(1, 4), o.size(1, 9)), f, 1/float64(f))
		}},
		{"repeat", func(o *opBuilder) *graph.Value {
			return o.Repeat(o.real("x", 2, o.size(1, 4), o.size(1, 9)), o.size(1, 5), 0.7)
		}},
		{"reshape", func(o *opBuilder) *graph.Value {
			l, d := o.size(1, 4), o.size(1, 9)
			return o.Activate(graph.GELU, o.Reshape(o.real("x", 2, 3*l, d), 2, l, 3*d))
		}},
		{"rotary", func(o *opBuilder) *graph.Value {
			l, half, heads := o.size(1, 5), o.size(1, 4), o.size(1, 3)
			table := o.Constant("turns", func(i int) float64 { return float64(i%7) - 3 }, l, 2*half)
			return o.Rotary(o.real("x", 2, l, 2*half*heads), table)
		}},
		{"shift later", func(o *opBuilder) *graph.Value {
			return o.Shift(o.real("x", 2, o.size(3, 6), o.size(1, 9)), 2)
		}},
		{"shift earlier", func(o *opBuilder) *graph.Value {
			return o.Shift(o.real("x", 2, o.size(3, 6), o.size(1, 9)), -2)
		}},
		{"slice", func(o *opBuilder) *graph.Value {
			return o.Slice(o.real("x", 2, o.size(5, 8), o.size(1, 9)), o.size(0, 2), o.size(3, 5))
		}},
	}
	for _, f := range []graph.Func{graph.GELU, graph.ReLU} {
		cases = append(cases, opCase{"activate " + f.String(), func(o *opBuilder) *graph.Value {
			return o.Activate(f, o.real("x", o.size(1, 9), o.size(1, 9)))
		}})
	}
	for _, e := range []struct {
		bias, residual bool
		f              graph.Func
	}{{}, {bias: true}, {residual: true}, {bias: true, residual: true}, {bias: true, f: graph.GELU}, {bias: true, f: graph.ReLU}} {
		cases = append(cases, opCase{fmt.Sprintf("matmul bias %v residual %v func %v", e.bias, e.residual, e.f), func(o *opBuilder) *graph.Value {
			l, n, k := o.size(1, 40), o.size(1, 40), o.size(1, 40)
			epilogue := graph.Epilogue{Func: e.f}
			if e.bias {
				epilogue.Bias = o.real("bias", n)
			}
			if e.residual {
				epilogue.Residual = o.real("residual", 2, l, n)
			}
			return o.MatMul(o.real("a", 2, l, k), o.real("b", k, n), epilogue)
		}})
	}
	return append(cases, attentionCases()...)
}

// attentionCases is every pattern × storage × relative or plain × dropout.
func attentionCases() []opCase {
	patterns := []struct {
		name string
		of   func(o *opBuilder) graph.Pattern
	}{
		{"causal", func(o *opBuilder) graph.Pattern { return graph.Causal(o.size(1, 9)) }},
		{"recurrent", func(o *opBuilder) graph.Pattern { return graph.Recurrent(o.size(1, 9), o.size(1, 9), 0) }},
		{"window", func(o *opBuilder) graph.Pattern { return graph.Recurrent(o.size(5, 9), o.size(1, 4), o.size(1, 4)) }},
		{"shorten", func(o *opBuilder) graph.Pattern { return graph.Shorten(o.size(1, 4), o.size(1, 4)) }},
		{"upsample", func(o *opBuilder) graph.Pattern { return graph.Upsample(o.size(1, 4), o.size(1, 4)) }},
	}
	var cases []opCase
	for _, p := range patterns {
		for i := range 8 {
			relative, dropout, storage := i&1 != 0, i&2 != 0, graph.Storage(i>>2)
			name := fmt.Sprintf("attention %s relative %v dropout %v %v", p.name, relative, dropout, storage)
			cases = append(cases, opCase{name, func(o *opBuilder) *graph.Value {
				op := graph.Attention{Heads: o.size(1, 3), Scale: 0.6, Pattern: p.of(o), Storage: storage}
				b, size := o.size(1, 2), o.size(1, 5)
				d := op.Heads * size
				q, k, v := o.real("q", b, op.Pattern.Queries, d), o.real("k", b, op.Pattern.Keys, d), o.real("v", b, op.Pattern.Keys, d)
				var rel *graph.Positions
				if relative {
					rel = &graph.Positions{R: o.real("r", op.Pattern.Rel, d), U: o.real("u", op.Heads, size), V: o.real("v bias", op.Heads, size)}
				}
				if dropout {
					op.Rate, op.Stream = 0.3, 3
					o.dropoutKey()
				}
				return o.Graph.Attention(op, q, k, v, rel, o.key)
			}})
		}
	}
	return cases
}

// OpGradients compares the gradient of every op, each at some random sizes,
// with central differences.
func OpGradients(threads int, seed uint64) ([]GradientReport, error) {
	const sizes = 3
	reports := make([]GradientReport, 0, len(opCases()))
	for i, c := range opCases() {
		r := GradientReport{Name: c.name}
		for j := range uint64(sizes) {
			if err := c.compare(&r, threads, seed+j<<32+uint64(i)<<16); err != nil {
				return reports, fmt.Errorf("%s: %w", c.name, err)
			}
		}
		reports = append(reports, r)
	}
	return reports, nil
}

// compare a random projection of the op's output at some sizes.
func (c opCase) compare(r *GradientReport, threads int, seed uint64) error {
	g := graph.New(graph.Float64)
	o := &opBuilder{Graph: g, random: philox.New(seed, 1<<20)}
	y := c.build(o)
	var wrt []*graph.Value
	for _, in := range g.Inputs {
		if in.DType == g.Real {
			wrt = append(wrt, in)
		}
	}
	projection := g.Input("projection", g.Real, y.Shape...)
	grads := g.Gradients([]*graph.Value{y}, []*graph.Value{projection}, wrt, nil)
	for i, v := range wrt {
		if grads[i] == nil {
			return fmt.Errorf("no gradient for %v", v)
		}
	}
	g.Output("y", y)
	outputGradients(g, wrt, grads)
	p := graph.Compile(g, cpu.Target(g.Real))
	m, err := cpu.New(threads, p)
	if err != nil {
		return err
	}
	defer m.Close()
	along := normals(seed, 1<<21, y.Elements())
	names := make([]string, len(wrt))
	at := make([][]float64, len(wrt))
	got := make([][]float64, len(wrt))
	for i, v := range wrt {
		names[i], at[i] = v.Name, normals(seed, 1<<22+uint64(i), v.Elements())
	}
	current := slices.Clone(at)
	value := func() float64 {
		for i, v := range wrt {
			m.Write(p, v, current[i])
		}
		m.Write(p, projection, along)
		for _, in := range p.Inputs {
			if in.DType == graph.Int32 {
				o.fill(m.Ints(p, in))
			}
		}
		m.Run(p)
		sum := 0.0
		for i, x := range m.Read(p, y) {
			sum += x * along[i]
		}
		return sum
	}
	value()
	for i, g := range grads {
		got[i] = m.Read(p, g)
	}
	r.compare(names, at, got, func(i int, x []float64) { current[i] = x }, value, seed)
	return nil
}

// fill draws ids, or a key.
func (o *opBuilder) fill(xs []int32) {
	for i := range xs {
		xs[i] = int32(o.random.Uint64n(1, uint64(i), uint64(cmp.Or(o.ids, 100))))
	}
}
