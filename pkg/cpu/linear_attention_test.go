package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"hgbench/pkg/graph"
)

// linearCase is one node of linear attention.
type linearCase struct {
	kernel              graph.LinearKernel
	batch, length       int
	heads, size, values int // the latter of one head
	features            int // of the softmax kernel
}

func (c linearCase) String() string {
	kernel := [...]string{"given", "relu", "softmax"}[c.kernel]
	return fmt.Sprintf("%s%d/B%d,L%d,H%d,dh%d,%d", kernel, c.features, c.batch, c.length, c.heads, c.size, c.values)
}

func (c linearCase) op() graph.LinearAttention {
	return graph.LinearAttention{Heads: c.heads, Kernel: c.kernel, Norm: 0.3, Epsilon: 0.05, Stabiliser: 1e-3}
}

// data has keys that grow along the sequence, so that the running maximum rises
// again and again.
func (c linearCase) data() *attentionData {
	r := rand.New(rand.NewPCG(uint64(c.length), uint64(c.kernel)))
	draw := func(n int, of func(i int, x float64) float64) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(float32(of(i, r.NormFloat64())))
		}
		return x
	}
	rows := c.batch * c.length
	same := func(_ int, x float64) float64 { return x }
	d := c.heads * c.size
	key := func(i int, x float64) float64 { return x * (0.5 + 1.5*float64(i/d%c.length)/float64(c.length)) }
	if c.kernel == graph.GivenFeatures {
		same, key = func(_ int, x float64) float64 { return math.Abs(x) }, func(_ int, x float64) float64 { return math.Abs(x) }
	}
	return &attentionData{
		q: draw(rows*d, same), k: draw(rows*d, key), v: draw(rows*c.heads*c.values, func(_ int, x float64) float64 { return x }),
		do: draw(rows*c.heads*c.values, func(_ int, x float64) float64 { return x }), projection: draw(c.features*c.size, same),
	}
}

func (c linearCase) compile(t testing.TB, real graph.DType, threads int, gradients bool) *attentionRun {
	g := graph.New(real)
	q, k := g.Input("q", real, c.batch, c.length, c.heads*c.size), g.Input("k", real, c.batch, c.length, c.heads*c.size)
	v := g.Input("v", real, c.batch, c.length, c.heads*c.values)
	var projection *graph.Value
	if c.kernel == graph.SoftmaxKernel {
		projection = g.Input("projection", real, c.features, c.size)
	}
	o := g.LinearAttention(c.op(), q, k, v, projection)
	g.Output("o", o)
	if gradients {
		attentionGradients(g, o, []*graph.Value{q, k, v}, g.Output)
	}
	return runAttention(t, g, threads)
}

// naiveLinear computes a case from the definition in package graph, pair by pair.
func naiveLinear(c linearCase, in *attentionData) attentionResult {
	op := c.op()
	out := attentionResult{}
	for name, of := range map[string]string{"o": "v", "dq": "q", "dk": "k", "dv": "v"} {
		out[name] = make([]float64, len(in.input(of)))
	}
	m := c.features
	if c.kernel != graph.SoftmaxKernel {
		m = c.size
	}
	scale := math.Pow(float64(c.size), -0.25)
	// features returns e of a row, and c.
	features := func(x []float64, top float64, running bool) ([]float64, float64) {
		e := make([]float64, m)
		switch c.kernel {
		case graph.SoftmaxKernel:
			square := 0.0
			for _, y := range x {
				square += y * scale * y * scale
			}
			for f := range e {
				for j, y := range x {
					e[f] += in.projection[f*c.size+j] * y * scale
				}
				top = max(top, e[f])
			}
			for f := range e {
				e[f] = math.Exp(e[f] - square/2 - top)
			}
			return e, top
		case graph.ReLUKernel:
			for f := range e {
				e[f] = max(x[f], 0)
			}
		default:
			copy(e, x)
		}
		return e, 0
	}
	// back adds the gradient of x for one of e.
	back := func(dx, x, e, de []float64) {
		for f := range e {
			switch c.kernel {
			case graph.SoftmaxKernel:
				for j := range x {
					dx[j] += de[f] * e[f] * (in.projection[f*c.size+j]*scale - x[j]*scale*scale)
				}
			case graph.ReLUKernel:
				if x[f] > 0 {
					dx[f] += de[f]
				}
			default:
				dx[f] += de[f]
			}
		}
	}
	dot := func(x, y []float64) (s float64) {
		for i := range x {
			s += x[i] * y[i]
		}
		return s
	}
	for pair := range c.batch * c.heads {
		row := func(x []float64, i, size int) []float64 {
			return x[((pair/c.heads*c.length+i)*c.heads+pair%c.heads)*size:][:size]
		}
		eq, ek, top := make([][]float64, c.length), make([][]float64, c.length), make([]float64, c.length)
		dek := make([][]float64, c.length)
		high := math.Inf(-1)
		for i := range c.length {
			eq[i], _ = features(row(in.q, i, c.size), math.Inf(-1), false)
			ek[i], high = features(row(in.k, i, c.size), high, true)
			top[i], dek[i] = high, make([]float64, m)
		}
		for i := range c.length {
			phi := make([]float64, m)
			for f := range phi {
				phi[f] = op.Norm * (eq[i][f] + op.Epsilon)
			}
			key := func(j int) []float64 {
				y := make([]float64, m)
				for f := range y {
					y[f] = op.Norm * (ek[j][f]*math.Exp(top[j]-top[i]) + op.Epsilon)
				}
				return y
			}
			o, total := row(out["o"], i, c.values), 0.0
			for j := range i + 1 {
				s := dot(phi, key(j))
				total += s
				for e, v := range row(in.v, j, c.values) {
					o[e] += s * v
				}
			}
			if total <= op.Stabiliser {
				total += 2 * op.Stabiliser
			}
			for e := range o {
				o[e] /= total
			}
			do, deq := row(in.do, i, c.values), make([]float64, m)
			for j := range i + 1 {
				v, k := row(in.v, j, c.values), key(j)
				ds := (dot(do, v) - dot(do, o)) / total
				for f := range deq {
					deq[f] += ds * op.Norm * k[f]
					dek[j][f] += ds * phi[f] * op.Norm * math.Exp(top[j]-top[i])
				}
				s := dot(phi, k) / total
				for e, g := range do {
					row(out["dv"], j, c.values)[e] += s * g
				}
			}
			back(row(out["dq"], i, c.size), row(in.q, i, c.size), eq[i], deq)
		}
		for i := range c.length {
			back(row(out["dk"], i, c.size), row(in.k, i, c.size), ek[i], dek[i])
		}
	}
	return out
}

