package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// row is a function over the elements of some slices of one length, while it
// is being emitted.
type row struct {
	vector
	left   reg.GPVirtual // elements not yet read
	offset reg.GPVirtual // in bytes, of the next element
	loops  int
}

// begin starts function name+suffix and reads the length of a slice.
func (v vector) begin(name, signature, doc, slice string) *row {
	TEXT(name+v.suffix, NOSPLIT, "func("+signature)
	Doc(name + v.suffix + " is kernels." + doc + ".")
	r := &row{vector: v, left: GP64(), offset: GP64()}
	r.rewind(slice)
	return r
}

// rewind makes the next loop start anew.
func (r *row) rewind(slice string) {
	Load(Param(slice).Len(), r.left)
	XORQ(r.offset, r.offset)
}

func pointer(slice string) reg.Register { return Load(Param(slice).Base(), GP64()) }

// each emits the body for all vectors of the row: unroll at a time, then one at
// a time, then the last elements with a mask. The body reads and writes at
// at(pointer), and knows its place among the unrolled ones.
func (r *row) each(unroll int, body func(u int, at func(reg.Register) Mem, mask reg.Register)) {
	r.loops++
	step := func(u int, mask reg.Register) {
		body(u, func(p reg.Register) Mem {
			return Mem{Base: p, Index: r.offset, Scale: 1, Disp: u * r.bytes()}
		}, mask)
	}
	if unroll > 1 {
		r.while(fmt.Sprintf("loop%dby%d", r.loops, unroll), unroll, step)
	}
	r.while(fmt.Sprintf("loop%dby1", r.loops), 1, step)
	done := fmt.Sprintf("loop%ddone", r.loops)
	TESTQ(r.left, r.left)
	JZ(LabelRef(done))
	step(0, r.masks(r.left, 1)[0])
	Label(done)
}

func (r *row) while(label string, n int, step func(u int, mask reg.Register)) {
	SUBQ(U32(n*r.lanes()), r.left)
	JL(LabelRef(label + "end"))
	Label(label)
	for u := range n {
		step(u, nil)
	}
	ADDQ(U32(n*r.bytes()), r.offset)
	SUBQ(U32(n*r.lanes()), r.left)
	JGE(LabelRef(label))
	Label(label + "end")
	ADDQ(U32(n*r.lanes()), r.left)
}

// get loads a vector into a new register.
func (v vector) get(m Mem, mask reg.Register) reg.VecVirtual {
	x := v.register()
	v.load(m, x, mask)
	return x
}

// keep zeroes the lanes of x outside mask.
func (v vector) keep(x reg.VecVirtual, mask reg.Register) {
	switch {
	case mask == nil:
	case v.bits == 512:
		VMOVAPS_Z(x, mask, x)
	default:
		VANDPS(mask, x, x)
	}
}

// fill sets the lanes of x outside mask to those of y.
func (v vector) fill(x reg.VecVirtual, mask reg.Register, y reg.VecVirtual) {
	switch {
	case mask == nil:
	case v.bits == 512:
		VBLENDMPS(x, y, mask, x)
	default:
		VBLENDVPS(mask, x, y, x)
	}
}

// param broadcasts a float32 or int32 parameter.
func (v vector) param(name string) reg.VecVirtual {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	x := v.register()
	VBROADCASTSS(p.Addr, x)
	return x
}

// constants of the file, by their bits.
var constants = map[uint32]Mem{}

// constant is a vector of x: a register where there are enough of them, and
// memory otherwise.
func (v vector) constant(x float64) Op {
	bits := math.Float32bits(float32(x))
	m, ok := constants[bits]
	if !ok {
		m = GLOBL(fmt.Sprintf("float%08x%s", bits, v.suffix), RODATA|NOPTR)
		for i := range 8 {
			DATA(4*i, U32(bits))
		}
		constants[bits] = m
	}
	if v.bits == 512 {
		z := ZMM()
		VBROADCASTSS(m, z)
		return z
	}
	return m
}

// broadcast is a constant that must be in a register.
func (v vector) broadcast(x float64) reg.VecVirtual {
	c := v.constant(x)
	if z, ok := c.(reg.VecVirtual); ok {
		return z
	}
	y := YMM()
	VMOVUPS(c, y)
	return y
}

// fold combines the lanes of several accumulators into lane 0 of the first,
// in a tree: halves with halves.
func (v vector) fold(acc []reg.VecVirtual, combine func(x, y, dst Op)) reg.Register {
	for n := len(acc); n > 1; n /= 2 {
		for i := range n / 2 {
			combine(acc[i+n/2], acc[i], acc[i])
		}
	}
	x := acc[0]
	if v.bits == 512 {
		high := YMM()
		VEXTRACTF32X8(Imm(1), x, high)
		combine(high, x.AsY(), x.AsY())
	}
	high := XMM()
	if v.bits == 512 {
		VEXTRACTF32X4(Imm(1), x.AsY(), high) // reaches all 32 registers
	} else {
		VEXTRACTF128(Imm(1), x.AsY(), high)
	}
	combine(high, x.AsX(), x.AsX())
	VPERMILPS(Imm(0b01_00_11_10), x.AsX(), high)
	combine(high, x.AsX(), x.AsX())
	VPERMILPS(Imm(0b10_11_00_01), x.AsX(), high)
	combine(high, x.AsX(), x.AsX())
	return x.AsX()
}

// total is fold by addition.
func (v vector) total(acc []reg.VecVirtual) reg.Register {
	return v.fold(acc, func(x, y, dst Op) { VADDPS(x, y, dst) })
}

// accumulators are n registers of zeros.
func (v vector) accumulators(n int) []reg.VecVirtual {
	acc := make([]reg.VecVirtual, n)
	for i := range acc {
		acc[i] = v.register()
		v.zero(acc[i])
	}
	return acc
}

// spread broadcasts lane 0.
func (v vector) spread(x reg.Register) reg.VecVirtual {
	y := v.register()
	VBROADCASTSS(x, y)
	return y
}

// result stores lane 0 of x as result i.
func result(i int, x reg.Register) {
	p, err := ReturnIndex(i).Resolve()
	if err != nil {
		panic(err)
	}
	VMOVSS(x, p.Addr)
}
