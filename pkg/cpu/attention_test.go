package cpu

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"hgbench/pkg/graph"
	"hgbench/pkg/philox"
)

// attentionCase is one attention node with its inputs.
type attentionCase struct {
	name     string
	batch    int
	heads    int
	size     int
	pattern  graph.Pattern
	relative bool
	storage  graph.Storage
	rate     float64
}

func (c attentionCase) String() string {
	kind := "plain"
	if c.relative {
		kind = "relative"
	}
	return fmt.Sprintf("%s/%s/%v/B%d,H%d,dh%d/dropout%v", c.name, kind, c.storage, c.batch, c.heads, c.size, c.rate)
}

func (c attentionCase) data(seed uint64) *attentionData {
	r := rand.New(rand.NewPCG(seed, 1))
	d := c.heads * c.size
	draw := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(float32(r.NormFloat64()))
		}
		return x
	}
	return &attentionData{
		q: draw(c.batch * c.pattern.Queries * d), k: draw(c.batch * c.pattern.Keys * d), v: draw(c.batch * c.pattern.Keys * d),
		r: draw(c.pattern.Rel * d), u: draw(d), vbias: draw(d), do: draw(c.batch * c.pattern.Queries * d),
		key: [4]int32{-7, 8, 9, 0},
	}
}

func (c attentionCase) op() graph.Attention {
	return graph.Attention{Heads: c.heads, Scale: 1 / math.Sqrt(float64(c.size)), Pattern: c.pattern, Relative: c.relative,
		Storage: c.storage, Rate: c.rate, Stream: 5}
}

// compile keeps the named outputs, or all when there are no names.
func (c attentionCase) compile(t testing.TB, real graph.DType, threads int, gradients bool, names ...string) *attentionRun {
	g := graph.New(real)
	d := c.heads * c.size
	q := g.Input("q", real, c.batch, c.pattern.Queries, d)
	k := g.Input("k", real, c.batch, c.pattern.Keys, d)
	v := g.Input("v", real, c.batch, c.pattern.Keys, d)
	wrt := []*graph.Value{q, k, v}
	var rel *graph.Positions
	if c.relative {
		rel = &graph.Positions{
			R: g.Input("r", real, c.pattern.Rel, d), U: g.Input("u", real, c.heads, c.size), V: g.Input("vbias", real, c.heads, c.size),
		}
		wrt = append(wrt, rel.R, rel.U, rel.V)
	}
	var key *graph.Value
	if c.rate > 0 {
		key = g.Input("key", graph.Int32, 4)
	}
	o := g.Attention(c.op(), q, k, v, rel, key)
	outputs := o.Node.Outputs
	keep := func(name string, v *graph.Value) {
		if len(names) == 0 || slices.Contains(names, name) {
			g.Output(name, v)
		}
	}
	keep("o", o)
	keep("lse", outputs[1])
	if c.storage == graph.Materialised {
		keep("p", outputs[2])
	}
	if gradients {
		attentionGradients(g, o, wrt, keep)
	}
	return runAttention(t, g, threads)
}

