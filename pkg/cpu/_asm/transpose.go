package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose emits func(dst []float32, ldd int, src []float32, lds, blocks int),
// which transposes `blocks` square blocks that lie side by side in src, and
// puts them one below the other.
func (v vector) transpose() {
	TEXT("transpose"+v.suffix, NOSPLIT, "func(dst []float32, ldd int, src []float32, lds, blocks int)")
	Doc("transpose" + v.suffix + " is kernels.transpose.")
	dst, src := pointer("dst"), pointer("src")
	ldd, lds := bytes("ldd"), bytes("lds")
	blocks := Load(Param("blocks"), GP64())
	at := GP64()
	TESTQ(blocks, blocks)
	JZ(LabelRef("done"))
	Label("block")
	MOVQ(src, at)
	rows := make([]reg.VecVirtual, v.lanes())
	for i := range rows {
		rows[i] = v.get(Mem{Base: at}, nil)
		ADDQ(lds, at)
	}
	if v.bits == 512 {
		rows = transpose16(rows)
	} else {
		rows = transpose8(rows)
	}
	for _, r := range rows {
		v.store(r, Mem{Base: dst}, nil)
		ADDQ(ldd, dst)
	}
	ADDQ(U32(v.bytes()), src)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	Label("done")
	v.end()
}

// quads turns rows into registers 4i+j whose 128-bit lane l holds column
// 4l+j of rows 4i to 4i+3.
func (v vector) quads(rows []reg.VecVirtual) []reg.VecVirtual {
	pairs := make([]reg.VecVirtual, len(rows))
	for i := 0; i < len(rows); i += 2 {
		pairs[i], pairs[i+1] = v.register(), v.register()
		VUNPCKLPS(rows[i+1], rows[i], pairs[i])
		VUNPCKHPS(rows[i+1], rows[i], pairs[i+1])
	}
	quads := make([]reg.VecVirtual, len(rows))
	for i := 0; i < len(rows); i += 4 {
		for j := range 2 {
			low, high := v.register(), v.register()
			VUNPCKLPD(pairs[i+j+2], pairs[i+j], low)
			VUNPCKHPD(pairs[i+j+2], pairs[i+j], high)
			quads[i+2*j], quads[i+2*j+1] = low, high
		}
	}
	return quads
}

func transpose8(rows []reg.VecVirtual) []reg.VecVirtual {
	q := avx2.quads(rows)
	columns := make([]reg.VecVirtual, 8)
	for j := range 4 {
		columns[j], columns[4+j] = YMM(), YMM()
		VPERM2F128(Imm(0x20), q[4+j], q[j], columns[j])
		VPERM2F128(Imm(0x31), q[4+j], q[j], columns[4+j])
	}
	return columns
}

func transpose16(rows []reg.VecVirtual) []reg.VecVirtual {
	q := avx512.quads(rows)
	const even, odd = 0x88, 0xdd // 128-bit lanes of either operand
	// halves gathers lanes of x, then of y.
	halves := func(x, y reg.VecVirtual) (evens, odds reg.VecVirtual) {
		evens, odds = ZMM(), ZMM()
		VSHUFF32X4(Imm(even), y, x, evens)
		VSHUFF32X4(Imm(odd), y, x, odds)
		return evens, odds
	}
	columns := make([]reg.VecVirtual, 16)
	for j := range 4 {
		top02, top13 := halves(q[j], q[4+j])
		low02, low13 := halves(q[8+j], q[12+j])
		columns[j], columns[8+j] = halves(top02, low02)
		columns[4+j], columns[12+j] = halves(top13, low13)
	}
	return columns
}

// copyBlock emits func(dst []float32, ldd int, src []float32, lds, rows, cols int).
func (v vector) copyBlock() {
	TEXT("copyBlock"+v.suffix, NOSPLIT, "func(dst []float32, ldd int, src []float32, lds, rows, cols int)")
	Doc("copyBlock" + v.suffix + " is kernels.copyBlock.")
	dst, src := pointer("dst"), pointer("src")
	ldd, lds := bytes("ldd"), bytes("lds")
	rows := Load(Param("rows"), GP64())
	cols := Load(Param("cols"), GP64())
	mask := v.masks(remainder(cols, v.lanes()), 1)[0]
	TESTQ(rows, rows)
	JZ(LabelRef("done"))
	r := &row{vector: v, left: GP64(), offset: GP64()}
	Label("row")
	MOVQ(cols, r.left)
	XORQ(r.offset, r.offset)
	r.loops = 0
	step := func(u int, mask reg.Register) {
		at := func(p reg.Register) Mem {
			return Mem{Base: p, Index: r.offset, Scale: 1, Disp: u * r.bytes()}
		}
		v.store(v.get(at(src), mask), at(dst), mask)
	}
	r.while("two", 2, step)
	r.while("one", 1, step)
	TESTQ(r.left, r.left)
	JZ(LabelRef("next"))
	step(0, mask)
	Label("next")
	ADDQ(lds, src)
	ADDQ(ldd, dst)
	DECQ(rows)
	JNZ(LabelRef("row"))
	Label("done")
	v.end()
}

// remainder is n modulo a power of two.
func remainder(n reg.Register, of int) reg.Register {
	r := GP64()
	MOVQ(n, r)
	ANDQ(Imm(uint64(of-1)), r)
	return r
}
