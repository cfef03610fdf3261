package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rotated emits func(x []float32) int. Every lane keeps the largest of its elements
// and their first place; then the first place of the largest of all is sought. An
// element counts as its bits without the sign, and a last bit for a positive one.
func (v vector) rotated() {
	TEXT("rotated"+v.suffix, NOSPLIT, "func(x []float32) int")
	Doc("rotated" + v.suffix + " is attentionRows.rotated.")
	r := &row{vector: v, left: GP64(), offset: GP64()}
	r.rewind("x")
	x := pointer("x")
	lanes := GLOBL("places"+v.suffix, RODATA|NOPTR)
	for i := range v.lanes() {
		DATA(4*i, U32(i))
	}
	here, place, best := v.get(lanes, nil), v.get(lanes, nil), v.accumulators(1)[0]
	one, step := v.integer(1), v.integer(uint32(v.lanes()))
	r.each(1, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		y, sign := v.get(at(x), mask), v.register()
		VPSRAD(Imm(31), y, sign)
		VPADDD(y, y, y)
		VPADDD(one, sign, sign)
		VPADDD(sign, y, y)
		v.keep(y, mask)
		before := v.register()
		v.move(best, before)
		VPMAXUD(y, best, best)
		v.where(best, before, place, here, place)
		VPADDD(step, here, here)
	})
	top := v.register()
	v.move(best, top)
	most := v.fold([]reg.VecVirtual{top}, func(x, y, dst Op) { VPMAXUD(x, y, dst) })
	last := v.register()
	if v.bits == 512 {
		VPTERNLOGD(Imm(0xff), last, last, last)
	} else {
		VPCMPEQD(last, last, last)
	}
	v.where(v.spread(most), best, place, last, place)
	first := v.fold([]reg.VecVirtual{place}, func(x, y, dst Op) { VPMINUD(x, y, dst) })
	bits, at, length := GP32(), GP32(), GP64()
	VMOVD(most, bits)
	VMOVD(first, at)
	Load(Param("x").Len(), length)
	negative := GP64()
	LEAQ(Mem{Base: length, Index: at.As64(), Scale: 1}, negative)
	TESTL(U32(1), bits)
	CMOVQEQ(negative, at.As64())
	Store(at.As64(), ReturnIndex(0))
	v.end()
}

// integer broadcasts a small integer.
func (v vector) integer(n uint32) reg.VecVirtual {
	return v.broadcast(float64(math.Float32frombits(n)))
}

// where puts x into dst where a equals b, and y elsewhere.
func (v vector) where(a, b, x, y, dst reg.VecVirtual) {
	if v.bits == 512 {
		same := K()
		VPCMPEQD(a, b, same)
		VPBLENDMD(x, y, same, dst)
		return
	}
	same := YMM()
	VPCMPEQD(a, b, same)
	VBLENDVPS(same, x, y, dst)
}
