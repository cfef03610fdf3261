package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// peakChains is the number of independent chains of the peak loop: more than
// latency times throughput of any machine's multiply-add.
const peakChains = 12

// peak emits a loop of nothing but fused multiply-adds. Its values stay near 1,
// as zeros would cost less power, hence time, than a model's numbers.
func (v vector) peak() {
	TEXT("peak"+v.suffix, NOSPLIT, "func(n int)")
	Doc("peak" + v.suffix + " runs n rounds of peakChains vector multiply-adds.")
	n := Load(Param("n"), GP64())
	acc := v.accumulators(peakChains)
	factor, one, term := v.broadcast(1-1e-6), v.broadcast(1), v.broadcast(1e-6)
	for _, a := range acc {
		VMOVAPS(one, a)
	}
	align(64)
	Label("loop")
	for _, a := range acc {
		VFMADD213PS(term, factor, a)
	}
	DECQ(n)
	JNZ(LabelRef("loop"))
	v.end()
}