func linearCases() []linearCase {
	var cases []linearCase
	for _, kernel := range []graph.LinearKernel{graph.GivenFeatures, graph.ReLUKernel, graph.SoftmaxKernel} {
		for _, c := range []linearCase{
			{kernel, 2, 1, 2, 3, 4, 5}, {kernel, 1, 37, 3, 5, 5, 17}, {kernel, 2, linearChunk + 1, 1, 32, 16, 40},
			{kernel, 1, 2*graph.LinearSegment + 70, 2, 4, 6, 8},
		} {
			if kernel != graph.SoftmaxKernel {
				c.features = 0
			}
			cases = append(cases, c)
		}
	}
	return cases
}

// TestLinearAttention compares outputs and gradients with the definition.
func TestLinearAttention(t *testing.T) {
	for _, c := range linearCases() {
		data := c.data()
		want := naiveLinear(c, data)
		for _, real := range []graph.DType{graph.Float64, graph.Float32} {
			tolerance := map[graph.DType]float64{graph.Float64: 1e-10, graph.Float32: 2e-5}[real]
			t.Run(fmt.Sprint(c, "/", real), func(t *testing.T) {
				got := c.compile(t, real, 2, true).run(data)
				for name, want := range want {
					most := 1.0 // what rounding leaves of 0 is not compared with 0
					for _, x := range want {
						most = max(most, math.Abs(x))
					}
					for i, x := range got[name] {
						if !(math.Abs(x-want[i]) <= tolerance*most) {
							t.Fatalf("%s[%d] = %v, want %v (of at most %v)", name, i, x, want[i], most)
						}
					}
				}
			})
		}
	}
}

// TestLinearAttentionCausal changes what comes last: no bit of an earlier row may
// follow.
func TestLinearAttentionCausal(t *testing.T) {
	for _, kernel := range []graph.LinearKernel{graph.ReLUKernel, graph.SoftmaxKernel} {
		c := linearCase{kernel, 1, graph.LinearSegment + 150, 1, 8, 8, 16}
		run := c.compile(t, graph.Float32, 1, false)
		data := c.data()
		before := run.run(data)["o"]
		for _, row := range []int{1, 63, 64, 100, graph.LinearSegment - 1, graph.LinearSegment, graph.LinearSegment + 65} {
			for name, size := range map[string]int{"q": c.size, "k": c.size, "v": c.values} {
				late := data.input(name)[row*size:]
				for i := range late {
					late[i] *= 3 // the maximum rises
				}
			}
			after := run.run(data)["o"]
			for i := range row * c.values {
				if before[i] != after[i] {
					t.Fatalf("%v: row %d changes with row %d", c, i/c.values, row)
				}
			}
			if after[row*c.values] == before[row*c.values] {
				t.Fatalf("%v: row %d does not change", c, row)
			}
			data = c.data()
		}
	}
}
