package cpu

import (
	"fmt"
	"testing"

	"hgbench/pkg/graph"
)

// BenchmarkAttention measures forward, and forward and backward, in necessary
// GFLOP/s.
func BenchmarkAttention(b *testing.B) {
	for _, c := range []attentionCase{
		{"L512", 8, 4, 64, graph.Causal(512), true, graph.Streaming, 0},
		{"L512", 8, 4, 64, graph.Causal(512), false, graph.Streaming, 0},
		{"L4096", 1, 4, 64, graph.Causal(4096), true, graph.Streaming, 0},
		{"L4096", 1, 4, 64, graph.Causal(4096), false, graph.Streaming, 0},
		{"L192", 2, 2, 64, graph.Causal(192), true, graph.Streaming, 0},
		{"L256", 16, 4, 32, graph.Causal(256), true, graph.Streaming, 0},
	} {
		for _, gradients := range []bool{false, true} {
			for _, threads := range []int{1, 2} {
				pass := "forward"
				if gradients {
					pass = "both"
				}
				kind := "plain"
				if c.relative {
					kind = "relative"
				}
				b.Run(fmt.Sprintf("%s/%s/%s/threads=%d", c.name, kind, pass, threads), func(b *testing.B) {
					run := c.compile(b, graph.Float32, threads, gradients)
					run.run(c.data(1))
					for b.Loop() {
						run.machine.Run(run.program)
					}
					perSecond := float64(b.N) / b.Elapsed().Seconds() / 1e9
					b.ReportMetric(run.program.FLOPs.Necessary*perSecond, "GFLOP/s")
					b.ReportMetric(run.program.FLOPs.Executed*perSecond, "executed-GFLOP/s")
					b.ReportMetric(run.program.FLOPs.Executed/run.program.FLOPs.Necessary, "executed/necessary")
				})
			}
		}
	}
}
