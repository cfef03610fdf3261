//go:build !purego

package cpu

//go:generate go run -C _asm . -kernels attention-avx512 -pkg cpu -out ../attention_avx512_amd64.s -stubs ../attention_avx512_amd64.go
//go:generate go run -C _asm . -kernels attention-avx2 -pkg cpu -out ../attention_avx2_amd64.s -stubs ../attention_avx2_amd64.go

// attentionRowsISA returns nil for the portable code.
func attentionRowsISA(isa ISA) *attentionRows[float32] {
	switch isa {
	case AVX512:
		return &attentionRows[float32]{
			max: maxRowsAVX512, exp: expRowsAVX512, hide: hideRowsAVX512, hideSpan: hideSpanAVX512, rotated: rotatedAVX512, gradient: gradientRowsAVX512,
			bias: biasRowsAVX512, scale: scaleRowsAVX512, copy: copyRowsAVX512, combine: combineRowsAVX512,
			axpy: axpyRowsAVX512, dot: dotRowsAVX512, shift: shiftAVX512,
			fetch: fetchRowsAVX512, fetchListed: fetchListedAVX512, gather: gatherRowsAVX512, scatter: scatterRowsAVX512, scatterAdd: scatterAddRowsAVX512,
			keep: keepAVX512, multiply: multiplyAVX512, dropGradient: dropGradientAVX512,
		}
	case AVX2:
		return &attentionRows[float32]{
			max: maxRowsAVX2, exp: expRowsAVX2, hide: hideRowsAVX2, hideSpan: hideSpanAVX2, rotated: rotatedAVX2, gradient: gradientRowsAVX2,
			bias: biasRowsAVX2, scale: scaleRowsAVX2, copy: copyRowsAVX2, combine: combineRowsAVX2,
			axpy: axpyRowsAVX2, dot: dotRowsAVX2, shift: shiftAVX2,
			fetch: fetchRowsAVX2, fetchListed: fetchListedAVX2, gather: gatherRowsAVX2, scatter: scatterRowsAVX2, scatterAdd: scatterAddRowsAVX2,
			keep: keepAVX2, multiply: multiplyAVX2, dropGradient: dropGradientAVX2,
		}
	}
	return nil
}
