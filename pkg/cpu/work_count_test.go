package cpu

import (
	"fmt"
	"testing"

	"hgbench/pkg/graph"
)

// bucketProgram is one op of attention inside buckets, and its backward pass.
func bucketProgram(t *testing.T, op graph.BucketAttention, length int) (*graph.Program, *graph.Value) {
	t.Helper()
	g := graph.New(graph.Float32)
	x := g.Parameter("x", graph.Init{Distribution: graph.Normal, Scale: 1}, 1, length, 8)
	buckets := g.Input("buckets", graph.Int32, 1, op.Heads, op.Rounds, length)
	y := g.BucketAttention(op, x, x, x, buckets)
	g.Output("y", y)
	grads := g.Gradients([]*graph.Value{y}, []*graph.Value{g.Input("dy", graph.Float32, 1, length, 8)}, g.Parameters(), nil)
	g.Output("dx", grads[0])
	return graph.Compile(g, Target(graph.Float32)), buckets
}

// What was executed is counted as the buckets are: the pairs of a bucket are those
// of a causal window over its positions, up to whole groups of rows. It is never
// more than the plan says, and the same whatever the threads.
func TestExecutedOfBuckets(t *testing.T) {
	const length = 1000
	for _, c := range []struct {
		window, rounds int
		bucket         func(i int) int32
		sizes          []int // of the buckets of a round
	}{
		{64, 1, func(int) int32 { return 2 }, []int{length}},
		{64, 1, func(i int) int32 { return int32(i % 4) }, []int{250, 250, 250, 250}},
		{200, 2, func(i int) int32 { return int32(min(i/100, 3)) }, []int{100, 100, 100, 700}},
	} {
		op := graph.BucketAttention{Heads: 2, Rounds: c.rounds, Buckets: 4, Window: c.window, Scale: 1}
		var first float64
		for _, threads := range []int{1, 2, 2} {
			p, buckets := bucketProgram(t, op, length)
			m, err := New(threads, p)
			if err != nil {
				t.Fatal(err)
			}
			m.Init(1)
			for i, b := 0, m.Ints(p, buckets); i < len(b); i++ {
				b[i] = c.bucket(i % length)
			}
			m.Run(p)
			got, depends := m.Executed(p)
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
			var visible float64 // of all rounds, before those that agree are hidden
			for _, n := range c.sizes {
				visible += float64(graph.Pattern{Parts: []graph.Part{{QStep: 1, QCount: n, KStep: 1, KCount: n, Window: c.window}}}.Visible(n, op.Heads*c.rounds))
			}
			least := visible * 2 * 4 * (2 + 5) // products of pairs over heads of 4
			waste := float64(length*op.Heads*c.rounds) * 3 * fewQueries * 2 * 4 * (2 + 5)
			if !depends || got < least || got > least+waste || got > p.FLOPs.Executed {
				t.Errorf("%+v: %g executed, depends %v; want %g to %g, and at most the plan's %g", c.sizes, got, depends, least, least+waste, p.FLOPs.Executed)
			}
			if first != 0 && got != first {
				t.Errorf("%g with %d threads, %g before", got, threads, first)
			}
			first = got
		}
	}
}

// Elsewhere it is the plan's, to the operation.
func TestExecutedOfStaticPrograms(t *testing.T) {
	g := graph.New(graph.Float32)
	x := g.Parameter("x", graph.Init{}, 1, 10, 8)
	g.Output("y", g.Attention(graph.Attention{Heads: 2, Scale: 1, Pattern: graph.Causal(10)}, x, x, x, nil, nil))
	p := graph.Compile(g, Target(graph.Float32))
	m, err := New(1, p)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	m.Run(p)
	if got, depends := m.Executed(p); depends || got != p.FLOPs.Executed {
		t.Error(fmt.Sprint(got, depends, p.FLOPs.Executed))
	}
}