// naiveAttention computes a case from the definition in package graph.
func naiveAttention(c attentionCase, in *attentionData) attentionResult {
	d := c.heads * c.size
	queries, keys := c.pattern.Queries, c.pattern.Keys
	out := attentionResult{
		"o": make([]float64, c.batch*queries*d), "lse": make([]float64, c.batch*c.heads*queries),
		"p":  make([]float64, c.batch*c.heads*queries*keys),
		"dq": make([]float64, len(in.q)), "dk": make([]float64, len(in.k)), "dv": make([]float64, len(in.v)),
		"dr": make([]float64, len(in.r)), "du": make([]float64, d), "dvbias": make([]float64, d),
	}
	o, lse, probabilities, dq, dk, dv, dr, du, dvbias := out["o"], out["lse"], out["p"], out["dq"], out["dk"], out["dv"], out["dr"], out["du"], out["dvbias"]
	// rel[i][j] is the row of r, −1 where query i does not see key j.
	relOf := func(head int) [][]int {
		rel := make([][]int, queries)
		for i := range rel {
			rel[i] = make([]int, keys)
			for j := range rel[i] {
				rel[i][j] = -1
			}
		}
		for _, p := range c.pattern.Parts {
			if p.Heads > 0 && (head < p.Head || head >= p.Head+p.Heads) {
				continue
			}
			for i := range p.QCount {
				for j := range p.KCount {
					if j-i <= p.Diagonal && (p.Window == 0 || j-i > p.Diagonal-p.Window) {
						rel[p.QStart+i*p.QStep][p.KStart+j*p.KStep] = p.RelStart + p.RelStep*(j-i)
					}
				}
			}
		}
		return rel
	}
	random := philox.New(uint64(uint32(in.key[0]))|uint64(uint32(in.key[1]))<<32, c.op().Stream)
	step := uint64(uint32(in.key[2])) | uint64(uint32(in.key[3]))<<32
	scale := c.op().Scale
	for b := range c.batch {
		for h := range c.heads {
			rel := relOf(h)
			for i := range queries {
				row := (b*c.heads+h)*queries + i
				qi := (b*queries+i)*d + h*c.size
				p := make([]float64, keys)
				high := math.Inf(-1)
				for j := range keys {
					p[j] = math.Inf(-1)
					if rel[i][j] < 0 {
						continue
					}
					kj := (b*keys+j)*d + h*c.size
					score := 0.0
					for e := range c.size {
						x := in.q[qi+e]
						if c.relative {
							score += (x + in.vbias[h*c.size+e]) * in.r[rel[i][j]*d+h*c.size+e]
							x += in.u[h*c.size+e]
						}
						score += x * in.k[kj+e]
					}
					p[j] = score * scale
					high = max(high, p[j])
				}
				sum := 0.0
				for j := range keys {
					sum += math.Exp(p[j] - high)
				}
				lse[row] = high + math.Log(sum)
				if math.IsInf(high, -1) {
					lse[row] = high
					continue
				}
				keep := make([]float64, keys)
				dp := make([]float64, keys)
				delta := 0.0
				for j := range keys {
					p[j] = math.Exp(p[j] - lse[row])
					probabilities[row*keys+j] = p[j]
					keep[j] = 1
					if c.rate > 0 {
						element := uint64(row)*uint64(keys) + uint64(j)
						keep[j] = 0
						if float64(random.Block(step, element/4)[element%4]) >= c.rate*(1<<32) {
							keep[j] = 1 / (1 - c.rate)
						}
					}
					kj := (b*keys+j)*d + h*c.size
					for e := range c.size {
						o[qi+e] += p[j] * keep[j] * in.v[kj+e]
						dv[kj+e] += p[j] * keep[j] * in.do[qi+e]
						dp[j] += keep[j] * in.do[qi+e] * in.v[kj+e]
					}
					delta += p[j] * dp[j]
				}
				for j := range keys {
					if rel[i][j] < 0 {
						continue
					}
					ds := p[j] * (dp[j] - delta) * scale
					kj := (b*keys+j)*d + h*c.size
					for e := range c.size {
						he := h*c.size + e
						if c.relative {
							rt := rel[i][j]*d + he
							dq[qi+e] += ds * (in.k[kj+e] + in.r[rt])
							dk[kj+e] += ds * (in.q[qi+e] + in.u[he])
							dr[rt] += ds * (in.q[qi+e] + in.vbias[he])
							du[he] += ds * in.k[kj+e]
							dvbias[he] += ds * in.r[rt]
							continue
						}
						dq[qi+e] += ds * in.k[kj+e]
						dk[kj+e] += ds * in.q[qi+e]
					}
				}
			}
		}
	}
	return out
}

