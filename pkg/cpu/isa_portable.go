//go:build !amd64 || purego

package cpu

func detect() []ISA { return []ISA{Portable} }

func kernelsOf(ISA) *kernels[float32] { return portable[float32]() }

func peakLoop(ISA) (run func(n int), flops int) { return peakPortable, 8 * 2 }
