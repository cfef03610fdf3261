package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemm emits the micro-kernel
//
//	func(tiles, rows, cols, k int, a []float32, rsA, csA int, b []float32, ldb int, c []float32, ldc int, accumulate bool)
//
// which computes `tiles` blocks of rows×cols elements of C, one below the
// other. The accumulators of a block stay in registers for all of k, and every
// element is one chain of fused multiply-adds.
//
// With ahead it also prefetches, at every step of k, what lies aheadA elements
// after the elements of A that it reads, and a row of x as long as one of B.
func (v vector) gemm(ahead bool) {
	name, more := "gemm", ""
	if ahead {
		name, more = "gemmAhead", ", aheadA int, x []float32, ldx int"
	}
	TEXT(name+v.suffix, NOSPLIT, "func(tiles, rows, cols, k int, a []float32, rsA, csA int, b []float32, ldb int, c []float32, ldc int, accumulate bool"+more+")")
	Doc(name + v.suffix + " is kernels." + name + ".")

	g := gemmRegisters{v: v, ahead: ahead}
	g.a = pointer("a")
	g.b = GP64()
	g.c = pointer("c")
	g.row = bytes("rsA")
	g.row3, g.row5 = GP64(), GP64()
	LEAQ(Mem{Base: g.row, Index: g.row, Scale: 2}, g.row3)
	LEAQ(Mem{Base: g.row, Index: g.row, Scale: 4}, g.row5)
	g.step = bytes("csA")
	g.ldb = bytes("ldb")
	g.tiles = argument("tiles")
	ldc := bytes("ldc")
	g.ldc = argument("ldc")
	MOVQ(ldc, g.ldc)
	if ahead {
		g.aheadA, g.x, g.ldx = bytes("aheadA"), GP64(), bytes("ldx")
	}

	rows := Load(Param("rows"), GP64())
	cols := Load(Param("cols"), GP64())
	if v.bits == 512 {
		g.masks = v.masks(cols, 2)
		CMPQ(cols, Imm(uint64(v.lanes())))
		JLE(LabelRef("narrow"))
		g.blocks(rows, "rows", v.rows, 2)
		Label("narrow")
		g.blocks(rows, "narrow", v.rows, 1)
		return
	}
	CMPQ(cols, Imm(uint64(2*v.lanes())))
	JNE(LabelRef("edge"))
	g.blocks(rows, "rows", v.rows, 2)
	Label("edge")
	g.masks = v.masks(cols, 2)
	g.blocks(rows, "edge", edgeRows, 2)
}

// blocks emits the code for blocks of 1 to most rows, so many registers wide, and
// the choice.
func (g *gemmRegisters) blocks(rows reg.Register, label string, most, width int) {
	g.width = width
	for r := most; r > 1; r-- {
		CMPQ(rows, Imm(uint64(r)))
		JEQ(LabelRef(fmt.Sprintf("%s%d", label, r)))
	}
	for r := 1; r <= most; r++ {
		g.block(r, fmt.Sprintf("%s%d", label, r))
	}
}

// edgeRows is the height of AVX2 blocks whose columns are masked: the masks
// take registers from the accumulators.
const edgeRows = 4

// bytes loads a stride given in elements, as bytes.
func bytes(param string) reg.GPVirtual {
	r := GP64()
	Load(Param(param), r)
	SHLQ(Imm(2), r)
	return r
}

// argument is the place of a parameter, to be counted down where it is when
// registers are short.
func argument(name string) Mem {
	p, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return p.Addr
}

type gemmRegisters struct {
	v               vector
	a, b, c         reg.Register
	row, row3, row5 reg.GPVirtual
	step, ldb       reg.GPVirtual
	masks           []reg.Register
	tiles, ldc      Mem
	width           int // registers of a row of a block

	ahead          bool
	aheadA, x, ldx reg.Register
}