// attentionPatterns covers every kind of part, with lengths on both sides of
// tile boundaries.
func attentionPatterns() map[string]graph.Pattern {
	patterns := map[string]graph.Pattern{
		"memory":        graph.Recurrent(70, 45, 0),
		"window":        graph.Recurrent(150, 20, 33),
		"window1":       graph.Recurrent(40, 0, 1),
		"shorten2":      graph.Shorten(75, 2),
		"shorten3":      graph.Shorten(67, 3),
		"upsample2":     graph.Upsample(66, 2),
		"upsample3":     graph.Upsample(21, 3),
		"upsample4":     graph.Upsample(70, 4),
		"one-query":     graph.Recurrent(1, 390, 0),
		"one-key":       graph.Upsample(1, 3),
		"long-memory":   graph.Recurrent(33, 500, 450),
		"empty-queries": {Queries: 80, Keys: 80, Rel: 80, Parts: []graph.Part{{QStep: 1, QCount: 80, KStep: 1, KCount: 80, Diagonal: -3, RelStart: 79, RelStep: 1}}},
		// Two disjoint bands of the same queries and keys.
		"two-bands": {Queries: 90, Keys: 90, Rel: 90, Parts: []graph.Part{
			{QStep: 1, QCount: 90, KStep: 1, KCount: 90, Window: 20, RelStart: 89, RelStep: 1},
			{QStep: 1, QCount: 90, KStep: 1, KCount: 90, Diagonal: -40, RelStart: 89, RelStep: 1},
		}},
		// Overlapping queries and keys that are not the same progressions, and
		// a query and a key that belong to no part.
		"overlap": {Queries: 101, Keys: 101, Rel: 101, Parts: []graph.Part{
			{QStep: 1, QCount: 100, KStep: 1, KCount: 100, Window: 5, RelStart: 100, RelStep: 1},
			{QStart: 5, QStep: 2, QCount: 40, KStep: 2, KCount: 40, RelStart: 95, RelStep: 2},
		}},
	}
	// Heads that differ, two of which are alike, and one that sees nothing unless
	// there are three: a window, a band of every second key, blocks with those
	// before.
	heads := graph.Pattern{Queries: 103, Keys: 103, Rel: 103, Parts: []graph.Part{
		{QStep: 1, QCount: 103, KStep: 1, KCount: 103, Window: 9, RelStart: 102, RelStep: 1, Head: 1, Heads: 1},
		{QStep: 2, QCount: 52, KStep: 2, KCount: 52, RelStart: 102, RelStep: 2, Heads: 1},
		{QStart: 1, QStep: 2, QCount: 51, KStart: 1, KStep: 2, KCount: 51, Window: 4, RelStart: 102, RelStep: 2, Heads: 1},
	}}
	for a := range 4 {
		n := min(32, 103-32*a)
		for b := range a + 1 {
			p := graph.Part{QStart: 32 * a, QStep: 1, QCount: n, KStart: 32 * b, KStep: 1, KCount: 32, Diagonal: 32,
				RelStart: 102 - 32*(a-b), RelStep: 1, Head: 2, Heads: 9}
			if a == b {
				p.KCount, p.Diagonal = n, 0
			}
			heads.Parts = append(heads.Parts, p)
		}
	}
	patterns["heads"] = heads
	for _, l := range []int{1, 2, 31, 64, 65, 257, 430} {
		patterns[fmt.Sprint("causal", l)] = graph.Causal(l)
	}
	return patterns
}

// attentionCases gives every pattern both storages with and without dropout,
// in turns with the kinds of positions and sizes of heads.
func attentionCases() []attentionCase {
	patterns := attentionPatterns()
	var cases []attentionCase
	for i, name := range slices.Sorted(maps.Keys(patterns)) {
		for j, storage := range []graph.Storage{graph.Streaming, graph.Streaming, graph.Materialised} {
			for k, rate := range []float64{0, 0.3} {
				size := []int{8, 10, 16, 32, 3}[(i+2*j+k)%5]
				cases = append(cases, attentionCase{name, 1 + (i+k)%2, 1 + (i+j)%2, size, patterns[name], (j+k)%3 != 1, storage, rate})
			}
		}
	}
	return append(cases,
		attentionCase{"causal", 1, 1, 64, graph.Causal(500), true, graph.Streaming, 0},
		attentionCase{"causal", 1, 1, 128, graph.Causal(100), true, graph.Streaming, 0},
		attentionCase{"causal", 2, 3, 12, graph.Causal(100), true, graph.Streaming, 0},
		attentionCase{"causal", 3, 5, 16, graph.Causal(100), false, graph.Streaming, 0},
		attentionCase{"many-tasks", 7, 3, 8, graph.Causal(40), true, graph.Streaming, 0},
		attentionCase{"heads", 2, 3, 8, patterns["heads"], true, graph.Streaming, 0.3},
		attentionCase{"heads", 2, 4, 20, patterns["heads"], false, graph.Streaming, 0},
		attentionCase{"heads", 1, 3, 16, patterns["heads"], true, graph.Materialised, 0},
		attentionCase{"shorten", 1, 2, 40, graph.Shorten(200, 2), true, graph.Streaming, 0},
	)
}

// TestAttention compares forward and backward pass with the definition.
func TestAttention(t *testing.T) {
	for i, c := range attentionCases() {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			in := c.data(uint64(i))
			want := naiveAttention(c, in)
			if err := c.compile(t, graph.Float64, 1, true).run(in).compare(want, 1e-11); err != nil {
				t.Errorf("float64: %v", err)
			}
			if err := c.compile(t, graph.Float32, 2, true).run(in).compare(want, 3e-5); err != nil {
				t.Errorf("float32: %v", err)
			}
		})
	}
}

// TestAttentionDeadOutputs wants some of the outputs only, which must be what
// they are together with the others.
func TestAttentionDeadOutputs(t *testing.T) {
	c := attentionCase{"causal", 2, 2, 8, graph.Causal(70), true, graph.Materialised, 0}
	in := c.data(9)
	want := c.compile(t, graph.Float32, 1, true).run(in)
	for _, names := range [][]string{{"lse"}, {"p"}, {"dk"}, {"du", "dr"}, {"dq"}} {
		run := c.compile(t, graph.Float32, 1, true, names...)
		if err := run.run(in).same(want); err != nil {
			t.Errorf("%v alone: %v", names, err)
		}
	}
}
