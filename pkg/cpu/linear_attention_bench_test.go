package cpu

import (
	"fmt"
	"testing"

	"hgbench/pkg/graph"
)

// BenchmarkLinearAttention measures FAVOR+ and its ReLU kernel, forward and both
// passes, in necessary operations: features, and sums over keys.
func BenchmarkLinearAttention(b *testing.B) {
	for _, size := range []int{32, 64} {
		for _, length := range []int{4096, 16384} {
			for _, c := range []linearCase{
				{graph.SoftmaxKernel, 1, length, 4, size, size, 64},
				{graph.ReLUKernel, 1, length, 4, size, size, 0},
			} {
				for _, threads := range []int{1, 2} {
					for _, pass := range []string{"forward", "both"} {
						b.Run(fmt.Sprintf("%v/%s/threads=%d", c, pass, threads), func(b *testing.B) {
							run := c.compile(b, graph.Float32, threads, pass == "both")
							run.run(c.data())
							d := best(b, func() { run.machine.Run(run.program) })
							flops := run.program.FLOPs
							reportPeak(b, kernels32.isa, threads, flops.Necessary, d)
							b.ReportMetric(flops.Executed/flops.Necessary, "executed/necessary")
						})
					}
				}
			}
		}
	}
}