// at addresses row i of a strided operand; above row 6 it counts from row 7.
func (g *gemmRegisters) at(base, base7 reg.Register, i int) Mem {
	if i >= 7 {
		base, i = base7, i-7
	}
	switch i {
	case 0:
		return Mem{Base: base}
	case 3:
		return Mem{Base: base, Index: g.row3, Scale: 1}
	case 5:
		return Mem{Base: base, Index: g.row5, Scale: 1}
	case 6:
		return Mem{Base: base, Index: g.row3, Scale: 2}
	}
	return Mem{Base: base, Index: g.row, Scale: uint8(i)}
}

// block emits the loop over tiles of one height.
func (g *gemmRegisters) block(rows int, label string) {
	v := g.v
	acc := make([][]reg.VecVirtual, rows)
	for i := range acc {
		acc[i] = g.wide()
	}

	Label(label)
	accumulate, c := GP64(), GP64()
	MOVQ(g.c, c)
	Load(Param("b").Base(), g.b)
	if g.ahead {
		Load(Param("x").Base(), g.x)
	}
	Load(Param("accumulate"), accumulate.As8())
	TESTB(accumulate.As8(), accumulate.As8())
	JNZ(LabelRef(label + "load"))
	for i := range acc {
		for j := range g.width {
			v.zero(acc[i][j])
			PREFETCHT0(Mem{Base: c, Disp: j * v.bytes()})
		}
		ADDQ(g.ldc, c)
	}
	JMP(LabelRef(label + "start"))
	Label(label + "load")
	for i := range acc {
		for j := range g.width {
			v.load(Mem{Base: c, Disp: j * v.bytes()}, acc[i][j], g.mask(j))
		}
		ADDQ(g.ldc, c)
	}

	Label(label + "start")
	a := GP64()
	MOVQ(g.a, a)
	a7 := GP64()
	if rows > 7 {
		LEAQ(Mem{Base: a, Index: g.row, Scale: 2}, a7)
		ADDQ(g.row5, a7)
	}
	k := GP64()
	Load(Param("k"), k)
	TESTQ(k, k)
	JZ(LabelRef(label + "store"))
	align(32)
	Label(label + "k")
	b := g.wide()
	for j := range b {
		v.load(Mem{Base: g.b, Disp: j * v.bytes()}, b[j], g.mask(j))
	}
	for i := range rows {
		x := v.register()
		VBROADCASTSS(g.at(a, a7, i), x)
		for j := range g.width {
			VFMADD231PS(b[j], x, acc[i][j])
		}
	}
	if g.ahead {
		PREFETCHT1(Mem{Base: a, Index: g.aheadA, Scale: 1})
		for at := 0; at < g.width*v.bytes(); at += 64 {
			PREFETCHT1(Mem{Base: g.x, Disp: at})
		}
		ADDQ(g.ldx, g.x)
	}
	ADDQ(g.ldb, g.b)
	ADDQ(g.step, a)
	if rows > 7 {
		ADDQ(g.step, a7)
	}
	DECQ(k)
	JNZ(LabelRef(label + "k"))
	Label(label + "store")
	for i := range acc {
		for j := range g.width {
			v.store(acc[i][j], Mem{Base: g.c, Disp: j * v.bytes()}, g.mask(j))
		}
		ADDQ(g.ldc, g.c)
	}
	next := GP64()
	IMUL3Q(Imm(uint64(rows)), g.row, next)
	ADDQ(next, g.a)
	DECQ(g.tiles)
	JNZ(LabelRef(label))
	v.end()
}

// wide returns the registers of a row.
func (g *gemmRegisters) wide() []reg.VecVirtual {
	r := make([]reg.VecVirtual, g.width)
	for j := range r {
		r[j] = g.v.register()
	}
	return r
}

func (g *gemmRegisters) mask(j int) reg.Register {
	if g.masks == nil {
		return nil
	}
	return g.masks[j]
}
