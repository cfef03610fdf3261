package verify

import (
	"fmt"
	"math"

	"hgbench/pkg/graph"
)

// opCase builds one op over inputs that it declares with real or ints, and
// returns its output.
type opCase struct {
	name  string
	build func(o *opBuilder) *graph.Value
}

// opCases is at least one for every op and every combination of attributes
// that has a gradient of its own.
func opCases() []opCase {
	cases := []opCase{
		{"add", func(o *opBuilder) *graph.Value {
			b, l, d := o.size(1, 3), o.size(1, 5), o.width(1, 9)
			return o.Add(o.real("x", b, l, d), o.real("y", b, l, d))
		}},
		{"add to every batch row", func(o *opBuilder) *graph.Value {
			b, l, d := o.size(1, 3), o.size(1, 5), o.width(1, 9)
			return o.Add(o.real("x", b, l, d), o.real("y", l, d))
		}},
		{"add to every position", func(o *opBuilder) *graph.Value {
			b, l, d := o.size(1, 3), o.size(1, 5), o.width(1, 9)
			return o.Add(o.real("x", b, l, d), o.real("y", d))
		}},
		{"add to itself", func(o *opBuilder) *graph.Value {
			x := o.real("x", o.size(1, 3), o.size(1, 5), o.width(1, 9))
			return o.Add(x, x)
		}},
		{"concat", func(o *opBuilder) *graph.Value {
			b, d := o.size(1, 3), o.width(1, 9)
			return o.Concat(o.real("x", b, o.size(1, 4), d), o.real("y", b, o.size(1, 4), d))
		}},
		{"dropout", func(o *opBuilder) *graph.Value {
			return o.Dropout(o.real("x", 2, o.size(1, 9), o.width(1, 9)), o.dropoutKey(), 0.3, 5, nil)
		}},
		{"dropout with residual", func(o *opBuilder) *graph.Value {
			l, d := o.size(1, 9), o.width(1, 9)
			return o.Dropout(o.real("x", 2, l, d), o.dropoutKey(), 0.3, 5, o.real("residual", 2, l, d))
		}},
		{"embed", func(o *opBuilder) *graph.Value {
			o.ids = o.size(2, 7)
			return o.Embed(o.real("table", o.ids, o.width(1, 9)), o.Input("ids", graph.Int32, 2, o.size(1, 9)), 1.5)
		}},
		{"features through the maximum of a token", func(o *opBuilder) *graph.Value {
			heads, size := o.size(1, 3), o.width(1, 5)
			e, _ := o.Features(graph.Features{Heads: heads, Through: true}, o.real("x", 2, o.width(1, 9), heads*size), o.projection(size))
			return e
		}},
		{"features through the maximum of all", func(o *opBuilder) *graph.Value {
			heads, size := o.size(1, 3), o.width(1, 5)
			e, _ := o.Features(graph.Features{Heads: heads, Maximum: graph.OfAll, Through: true}, o.real("x", 2, o.width(1, 9), heads*size), o.projection(size))
			return e
		}},
		{"linear attention, given features", func(o *opBuilder) *graph.Value { return o.linear(graph.GivenFeatures) }},
		{"linear attention, relu", func(o *opBuilder) *graph.Value { return o.linear(graph.ReLUKernel) }},
		{"linear attention, softmax", func(o *opBuilder) *graph.Value { return o.linear(graph.SoftmaxKernel) }},
		{"layernorm", func(o *opBuilder) *graph.Value {
			d := o.width(8, 40)
			return o.LayerNorm(o.real("x", 2, o.size(1, 5), d), o.real("scale", d), o.real("bias", d), 1e-6)
		}},
		{"layernorm with residual", func(o *opBuilder) *graph.Value {
			d := o.width(8, 40)
			x := o.real("x", 2, o.size(1, 5), d)
			return o.Add(x, o.LayerNorm(x, o.real("scale", d), o.real("bias", d), 1e-6))
		}},
		{"layernorm, recomputed", func(o *opBuilder) *graph.Value {
			d, n := o.width(8, 40), o.width(1, 9)
			y := o.LayerNorm(o.real("x", 2, o.size(1, 5), d), o.real("scale", d), o.real("bias", d), 1e-6)
			return o.MatMul(y, o.real("w", d, n), graph.Epilogue{})
		}},
		{"matmul of transposed", func(o *opBuilder) *graph.Value {
			m, n, k := o.size(1, 40), o.width(1, 40), o.width(1, 40)
			return o.MatMulT(o.real("a", 2, m, k), o.real("b", n, k), graph.Epilogue{Bias: o.real("bias", n)})
		}},
		{"matmul of a function", func(o *opBuilder) *graph.Value {
			m, n, k, f := o.size(1, 5), o.width(1, 9), o.width(1, 9), o.width(1, 9)
			y := o.MatMul(o.real("x", 2, m, k), o.real("in", k, f), graph.Epilogue{Bias: o.real("bias", f), Func: graph.GELU})
			return o.MatMulT(y, o.real("out", n, f), graph.Epilogue{})
		}},
		{"matmul of a function, beside another reader", func(o *opBuilder) *graph.Value {
			m, k := o.size(1, 5), o.width(1, 9)
			y := o.MatMul(o.real("x", 2, m, k), o.real("in", k, k), graph.Epilogue{Func: graph.ReLU})
			return o.MatMul(y, o.real("out", k, k), graph.Epilogue{Residual: y})
		}},
		{"pool", func(o *opBuilder) *graph.Value {
			f := o.size(1, 5)
			return o.Pool(o.real("x", 2, f*o.size(1, 4), o.width(1, 9)), f, 1/float64(f))
		}},
		{"repeat", func(o *opBuilder) *graph.Value {
			return o.Repeat(o.real("x", 2, o.size(1, 4), o.width(1, 9)), o.size(1, 5), 0.7)
		}},
		{"reshape", func(o *opBuilder) *graph.Value {
			l, d := o.size(1, 4), o.width(1, 9)
			return o.Activate(graph.GELU, o.Reshape(o.real("x", 2, 3*l, d), 2, l, 3*d))
		}},
		{"rotary", func(o *opBuilder) *graph.Value {
			l, half, heads := o.size(1, 5), o.width(1, 4), o.size(1, 3)
			table := o.Constant("turns", func(i int) float64 { return float64(i%7) - 3 }, l, 2*half)
			return o.Rotary(o.real("x", 2, l, 2*half*heads), table)
		}},
		{"shift later", func(o *opBuilder) *graph.Value {
			return o.Shift(o.real("x", 2, o.size(3, 6), o.width(1, 9)), 2)
		}},
		{"shift earlier", func(o *opBuilder) *graph.Value {
			return o.Shift(o.real("x", 2, o.size(3, 6), o.width(1, 9)), -2)
		}},
		{"unit", func(o *opBuilder) *graph.Value {
			heads := o.size(1, 3)
			return o.Unit(graph.Unit{Heads: heads, Epsilon: 0.2}, o.real("x", 2, o.size(1, 9), heads*o.width(1, 5)))
		}},
		{"slice", func(o *opBuilder) *graph.Value {
			return o.Slice(o.real("x", 2, o.size(5, 8), o.width(1, 9)), o.size(0, 2), o.size(3, 5))
		}},
	}
	for i := range 4 {
		self, rounds := i&1 != 0, 1+i/2
		cases = append(cases, opCase{fmt.Sprintf("bucket attention self %v, %d rounds", self, rounds), func(o *opBuilder) *graph.Value {
			op := graph.BucketAttention{Heads: o.size(1, 2), Rounds: rounds, Buckets: 3, Window: o.width(1, 4), Scale: 0.7, Self: self}
			q, k, v := o.qkv(op.Heads, o.width(1, 9))
			o.ids = op.Buckets
			return o.BucketAttention(op, q, k, v, o.Input("buckets", graph.Int32, q.Shape[0], op.Heads, rounds, q.Shape[1]))
		}})
		cases = append(cases, opCase{fmt.Sprintf("list attention self %v, mean %v", self, rounds > 1), func(o *opBuilder) *graph.Value {
			op := graph.ListAttention{Heads: o.size(1, 2), Chunk: o.width(1, 3), Before: i != 1, Scale: 0.7, Penalty: -50, Self: self}
			l := o.width(2, 9)
			q, k, v := o.qkv(op.Heads, l)
			o.ids = l
			list := o.Input("list", graph.Int32, q.Shape[0], op.Heads, op.Chunk*o.size(2, 4))
			x, lse := o.ListAttention(op, q, k, v, list)
			merge := graph.Merge{}
			if rounds > 1 {
				merge = graph.Merge{Mean: true, Epsilon: 0.1}
			}
			return o.Merge(merge, x, lse, list, l)
		}})
	}
	for _, f := range []graph.Func{graph.GELU, graph.ReLU} {
		cases = append(cases, opCase{"activate " + f.String(), func(o *opBuilder) *graph.Value {
			return o.Activate(f, o.real("x", o.size(1, 9), o.width(1, 9)))
		}})
	}
	for _, e := range []struct {
		bias, residual bool
		f              graph.Func
	}{{}, {bias: true}, {residual: true}, {bias: true, residual: true}, {bias: true, f: graph.GELU}, {bias: true, f: graph.ReLU}} {
		cases = append(cases, opCase{fmt.Sprintf("matmul bias %v residual %v func %v", e.bias, e.residual, e.f), func(o *opBuilder) *graph.Value {
			l, n, k := o.size(1, 40), o.width(1, 40), o.width(1, 40)
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

// qkv are queries, keys and values of heads.
func (o *opBuilder) qkv(heads, length int) (q, k, v *graph.Value) {
	b, d := o.size(1, 2), heads*o.width(1, 5)
	return o.real("q", b, length, d), o.real("k", b, length, d), o.real("v", b, length, d)
}

// projection of heads of a size to some features.
func (o *opBuilder) projection(size int) *graph.Value {
	return o.Constant("projection", func(i int) float64 { return float64((7*i+3)%11-5) / 5 }, o.width(2, 9), size)
}

// linear attention through features of a kind.
func (o *opBuilder) linear(kernel graph.LinearKernel) *graph.Value {
	b, l := o.size(1, 2), o.width(1, 9)
	op := graph.LinearAttention{Heads: o.size(1, 3), Kernel: kernel, Norm: 0.7, Epsilon: 0.05}
	size := o.width(1, 5)
	q, k := o.real("q", b, l, op.Heads*size), o.real("k", b, l, op.Heads*size)
	v := o.real("v", b, l, op.Heads*o.width(1, 5))
	p := o.projection(size)
	switch kernel {
	case graph.SoftmaxKernel:
		op.Epsilon = 0 // else the output depends on maxima, through which no gradient flows
		return o.LinearAttention(op, q, k, v, p)
	case graph.GivenFeatures: // which are not negative
		q, _ = o.Features(graph.Features{Heads: op.Heads, Through: true}, q, p)
		k, _ = o.Features(graph.Features{Heads: op.Heads, Through: true}, k, p)
	}
	return o.LinearAttention(op, q, k, v, nil)
}

// attentionCases is every pattern × storage × relative or plain × dropout.
func attentionCases() []opCase {
	patterns := []struct {
		name string
		of   func(o *opBuilder) graph.Pattern
	}{
		{"causal", func(o *opBuilder) graph.Pattern { return graph.Causal(o.width(1, 9)) }},
		{"recurrent", func(o *opBuilder) graph.Pattern { return graph.Recurrent(o.width(1, 9), o.width(1, 9), 0) }},
		{"window", func(o *opBuilder) graph.Pattern { return graph.Recurrent(o.width(5, 9), o.width(1, 4), o.width(1, 4)) }},
		{"shorten", func(o *opBuilder) graph.Pattern { return graph.Shorten(o.width(1, 4), o.size(1, 4)) }},
		{"upsample", func(o *opBuilder) graph.Pattern { return graph.Upsample(o.width(1, 4), o.size(1, 4)) }},
	}
	var cases []opCase
	for _, p := range patterns {
		for i := range 8 {
			relative, dropout, storage := i&1 != 0, i&2 != 0, graph.Storage(i>>2)
			name := fmt.Sprintf("attention %s relative %v dropout %v %v", p.name, relative, dropout, storage)
			cases = append(cases, opCase{name, func(o *opBuilder) *graph.Value {
				b, size := o.size(1, 2), o.width(1, 5)
				op := graph.Attention{Heads: o.size(1, 3), Scale: 1 / math.Sqrt(float64(size)), Pattern: p.of(o), Storage: storage}
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
