package cpu

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// withISA runs a test on the float32 kernels of every supported instruction
// set.
func withISA(t *testing.T, f func(t *testing.T)) {
	inUse := kernels32
	defer func() { kernels32 = inUse }()
	for _, isa := range Supported() {
		kernels32 = kernelsOf(isa)
		t.Run(isa.String(), f)
	}
}

// bitCases are few, and large enough for several tiles and stripes.
func bitCases() []attentionCase {
	return []attentionCase{
		{"causal", 1, 2, 16, graph.Causal(450), true, graph.Streaming, 0},
		{"memory", 2, 2, 10, graph.Recurrent(70, 330, 0), true, graph.Streaming, 0.2},
		{"window", 1, 1, 32, graph.Recurrent(400, 40, 70), false, graph.Streaming, 0},
		{"shorten", 2, 1, 16, graph.Shorten(90, 3), true, graph.Materialised, 0},
		{"upsample", 2, 2, 12, graph.Upsample(100, 3), true, graph.Streaming, 0},
		{"overlap", 3, 2, 8, attentionPatterns()["overlap"], true, graph.Streaming, 0},
		{"heads", 2, 3, 8, attentionPatterns()["heads"], true, graph.Streaming, 0},
		{"strided", 1, 2, 12, nn.StridedPattern(250, 2, 3, true), false, graph.Streaming, 0},
		{"dilated", 1, 2, 10, nn.WindowPattern(1200, 130, []int{1, 3}), false, graph.Streaming, 0},
		{"relative window", 2, 1, 8, nn.WindowPattern(800, 300, []int{1}), true, graph.Streaming, 0.1},
		{"blocks", 2, 2, 40, nn.FixedPattern(210, 2, 70, 10, 1, true), true, graph.Streaming, 0.1},
	}
}

// TestAttentionISA compares every instruction set with the definition.
func TestAttentionISA(t *testing.T) {
	for i, c := range bitCases() {
		in := c.data(uint64(i))
		want := naiveAttention(c, in)
		withISA(t, func(t *testing.T) {
			if err := c.compile(t, graph.Float32, 1, true).run(in).compare(want, 3e-5); err != nil {
				t.Errorf("%v: %v", c, err)
			}
		})
	}
}

// TestAttentionThreads checks that threads change no bit.
func TestAttentionThreads(t *testing.T) {
	withISA(t, func(t *testing.T) {
		for i, c := range bitCases() {
			in := c.data(uint64(i))
			want := c.compile(t, graph.Float32, 1, true).run(in)
			for _, threads := range []int{2, 3} {
				if err := c.compile(t, graph.Float32, threads, true).run(in).same(want); err != nil {
					t.Errorf("%v: 1 and %d threads: %v", c, threads, err)
				}
			}
		}
	})
}

// TestAttentionHeads checks that heads whose work shares tasks have the bits of the same
// heads each alone.
func TestAttentionHeads(t *testing.T) {
	const heads, size, length = 26, 5, 1200 // 104 tiles of keys
	windows := func(heads int) attentionCase {
		return attentionCase{"windows", 1, heads, size, nn.WindowPattern(length, 100, slices.Repeat([]int{1}, heads)), false, graph.Streaming, 0}
	}
	withISA(t, func(t *testing.T) {
		in := windows(heads).data(3)
		together := windows(heads).compile(t, graph.Float32, 2, true).run(in)
		alone := windows(1).compile(t, graph.Float32, 1, true)
		for h := range heads {
			of := func(x []float64) (y []float64) {
				for i := range length {
					y = append(y, x[(i*heads+h)*size:][:size]...)
				}
				return y
			}
			got := attentionResult{}
			for _, name := range []string{"o", "dq", "dk", "dv"} {
				got[name] = of(together[name])
			}
			want := alone.run(&attentionData{q: of(in.q), k: of(in.k), v: of(in.v), do: of(in.do)})
			if err := got.same(want); err != nil {
				t.Fatalf("head %d and alone: %v", h, err)
			}
		}
	})
}

