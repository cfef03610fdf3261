package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func (v vector) scaleRows() {
	b := v.beginBlock("scaleRows", "dst []float32, ldd int, x []float32, ldx int, a []float32", "scale")
	b.multiples(2, b.inOrder("dst", "ldd"), b.inOrder("x", "ldx"), b.factors("a"), product)
}

func (v vector) axpyRows() {
	b := v.beginBlock("axpyRows", "dst []float32, ldd int, x []float32, ldx int, a []float32", "axpy")
	b.multiples(2, b.inOrder("dst", "ldd"), b.inOrder("x", "ldx"), b.factors("a"), sum)
}

func (v vector) gatherRows() {
	b := v.beginBlock("gatherRows", "dst []float32, ldd int, x []float32, ldx int, list []int32, a float32", "gather")
	b.multiples(4, b.inOrder("dst", "ldd"), b.chosen("x", "ldx"), b.factor("a"), product)
}

func (v vector) scatterRows() {
	b := v.beginBlock("scatterRows", "dst []float32, ldd int, list []int32, x []float32, ldx int, a []float32", "scatter")
	b.multiples(4, b.chosen("dst", "ldd"), b.inOrder("x", "ldx"), b.factors("a"), product)
}

func (v vector) scatterAddRows() {
	b := v.beginBlock("scatterAddRows", "dst []float32, ldd int, list []int32, x []float32, ldx int, a float32", "scatterAdd")
	b.multiples(4, b.chosen("dst", "ldd"), b.inOrder("x", "ldx"), b.factor("a"), sum)
}

// multiples makes rows of dst from multiples of rows of x, with so many vectors
// at a time. dst, x and a say where they are in the row that is on.
func (b *block) multiples(unroll int, dst, x func() reg.Register, a func() reg.VecVirtual,
	become func(v vector, a reg.VecVirtual, x, dst Mem, mask reg.Register) reg.VecVirtual) {
	b.eachRow(func() {
		dst, x := dst(), x()
		b.restart()
		a := a()
		b.each(unroll, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
			b.store(become(b.vector, a, at(x), at(dst), mask), at(dst), mask)
		})
	})
}

// product is a·x.
func product(v vector, a reg.VecVirtual, x, _ Mem, mask reg.Register) reg.VecVirtual {
	y := v.get(x, mask)
	VMULPS(a, y, y)
	return y
}

// sum is dst + a·x.
func sum(v vector, a reg.VecVirtual, x, dst Mem, mask reg.Register) reg.VecVirtual {
	y := v.get(dst, mask)
	VFMADD231PS(v.get(x, mask), a, y)
	return y
}

// inOrder is a matrix whose rows are taken one after the other.
func (b *block) inOrder(slice, stride string) func() reg.Register {
	row := b.matrix(slice, stride)
	return func() reg.Register { return row }
}

// chosen is a matrix whose rows are those that the list names, in its order.
func (b *block) chosen(slice, stride string) func() reg.Register {
	base, bytes, list := pointer(slice), bytes(stride), b.column("list")
	return func() reg.Register {
		row := GP64()
		MOVLQSX(Mem{Base: list}, row)
		IMULQ(bytes, row)
		ADDQ(base, row)
		return row
	}
}

// factor is a parameter: one for all rows.
func (b *block) factor(name string) func() reg.VecVirtual {
	a := b.param(name)
	return func() reg.VecVirtual { return a }
}

// factors are a slice: one for each row.
func (b *block) factors(slice string) func() reg.VecVirtual {
	all := b.column(slice)
	return func() reg.VecVirtual {
		a := b.register()
		VBROADCASTSS(Mem{Base: all}, a)
		return a
	}
}
