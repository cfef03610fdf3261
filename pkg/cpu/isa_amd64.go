//go:build !purego

package cpu

import "github.com/klauspost/cpuid/v2"

//go:generate go run -C _asm . -kernels gemm-avx512 -pkg cpu -out ../gemm_avx512_amd64.s -stubs ../gemm_avx512_amd64.go
//go:generate go run -C _asm . -kernels gemm-avx2 -pkg cpu -out ../gemm_avx2_amd64.s -stubs ../gemm_avx2_amd64.go
//go:generate go run -C _asm . -kernels vec-avx512 -pkg cpu -out ../vec_avx512_amd64.s -stubs ../vec_avx512_amd64.go
//go:generate go run -C _asm . -kernels vec-avx2 -pkg cpu -out ../vec_avx2_amd64.s -stubs ../vec_avx2_amd64.go
//go:generate go run -C _asm . -kernels peak -pkg cpu -out ../peak_amd64.s -stubs ../peak_amd64.go

func detect() []ISA {
	isas := []ISA{Portable}
	if !cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3) {
		return isas
	}
	isas = append(isas, AVX2)
	if cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512VL, cpuid.AVX512DQ, cpuid.AVX512BW, cpuid.BMI2) {
		isas = append(isas, AVX512)
	}
	return isas
}

// kernelsOf returns the float32 kernels of a supported instruction set.
func kernelsOf(isa ISA) *kernels[float32] {
	k := portable[float32]()
	k.isa = isa
	switch isa {
	case AVX512:
		k.rows, k.edgeRows, k.cols, k.square = 14, 14, 32, 16
		k.gatherRows = cpuid.CPU.Cache.L1D < 48<<10 // 8 ways
		k.gemm, k.gemmAhead, k.transpose, k.copyBlock = gemmAVX512, gemmAheadAVX512, transposeAVX512, copyBlockAVX512
		k.add, k.add3, k.scale, k.axpy = addAVX512, add3AVX512, scaleAVX512, axpyAVX512
		k.sum, k.dot, k.max = sumAVX512, dotAVX512, maxAVX512
		k.exp, k.expSum = expAVX512, expSumAVX512
		k.gelu, k.geluGrad, k.geluBoth = geluAVX512, geluGradAVX512, geluBothAVX512
		k.relu, k.reluGrad = reluAVX512, reluGradAVX512
		k.layerNorm, k.normalize, k.layerNormGrad = layerNormAVX512, normalizeAVX512, layerNormGradAVX512
		k.adam = func(w, g, m, v []float32, s *adamStep[float32]) {
			adamAVX512(w, g, m, v, s.gradScale, s.beta1, s.beta2, s.rest1, s.rest2, s.rate, s.unbias, s.epsilon, s.decay)
		}
	case AVX2:
		k.rows, k.edgeRows, k.cols, k.square = 6, 4, 16, 8
		k.gatherColumns = true
		k.gemm, k.gemmAhead, k.transpose, k.copyBlock = gemmAVX2, gemmAheadAVX2, transposeAVX2, copyBlockAVX2
		k.add, k.add3, k.scale, k.axpy = addAVX2, add3AVX2, scaleAVX2, axpyAVX2
		k.sum, k.dot, k.max = sumAVX2, dotAVX2, maxAVX2
		k.exp, k.expSum = expAVX2, expSumAVX2
		k.gelu, k.geluGrad, k.geluBoth = geluAVX2, geluGradAVX2, geluBothAVX2
		k.relu, k.reluGrad = reluAVX2, reluGradAVX2
		k.layerNorm, k.normalize, k.layerNormGrad = layerNormAVX2, normalizeAVX2, layerNormGradAVX2
		k.adam = func(w, g, m, v []float32, s *adamStep[float32]) {
			adamAVX2(w, g, m, v, s.gradScale, s.beta1, s.beta2, s.rest1, s.rest2, s.rate, s.unbias, s.epsilon, s.decay)
		}
	}
	return k
}

// peakLoop returns a loop of multiply-adds and the operations of each round.
func peakLoop(isa ISA) (run func(n int), flops int) {
	const chains = 12 // peakChains in _asm
	switch isa {
	case AVX512:
		return peakAVX512, chains * 16 * 2
	case AVX2:
		return peakAVX2, chains * 8 * 2
	}
	return peakPortable, 8 * 2
}
