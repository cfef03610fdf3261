package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// linear emits the functions of attentionRows that linear attention alone uses.
func (v vector) linear() {
	v.dotRows()
	v.axpyRows()
	v.shift()
}

func (v vector) dotRows() {
	b := v.beginBlock("dotRows", "dst []float32, x []float32, ldx int, y []float32, ldy int", "dot")
	dst, x, y := b.column("dst"), b.matrix("x", "ldx"), b.matrix("y", "ldy")
	b.eachRow(func() {
		b.restart()
		acc := v.accumulators(2)
		b.each(2, func(u int, at func(reg.Register) Mem, mask reg.Register) {
			VFMADD231PS(v.get(at(x), mask), v.get(at(y), mask), acc[u])
		})
		VMOVSS(v.total(acc), Mem{Base: dst})
	})
}

func (v vector) shift() {
	TEXT("shift"+v.suffix, NOSPLIT, "func(dst, x []float32, a float32)")
	Doc("shift" + v.suffix + " is attentionRows.shift.")
	r := &row{vector: v, left: GP64(), offset: GP64()}
	r.rewind("dst")
	dst, x, a := pointer("dst"), pointer("x"), v.param("a")
	r.each(4, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		y := v.get(at(x), mask)
		VADDPS(a, y, y)
		v.store(y, at(dst), mask)
	})
	v.end()
}
