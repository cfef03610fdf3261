package cpu

import (
	"fmt"
	"testing"

	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// BenchmarkAttention measures the forward pass, and both passes, in necessary
// operations: visible pairs only, the backward pass for twice the forward one.
func BenchmarkAttention(b *testing.B) {
	for _, c := range []attentionCase{
		{"causal4096", 1, 4, 64, graph.Causal(4096), true, graph.Streaming, 0},
		{"causal4096", 1, 4, 64, graph.Causal(4096), false, graph.Streaming, 0},
		{"causal512", 8, 4, 64, graph.Causal(512), true, graph.Streaming, 0},
		{"causal512", 8, 4, 64, graph.Causal(512), false, graph.Streaming, 0},
		{"causal512", 8, 4, 64, graph.Causal(512), true, graph.Streaming, 0.1},
		{"causal512", 8, 4, 64, graph.Causal(512), true, graph.Materialised, 0},
		{"causal256", 16, 4, 32, graph.Causal(256), true, graph.Streaming, 0},
		{"causal192", 2, 2, 64, graph.Causal(192), true, graph.Streaming, 0},
		{"shorten3", 8, 4, 64, graph.Shorten(170, 3), true, graph.Streaming, 0},
		{"upsample3", 8, 4, 64, graph.Upsample(170, 3), true, graph.Streaming, 0},
	} {
		for _, threads := range []int{1, 2} {
			for _, pass := range []string{"forward", "both"} {
				b.Run(fmt.Sprintf("%v/%s/threads=%d", c, pass, threads), func(b *testing.B) {
					run := c.compile(b, graph.Float32, threads, pass == "both")
					run.run(c.data(1))
					d := best(b, func() { run.machine.Run(run.program) })
					flops := run.program.FLOPs
					reportPeak(b, kernels32.isa, threads, flops.Necessary, d)
					b.ReportMetric(flops.Executed/flops.Necessary, "executed/necessary")
				})
			}
		}
	}
}

// BenchmarkSparse measures patterns of sparse attention in the same way.
func BenchmarkSparse(b *testing.B) {
	const heads, size = 4, 64
	bird := nn.BigBird{Window: 1, Global: 1}
	for _, length := range []int{4096, 16384} {
		draw := make([][][]int, heads)
		for h := range draw {
			draw[h] = make([][]int, length/64)
			for a := range draw[h] {
				if a > 4 {
					draw[h][a] = []int{1 + (7*a+h)%(a-3)}
				}
			}
		}
		bird.Random = draw
		for name, pattern := range map[string]graph.Pattern{
			"window128":     nn.WindowPattern(length, 128, []int{1, 1, 1, 1}),
			"window512":     nn.WindowPattern(length, 512, []int{1, 1, 1, 1}),
			"dilated128":    nn.WindowPattern(length, 128, []int{1, 1, 4, 4}),
			"strided128":    nn.StridedPattern(length, heads, 128, true),
			"stridedmerged": nn.StridedPattern(length, heads, 128, false),
			"fixed128,32":   nn.FixedPattern(length, heads, 128, 32, 4, false),
			"bigbird64":     nn.BigBirdPattern(length, 64, bird),
			"local128":      nn.LocalPattern(length, 128, 1),
		} {
			for _, relative := range []bool{false, true} {
				c := attentionCase{fmt.Sprint(name, "/", length), 1, heads, size, pattern, relative, graph.Streaming, 0}
				for _, pass := range []string{"forward", "both"} {
					b.Run(fmt.Sprintf("%v/%s", c, pass), func(b *testing.B) {
						run := c.compile(b, graph.Float32, 1, pass == "both")
						run.run(c.data(1))
						d := best(b, func() { run.machine.Run(run.program) })
						flops := run.program.FLOPs
						reportPeak(b, kernels32.isa, 1, flops.Necessary, d)
						b.ReportMetric(flops.Executed/flops.Necessary, "executed/necessary")
					})
				}
			}
		}
	}
}
