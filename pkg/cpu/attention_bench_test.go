package cpu

import (
	"fmt"
	"testing"

	"hgbench/pkg/graph"
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
