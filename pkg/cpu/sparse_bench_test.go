package cpu

import (
	"fmt"
	"testing"
	"time"

	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// sparseKind is a kind of attention at a length: its pattern, or what hashes.
type sparseKind struct {
	name    string
	pattern func(length int) graph.Pattern
	// hashed returns o and the buckets.
	hashed func(g *graph.Graph, q, v *graph.Value) (o, buckets *graph.Value)
	rounds int
	window int
}

const sparseHeads = 4

// sparseKinds as sweeps use them.
func sparseKinds() []sparseKind {
	return []sparseKind{
		{name: "dense", pattern: graph.Causal},
		{name: "window128", pattern: func(n int) graph.Pattern { return nn.WindowPattern(n, 128, []int{1, 1, 1, 1}) }},
		{name: "window512", pattern: func(n int) graph.Pattern { return nn.WindowPattern(n, 512, []int{1, 1, 1, 1}) }},
		{name: "dilated128", pattern: func(n int) graph.Pattern { return nn.WindowPattern(n, 128, []int{1, 1, 4, 4}) }},
		{name: "strided64", pattern: func(n int) graph.Pattern { return nn.StridedPattern(n, sparseHeads, 64, true) }},
		{name: "strided64merged", pattern: func(n int) graph.Pattern { return nn.StridedPattern(n, sparseHeads, 64, false) }},
		{name: "strided128", pattern: func(n int) graph.Pattern { return nn.StridedPattern(n, sparseHeads, 128, true) }},
		{name: "fixed128,32", pattern: func(n int) graph.Pattern { return nn.FixedPattern(n, sparseHeads, 128, 32, 4, false) }},
		{name: "bigbird64", pattern: func(n int) graph.Pattern { return nn.BigBirdPattern(n, 64, sparseBird(n)) }},
		{name: "local128", pattern: func(n int) graph.Pattern { return nn.LocalPattern(n, 128, 1) }},
		{name: "lsh64x2", rounds: 2, window: 128, hashed: func(g *graph.Graph, qk, v *graph.Value) (o, buckets *graph.Value) {
			size := qk.Cols() / sparseHeads
			draw := sparseNoise(3)
			rotations := g.Constant("rotations", draw, sparseHeads, size, 2*32)
			buckets = g.Hash(graph.Hash{Heads: sparseHeads, Rounds: 2, Factors: []int{64}}, qk, rotations)
			op := graph.BucketAttention{Heads: sparseHeads, Rounds: 2, Buckets: 64, Window: 128, Scale: 1}
			return g.BucketAttention(op, qk, g.Unit(nn.TraxUnit(sparseHeads, size), qk), v, buckets), buckets
		}},
		{name: "routing16,256", rounds: 1, window: 256, hashed: func(g *graph.Graph, qk, v *graph.Value) (o, buckets *graph.Value) {
			n := nn.UnscaledNorm(g, qk, sparseHeads)
			means := g.Constant("means", sparseNoise(4), sparseHeads, 16, qk.Cols()/sparseHeads)
			buckets = g.Nearest(graph.Nearest{Heads: sparseHeads}, n, means)
			op := graph.BucketAttention{Heads: sparseHeads, Rounds: 1, Buckets: 16, Window: 256, Scale: 1, Self: true}
			return g.BucketAttention(op, n, n, v, buckets), buckets
		}},
	}
}

// sparseNoise is values of no pattern, of some ±1.
func sparseNoise(seed uint32) func(i int) float64 {
	return func(i int) float64 {
		x := (uint32(i) + seed<<20) * 2654435761
		x = (x ^ x>>15) * 2246822519
		x = (x ^ x>>13) * 3266489917
		return float64(x^x>>16)/(1<<31) - 1
	}
}

// sparseBird draws three random blocks, as the kind does.
func sparseBird(length int) nn.BigBird {
	bird := nn.BigBird{Window: 1, Global: 1}
	for h := range sparseHeads {
		random := make([][]int, length/64)
		for a := range random {
			for i := range min(3, max(0, a-2)) {
				random[a] = append(random[a], 1+(7*a+h+i*(a-2)/3)%(a-2))
			}
			seen := map[int]bool{}
			distinct := random[a][:0]
			for _, k := range random[a] {
				if !seen[k] {
					distinct = append(distinct, k)
				}
				seen[k] = true
			}
			random[a] = distinct
		}
		bird.Random = append(bird.Random, random)
	}
	return bird
}

// sparseRun is a kind compiled for a length, with random data.
type sparseRun struct {
	program   *graph.Program
	machine   *Machine
	necessary float64 // operations of the pairs that are seen, and of hashing
}

func (k sparseKind) compile(b *testing.B, length, size, threads int, both bool) *sparseRun {
	g := graph.New(graph.Float32)
	input := func(name string) *graph.Value { return g.Input(name, graph.Float32, 1, length, sparseHeads*size) }
	q, v := input("q"), input("v")
	wrt := []*graph.Value{q, v}
	var o, buckets *graph.Value
	if k.hashed != nil {
		o, buckets = k.hashed(g, q, v)
		g.Output("buckets", buckets)
	} else {
		key := input("k")
		wrt = append(wrt, key)
		c := attentionCase{heads: sparseHeads, size: size, pattern: k.pattern(length)}
		o = g.Attention(c.op(), q, key, v, nil, nil)
	}
	g.Output("o", o)
	if both {
		for i, dx := range g.Gradients([]*graph.Value{o}, []*graph.Value{input("do")}, wrt, nil) {
			g.Output(fmt.Sprint("gradient ", i), dx)
		}
	}
	p := graph.Compile(g, Target(graph.Float32))
	m, err := New(threads, p)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close() })
	for i, in := range p.Inputs {
		noise := sparseNoise(uint32(10 + i))
		x := make([]float64, in.Elements())
		for j := range x {
			x[j] = 2 * noise(j)
		}
		m.Write(p, in, x)
	}
	run := &sparseRun{p, m, p.FLOPs.Necessary}
	m.Run(p)
	if k.hashed != nil {
		pairs := 0
		for i := range sparseHeads {
			n := k.rounds * length
			pairs += k.seen(m.Ints(p, p.Outputs[0])[i*n:][:n], length)
		}
		passes := 1.
		if both {
			passes = 3
		}
		run.necessary = passes * 4 * float64(pairs) * float64(size)
		for _, n := range p.Nodes {
			switch op := n.Op.(type) {
			case graph.Hash:
				hashing, _ := op.FLOPs(n)
				run.necessary += hashing
			case graph.Nearest:
				hashing, _ := op.FLOPs(n)
				run.necessary += hashing
			}
		}
	}
	return run
}

