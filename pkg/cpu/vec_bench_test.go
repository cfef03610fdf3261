package cpu

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkRow is the functions of rows on rows in the first-level cache.
func BenchmarkRow(b *testing.B) {
	const n = 1024
	for _, isa := range Supported() {
		ks := kernelsOf(isa)
		r := rand.New(rand.NewPCG(1, 1))
		var x [7][]float32
		for i := range x {
			x[i] = random(r, n)
		}
		for _, f := range []struct {
			name string
			run  func()
		}{
			{"add", func() { ks.add(x[0], x[1], x[2]) }},
			{"sum", func() { ks.sum(x[0]) }},
			{"dot", func() { ks.dot(x[0], x[1]) }},
			{"max", func() { ks.max(x[0]) }},
			{"exp", func() { ks.exp(x[0], x[1], 0.5) }},
			{"gelu", func() { ks.gelu(x[0], x[1]) }},
			{"geluGrad", func() { ks.geluGrad(x[0], x[1], x[2]) }},
			{"geluBoth", func() { ks.geluBoth(x[0], x[3], x[1], x[2]) }},
			{"layerNorm", func() { ks.layerNorm(x[0], x[1], x[2], x[3], 1e-6) }},
			{"layerNormGrad", func() { ks.layerNormGrad(x[0], x[1], x[2], x[3], x[4], x[5], nil, 0.1, 1.1) }},
			{"adam", func() {
				ks.adam(x[0], x[1], x[2], x[6], &adamStep[float32]{gradScale: 1, beta1: 0.9, beta2: 0.98, rest1: 0.1, rest2: 0.02, rate: 1e-9, unbias: 1, epsilon: 1e-9})
			}},
		} {
			b.Run(fmt.Sprintf("%v/%s", isa, f.name), func(b *testing.B) {
				d := best(b, func() {
					for range 50 {
						f.run()
					}
				})
				b.ReportMetric(float64(d.Nanoseconds())/(50*n), "ns/element")
			})
		}
	}
}
