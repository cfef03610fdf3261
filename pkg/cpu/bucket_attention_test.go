package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"hgbench/pkg/graph"
)

// bucketCase is a node of bucket attention.
type bucketCase struct {
	length, size int
	op           graph.BucketAttention
}

func bucketCases() []bucketCase {
	op := func(rounds, buckets, window int, self bool) graph.BucketAttention {
		return graph.BucketAttention{Heads: 2, Rounds: rounds, Buckets: buckets, Window: window, Scale: 0.4, Self: self}
	}
	return []bucketCase{
		{150, 16, op(1, 1, 70, true)},
		{210, 8, op(3, 4, 40, false)},
		{130, 33, op(2, 64, 1, false)},
		{900, 8, op(2, 2, 420, true)}, // more keys than a tile has
	}
}

// compile keeps o and the gradients of q, k and v.
func (c bucketCase) compile(t *testing.T, real graph.DType, threads int) *attentionRun {
	g := graph.New(real)
	input := func(name string) *graph.Value { return g.Input(name, real, 1, c.length, c.op.Heads*c.size) }
	q, k, v := input("q"), input("k"), input("v")
	o := g.BucketAttention(c.op, q, k, v, g.Input("buckets", graph.Int32, 1, c.op.Heads, c.op.Rounds, c.length))
	g.Output("o", o)
	attentionGradients(g, o, []*graph.Value{q, k, v}, g.Output)
	return runAttention(t, g, threads)
}

func (c bucketCase) data(seed uint64) *attentionData {
	d := attentionCase{batch: 1, heads: c.op.Heads, size: c.size, pattern: graph.Causal(c.length)}.data(seed)
	r := rand.New(rand.NewPCG(seed, 2))
	d.buckets = make([]int32, c.op.Heads*c.op.Rounds*c.length)
	for i := range d.buckets {
		d.buckets[i] = int32(r.IntN(1 + r.IntN(c.op.Buckets))) // of very different sizes
	}
	return d
}

// naive computes o from the definition in package graph.
func (c bucketCase) naive(d *attentionData) []float64 {
	width := c.op.Heads * c.size
	o := make([]float64, c.length*width)
	for h := range c.op.Heads {
		for i := range c.length {
			sees := map[int]bool{}
			for r := range c.op.Rounds {
				of := d.buckets[(h*c.op.Rounds+r)*c.length:][:c.length]
				for j, left := i, c.op.Window; j >= 0 && left > 0; j-- {
					if of[j] == of[i] {
						sees[j] = true
						left--
					}
				}
			}
			if !c.op.Self && len(sees) > 1 {
				delete(sees, i)
			}
			var sum float64
			row := o[i*width+h*c.size:][:c.size]
			for j := range c.length {
				if !sees[j] {
					continue
				}
				var score float64
				for e := range c.size {
					score += c.op.Scale * d.q[i*width+h*c.size+e] * d.k[j*width+h*c.size+e]
				}
				weight := math.Exp(score)
				sum += weight
				for e := range row {
					row[e] += weight * d.v[j*width+h*c.size+e]
				}
			}
			for e := range row {
				row[e] /= sum
			}
		}
	}
	return o
}

// TestBucketAttention compares o with the definition, the gradients of every
// instruction set with those of the portable kernels in float64, and every number of
// threads bit by bit.
func TestBucketAttention(t *testing.T) {
	for i, c := range bucketCases() {
		d := c.data(uint64(i))
		want := c.compile(t, graph.Float64, 1).run(d)
		naive := attentionResult{"o": c.naive(d)}
		if err := (attentionResult{"o": want["o"]}).compare(naive, 1e-12); err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		withISA(t, func(t *testing.T) {
			one := c.compile(t, graph.Float32, 1).run(d)
			if err := one.compare(want, 3e-5); err != nil {
				t.Errorf("%+v: %v", c, err)
			}
			if err := c.compile(t, graph.Float32, 3).run(d).same(one); err != nil {
				t.Errorf("%+v: 1 and 3 threads: %v", c, err)
			}
		})
	}
}

// TestBucketAttentionCausality changes everything from a position on, the buckets
// too, and checks that no bit changes before it.
func TestBucketAttentionCausality(t *testing.T) {
	withISA(t, func(t *testing.T) {
		for i, c := range bucketCases() {
			d, other := c.data(uint64(i)), c.data(99)
			run := c.compile(t, graph.Float32, 1)
			want := run.run(d)["o"]
			for _, from := range []int{1, 16, 63, 64, 65, c.length - 1} {
				at := from * c.op.Heads * c.size
				changed := *d
				for _, x := range []struct {
					to   *[]float64
					from []float64
				}{{&changed.q, other.q}, {&changed.k, other.k}, {&changed.v, other.v}} {
					*x.to = append((*x.to)[:at:at], x.from[at:]...)
				}
				changed.buckets = slices.Clone(d.buckets)
				for j := range changed.buckets {
					if j%c.length >= from {
						changed.buckets[j] = other.buckets[j]
					}
				}
				got := run.run(&changed)["o"]
				if err := (attentionResult{"o": got[:at]}).same(attentionResult{"o": want}); err != nil {
					t.Errorf("%+v: changed from %d on: %v", c, from, err)
				}
				if fmt.Sprint(got[at:]) == fmt.Sprint(want[at:]) {
					t.Errorf("%+v: changed from %d on: nothing else changed", c, from)
				}
			}
		}
	})
}