// seen counts the pairs that a head sees, once each.
func (k sparseKind) seen(buckets []int32, length int) (pairs int) {
	last := make([]map[int32][]int, k.rounds)
	for r := range last {
		last[r] = map[int32][]int{}
	}
	stamp := make([]int, length)
	for i := range length {
		for r := range k.rounds {
			b := buckets[r*length+i]
			last[r][b] = append(last[r][b], i)
			of := last[r][b]
			for _, j := range of[max(0, len(of)-k.window):] {
				if stamp[j] != i+1 {
					stamp[j] = i + 1
					pairs++
				}
			}
		}
	}
	return pairs
}

// BenchmarkSparse measures kinds of sparse attention, forward and both passes, in
// operations of the pairs that are seen, and shows their time as a share of that of
// dense streaming attention.
func BenchmarkSparse(b *testing.B) {
	kinds := sparseKinds()
	for _, length := range []int{4096, 16384} {
		for _, size := range []int{32, 64} {
			for _, both := range []bool{false, true} {
				for _, threads := range []int{1, 2} {
					var dense time.Duration
					for _, k := range kinds {
						pass := map[bool]string{false: "forward", true: "both"}[both]
						b.Run(fmt.Sprintf("%d/%s/dh%d/%s/threads=%d", length, k.name, size, pass, threads), func(b *testing.B) {
							if dense == 0 {
								run := kinds[0].compile(b, length, size, threads, both)
								start := time.Now()
								run.machine.Run(run.program)
								dense = time.Since(start)
							}
							run := k.compile(b, length, size, threads, both)
							d := best(b, func() { run.machine.Run(run.program) })
							reportPeak(b, kernels32.isa, threads, run.necessary, d)
							b.ReportMetric(run.program.FLOPs.Executed/run.necessary, "executed/necessary")
							b.ReportMetric(100*float64(d)/float64(dense), "%dense")
							b.ReportMetric(0, "ns/op")
							b.ReportMetric(float64(d.Microseconds())/1000, "ms")
						})
					}
				}
			}
		}
	}
}
