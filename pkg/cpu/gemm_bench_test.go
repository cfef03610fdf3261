package cpu

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// best times f again and again, and keeps the shortest time: what the code can
// do on a machine that others use too.
func best(b *testing.B, f func()) time.Duration {
	shortest := time.Duration(1 << 62)
	for b.Loop() {
		start := time.Now()
		f()
		shortest = min(shortest, time.Since(start))
	}
	return shortest
}

// mapped moves x to memory such as programs run in.
func mapped(b *testing.B, x []float32) []float32 {
	m, err := mapMemory(int64(4 * len(x)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { unmapMemory(m) })
	y := view[float32](m, len(x))
	copy(y, x)
	return y
}

// reportPeak adds the share of the peak measured just after.
func reportPeak(b *testing.B, isa ISA, threads int, flops float64, d time.Duration) {
	rate := flops / float64(d.Nanoseconds())
	b.ReportMetric(rate, "GFLOP/s")
	b.ReportMetric(100*rate/MeasurePeak(isa, threads), "%peak")
}

// BenchmarkProduct is whole products, m×n×k, as NN, NT or TN.
func BenchmarkProduct(b *testing.B) {
	shapes := []shape{{m: 2048, n: 2048, k: 2048}, {m: 2048, n: 2048, k: 2048, transB: true}, {m: 2048, n: 2048, k: 2048, transA: true}}
	for _, s := range []shape{
		{m: 512, n: 512, k: 512}, {m: 4096, n: 256, k: 1024}, {m: 4096, n: 1024, k: 256},
		{m: 4096, n: 256, k: 256}, {m: 1360, n: 1024, k: 256}, {m: 4096, n: 2048, k: 512}, {m: 4096, n: 512, k: 2048}, {m: 4096, n: 512, k: 128},
	} {
		t, a := s, s
		t.transB, a.transA = true, true
		shapes = append(shapes, s, t, a)
	}
	for _, s := range [][3]int{{256, 256, 4096}, {256, 1024, 4096}, {1024, 256, 4096}, {512, 512, 4096}, {512, 2048, 4096}, {2048, 512, 4096}, {256, 1024, 1360}, {128, 512, 4096}, {128, 128, 4096}} {
		shapes = append(shapes, shape{m: s[0], n: s[1], k: s[2], transA: true})
	}
	for _, isa := range Supported()[1:] {
		for _, threads := range []int{1, 2} {
			for _, s := range shapes {
				mode := map[[2]bool]string{{false, true}: "NT", {true, false}: "TN"}[[2]bool{s.transA, s.transB}]
				if mode == "" {
					mode = "NN"
				}
				b.Run(fmt.Sprintf("%v/threads=%d/%dx%dx%d%s", isa, threads, s.m, s.n, s.k, mode), func(b *testing.B) {
					ks := kernelsOf(isa)
					g := newProduct(rand.New(rand.NewPCG(1, 1)), s)
					g.a, g.b, g.c = mapped(b, g.a), mapped(b, g.b), mapped(b, g.c)
					p := newPool(threads)
					defer p.close()
					for _, w := range p.workers {
						w.scratch = make([]byte, 4*ks.gemmScratch(s))
					}
					g.workspace = mapped(b, make([]float32, ks.gemmWorkspace(s)))
					j := newJob(ks.phases(g))
					d := best(b, func() { p.run(j) })
					reportPeak(b, isa, threads, 2*float64(s.m)*float64(s.n)*float64(s.k), d)
				})
			}
		}
	}
}

// BenchmarkTile is the small products of attention, on packed operands.
func BenchmarkTile(b *testing.B) {
	for _, isa := range Supported()[1:] {
		ks := kernelsOf(isa)
		for _, s := range [][3]int{{64, 64, 64}, {64, 256, 64}, {64, 64, 256}, {64, 512, 32}, {64, 32, 512}, {128, 128, 128}} {
			m, n, k := s[0], s[1], s[2]
			b.Run(fmt.Sprintf("%v/%dx%dx%d", isa, m, n, k), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 1))
				x, y, c := random(r, m*k), random(r, ks.packedSize(k, n)), make([]float32, m*n)
				d := best(b, func() {
					for range 10 {
						ks.tile(m, n, k, x, k, 1, ks.packed(y, k), c, n, false)
					}
				})
				reportPeak(b, isa, 1, 20*float64(m*n*k), d)
			})
		}
	}
}
