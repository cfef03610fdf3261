package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vector is an instruction set as the generators see it: the same program is
// emitted for 256-bit and for 512-bit registers.
type vector struct {
	bits   int
	suffix string
	rows   int // height of the GEMM micro-tile
}

var (
	avx512 = vector{bits: 512, suffix: "AVX512", rows: 14}
	avx2   = vector{bits: 256, suffix: "AVX2", rows: 6}
)

func (v vector) lanes() int { return v.bits / 32 }
func (v vector) bytes() int { return v.bits / 8 }

func (v vector) register() reg.VecVirtual {
	if v.bits == 512 {
		return ZMM()
	}
	return YMM()
}

func (v vector) zero(r reg.VecVirtual) {
	if v.bits == 512 {
		VPXORD(r, r, r)
		return
	}
	VXORPS(r, r, r)
}

// load reads lanes of m; those outside mask are 0 and not touched in memory.
func (v vector) load(m Mem, r reg.VecVirtual, mask reg.Register) {
	switch {
	case mask == nil:
		VMOVUPS(m, r)
	case v.bits == 512:
		VMOVUPS_Z(m, mask, r)
	default:
		VMASKMOVPS(m, mask, r)
	}
}

func (v vector) store(r reg.VecVirtual, m Mem, mask reg.Register) {
	switch {
	case mask == nil:
		VMOVUPS(r, m)
	case v.bits == 512:
		VMOVUPS(r, mask, m)
	default:
		VMASKMOVPS(r, mask, m)
	}
}

// masks returns masks for n registers that together hold the first count
// (at most n×lanes) elements.
func (v vector) masks(count reg.Register, n int) []reg.Register {
	masks := make([]reg.Register, n)
	if v.bits == 512 {
		// (1 << count) − 1, sixteen bits a register.
		bits := GP64()
		MOVQ(I64(-1), bits)
		BZHIQ(count, bits, bits)
		for j := range masks {
			k := K()
			KMOVW(bits.As32(), k)
			masks[j] = k
			if j+1 < n {
				SHRQ(Imm(16), bits)
			}
		}
		return masks
	}
	// A window of eight into eight ones followed by zeros.
	window, left := GP64(), GP64()
	MOVQ(count, left)
	zero, eight := GP64(), GP64()
	XORQ(zero, zero)
	MOVQ(U64(8), eight)
	for j := range masks {
		clamped := GP64()
		MOVQ(left, clamped)
		CMPQ(clamped, zero)
		CMOVQLT(zero, clamped)
		CMPQ(clamped, eight)
		CMOVQGT(eight, clamped)
		LEAQ(v.window(), window)
		SHLQ(Imm(2), clamped)
		SUBQ(clamped, window)
		m := YMM()
		VMOVUPS(Mem{Base: window, Disp: 32}, m)
		masks[j] = m
		SUBQ(Imm(8), left)
	}
	return masks
}

var maskWindow *Mem

// window is the table of eight all-ones words, then eight zeros.
func (v vector) window() Mem {
	if maskWindow == nil {
		m := GLOBL("lanes"+v.suffix, RODATA|NOPTR)
		for i := range 16 {
			word := U32(0)
			if i < 8 {
				word = 0xffffffff
			}
			DATA(4*i, word)
		}
		maskWindow = &m
	}
	return *maskWindow
}

// align starts the next instruction at a multiple of n bytes.
func align(n uint64) {
	Instruction(&ir.Instruction{Opcode: "PCALIGN", Operands: []Op{Imm(n)}})
}

func (v vector) end() {
	VZEROUPPER()
	RET()
}