// TestAttentionCausality changes keys and values, and checks that no bit
// changes of the rows that do not see them, and that all others change.
func TestAttentionCausality(t *testing.T) {
	withISA(t, func(t *testing.T) {
		for i, c := range bitCases() {
			if c.rate > 0 {
				continue // dropout hides keys
			}
			in := c.data(uint64(i))
			run := c.compile(t, graph.Float32, 1, false)
			want := run.run(in)
			d := c.heads * c.size
			r := rand.New(rand.NewPCG(7, 8))
			for range 12 {
				from := r.IntN(c.pattern.Keys)
				changed := *in
				changed.k, changed.v = append([]float64(nil), in.k...), append([]float64(nil), in.v...)
				for b := range c.batch {
					for at := (b*c.pattern.Keys + from) * d; at < (b+1)*c.pattern.Keys*d; at++ {
						changed.k[at] = 3 * r.NormFloat64()
						changed.v[at] = -changed.v[at]
					}
				}
				got := run.run(&changed)
				for h := range c.heads {
					mask := c.pattern.Mask(h)
					for i := range c.pattern.Queries {
						sees := slices.Contains(mask[i][from:], true)
						for b := range c.batch {
							at := (b*c.pattern.Queries+i)*d + h*c.size
							same := true
							for e := at; e < at+c.size; e++ {
								same = same && math.Float64bits(got["o"][e]) == math.Float64bits(want["o"][e])
							}
							if same == sees {
								t.Fatalf("%v: keys from %d on changed: head %d, row %d sees them: %v, is the same: %v", c, from, h, i, sees, same)
							}
						}
					}
				}
			}
		}
	})
}

// TestAttentionPrefix checks that a longer sequence has the bits of a shorter
// one at its start.
func TestAttentionPrefix(t *testing.T) {
	withISA(t, func(t *testing.T) {
		const long = 400
		whole := attentionCase{"causal", 1, 2, 10, graph.Causal(long), true, graph.Streaming, 0}
		in := whole.data(3)
		want := whole.compile(t, graph.Float32, 2, false).run(in)
		for _, l := range []int{1, 2, 31, 63, 64, 65, 100, 383, 385} {
			c := whole
			c.pattern = graph.Causal(l)
			d := c.heads * c.size
			short := *in
			short.q, short.k, short.v = in.q[:l*d], in.k[:l*d], in.v[:l*d]
			short.r = in.r[(long-l)*d:]
			got := c.compile(t, graph.Float32, 1, false).run(&short)
			for i := range got["o"] {
				if math.Float64bits(got["o"][i]) != math.Float64bits(want["o"][i]) {
					t.Fatalf("length %d: row %d: %v, and %v in length %d", l, i/d, got["o"][i], want["o"][i], long)
				}
			}
			for h := range c.heads {
				for i := range l {
					if got["lse"][h*l+i] != want["lse"][h*long+i] {
						t.Fatalf("length %d: log-sum-exp of row %d: %v and %v", l, i, got["lse"][h*l+i], want["lse"][h*long+i])
					}
				}
			}
		}
	})
}

// TestAttentionDifferences compares the gradients with central differences in
// float64, so that the definition in the tests need not be trusted either.
func TestAttentionDifferences(t *testing.T) {
	for i, c := range []attentionCase{
		{"causal", 2, 2, 3, graph.Causal(7), true, graph.Streaming, 0},
		{"window", 1, 2, 4, graph.Recurrent(6, 3, 4), true, graph.Materialised, 0.3},
		{"shorten", 1, 1, 5, graph.Shorten(3, 2), true, graph.Streaming, 0.3},
		{"upsample", 1, 1, 5, graph.Upsample(3, 3), false, graph.Streaming, 0},
	} {
		in := c.data(uint64(i))
		got := c.compile(t, graph.Float64, 1, true).run(in)
		forward := c.compile(t, graph.Float64, 1, false)
		loss := func() float64 {
			sum := 0.0
			for i, y := range forward.run(in)["o"] {
				sum += y * in.do[i]
			}
			return sum
		}
		for _, name := range attentionInputs {
			grad, ok := got["d"+name]
			if !ok {
				continue
			}
			x := in.input(name)
			for e := range x {
				const h = 1e-5
				old := x[e]
				x[e] = old + h
				up := loss()
				x[e] = old - h
				down := loss()
				x[e] = old
				if want := (up - down) / (2 * h); math.Abs(grad[e]-want) > 1e-8*(1+math.Abs(want)) {
					t.Errorf("%v: d%s[%d] = %v, by differences %v", c, name, e, grad[e], want)
				}
			}
		}
	}
}

// TestAttentionAllocations checks that a run allocates nothing.
func TestAttentionAllocations(t *testing.T) {
	for _, c := range bitCases() {
		run := c.compile(t, graph.Float32, 1, true)
		if n := testing.AllocsPerRun(3, func() { run.machine.Run(run.program) }); n != 0 {
			t.Errorf("%v: %v allocations", c, n)
		}
	}
}
