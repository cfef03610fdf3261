package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vec emits the functions of rows.
func (v vector) vec() {
	v.add()
	v.add3()
	v.scale()
	v.axpy()
	v.sum()
	v.dot()
	v.max()
	v.relu()
	v.reluGrad()
	v.exp("exp", true)
	v.exp("expSum", false)
	v.gelu()
	v.geluGrad("geluGrad", false)
	v.geluGrad("geluBoth", true)
	v.layerNorm()
	v.normalize()
	v.layerNormGrad()
	v.adam()
}

func (v vector) add() {
	r := v.begin("add", "dst, x, y []float32)", "add", "dst")
	dst, x, y := pointer("dst"), pointer("x"), pointer("y")
	r.each(4, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		a, b := v.get(at(x), mask), v.get(at(y), mask)
		VADDPS(b, a, a)
		v.store(a, at(dst), mask)
	})
	v.end()
}

func (v vector) add3() {
	r := v.begin("add3", "dst, x, y, z []float32)", "add3", "dst")
	dst, x, y, z := pointer("dst"), pointer("x"), pointer("y"), pointer("z")
	r.each(2, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		a, b, c := v.get(at(x), mask), v.get(at(y), mask), v.get(at(z), mask)
		VADDPS(b, a, a)
		VADDPS(c, a, a)
		v.store(a, at(dst), mask)
	})
	v.end()
}

func (v vector) scale() {
	r := v.begin("scale", "dst, x []float32, a float32)", "scale", "dst")
	dst, x := pointer("dst"), pointer("x")
	a := v.param("a")
	r.each(4, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		y := v.get(at(x), mask)
		VMULPS(a, y, y)
		v.store(y, at(dst), mask)
	})
	v.end()
}

func (v vector) axpy() {
	r := v.begin("axpy", "dst, x []float32, a float32)", "axpy", "dst")
	dst, x := pointer("dst"), pointer("x")
	a := v.param("a")
	r.each(4, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		y, d := v.get(at(x), mask), v.get(at(dst), mask)
		VFMADD231PS(a, y, d)
		v.store(d, at(dst), mask)
	})
	v.end()
}

func (v vector) sum() {
	r := v.begin("sum", "x []float32) float32", "sum", "x")
	x := pointer("x")
	acc := v.accumulators(4)
	r.each(4, func(u int, at func(reg.Register) Mem, mask reg.Register) {
		VADDPS(v.get(at(x), mask), acc[u], acc[u])
	})
	result(0, v.total(acc))
	v.end()
}

func (v vector) dot() {
	r := v.begin("dot", "x, y []float32) float32", "dot", "x")
	x, y := pointer("x"), pointer("y")
	acc := v.accumulators(4)
	r.each(4, func(u int, at func(reg.Register) Mem, mask reg.Register) {
		VFMADD231PS(v.get(at(x), mask), v.get(at(y), mask), acc[u])
	})
	result(0, v.total(acc))
	v.end()
}

func (v vector) max() {
	r := v.begin("max", "x []float32) float32", "max", "x")
	x := pointer("x")
	least := v.broadcast(math.Inf(-1))
	acc := v.accumulators(4)
	for _, a := range acc {
		VMOVAPS(least, a)
	}
	r.each(4, func(u int, at func(reg.Register) Mem, mask reg.Register) {
		y := v.get(at(x), mask)
		v.fill(y, mask, least)
		VMAXPS(acc[u], y, acc[u]) // the first operand where either is NaN
	})
	result(0, v.fold(acc, func(x, y, dst Op) { VMAXPS(x, y, dst) }))
	v.end()
}

func (v vector) relu() {
	r := v.begin("relu", "y, x []float32)", "relu", "y")
	y, x := pointer("y"), pointer("x")
	zero := v.accumulators(1)[0]
	r.each(4, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		a := v.get(at(x), mask)
		VMAXPS(a, zero, a) // the first operand where it is NaN
		v.store(a, at(y), mask)
	})
	v.end()
}

func (v vector) reluGrad() {
	r := v.begin("reluGrad", "dx, dy, x []float32)", "reluGrad", "dx")
	dx, dy, x := pointer("dx"), pointer("dy"), pointer("x")
	zero := v.accumulators(1)[0]
	const less = 1 // ordered
	r.each(2, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		a, d := v.get(at(x), mask), v.get(at(dy), mask)
		if v.bits == 512 {
			positive := K()
			VCMPPS(Imm(less), a, zero, positive)
			v.keep(d, positive)
		} else {
			VCMPPS(Imm(less), a, zero, a)
			VANDPS(a, d, d)
		}
		v.store(d, at(dx), mask)
	})
	v.end()
}

func (v vector) normalize() {
	r := v.begin("normalize", "y, x, scale, bias []float32, mean, rstd float32)", "normalize", "y")
	r.normal(v.param("mean"), v.param("rstd"))
	v.end()
}

// normal emits y = (x − mean)·rstd·scale + bias.
func (r *row) normal(mean, rstd reg.VecVirtual) {
	y, x, scale, bias := pointer("y"), pointer("x"), pointer("scale"), pointer("bias")
	r.each(2, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		a, s, b := r.get(at(x), mask), r.get(at(scale), mask), r.get(at(bias), mask)
		VSUBPS(mean, a, a)
		VMULPS(rstd, a, a)
		VFMADD213PS(b, s, a)
		r.store(a, at(y), mask)
	})
}

// count is the length of the row as a float32 in lane 0.
func count(slice string) reg.VecVirtual {
	n := XMM()
	VXORPS(n, n, n)
	VCVTSI2SSQ(Load(Param(slice).Len(), GP64()), n, n)
	return n
}

func (v vector) layerNorm() {
	r := v.begin("layerNorm", "y, x, scale, bias []float32, epsilon float32) (mean, rstd float32)", "layerNorm", "x")
	x := pointer("x")
	acc := v.accumulators(4)
	r.each(4, func(u int, at func(reg.Register) Mem, mask reg.Register) {
		VADDPS(v.get(at(x), mask), acc[u], acc[u])
	})
	s := v.total(acc)
	n := count("x")
	VDIVSS(n, s, s)
	result(0, s)
	mean := v.spread(s)

	r.rewind("x")
	acc = v.accumulators(4)
	r.each(4, func(u int, at func(reg.Register) Mem, mask reg.Register) {
		a := v.get(at(x), mask)
		VSUBPS(mean, a, a)
		v.keep(a, mask)
		VFMADD231PS(a, a, acc[u])
	})
	s = v.total(acc)
	VDIVSS(n, s, s)
	epsilon, err := Param("epsilon").Resolve()
	if err != nil {
		panic(err)
	}
	VADDSS(epsilon.Addr, s, s)
	VSQRTSS(s, s, s)
	one := v.broadcast(1).AsX()
	VDIVSS(s, one, s)
	result(1, s)
	r.rewind("x")
	r.normal(mean, v.spread(s))
	v.end()
}

func (v vector) layerNormGrad() {
	r := v.begin("layerNormGrad", "dx, dy, x, scale, dscale, dbias, acc []float32, mean, rstd float32)", "layerNormGrad", "x")
	dx, dy, x, scale, dscale, dbias, onto := pointer("dx"), pointer("dy"), pointer("x"), pointer("scale"), pointer("dscale"), pointer("dbias"), pointer("acc")
	mean, rstd := v.param("mean"), v.param("rstd")
	acc := v.accumulators(4)
	r.each(2, func(u int, at func(reg.Register) Mem, mask reg.Register) {
		a, d := v.get(at(x), mask), v.get(at(dy), mask)
		VSUBPS(mean, a, a)
		VMULPS(rstd, a, a)
		ds, db, g := v.get(at(dscale), mask), v.get(at(dbias), mask), v.get(at(scale), mask)
		VFMADD231PS(a, d, ds)
		v.store(ds, at(dscale), mask)
		VADDPS(d, db, db)
		v.store(db, at(dbias), mask)
		VMULPS(d, g, g)
		VADDPS(g, acc[u], acc[u])
		VFMADD231PS(a, g, acc[2+u])
	})
	n := count("x")
	g, gx := v.total(acc[:2]), v.total(acc[2:])
	VDIVSS(n, g, g)
	VDIVSS(n, gx, gx)
	meanG, meanGX := v.spread(g), v.spread(gx)

	TESTQ(dx, dx)
	JZ(LabelRef("done"))
	r.rewind("x")
	TESTQ(onto, onto)
	JZ(LabelRef("overwrite"))
	for _, accumulate := range []bool{true, false} {
		if !accumulate {
			Label("overwrite")
		}
		r.each(2, func(u int, at func(reg.Register) Mem, mask reg.Register) {
			a, d, s := v.get(at(x), mask), v.get(at(dy), mask), v.get(at(scale), mask)
			VSUBPS(mean, a, a)
			VMULPS(rstd, a, a)
			VFMSUB213PS(meanG, s, d)   // dy·scale − mean(g)
			VFNMADD231PS(meanGX, a, d) // − x̂·mean(g·x̂)
			if accumulate {
				o := v.get(at(onto), mask)
				VFMADD213PS(o, rstd, d)
			} else {
				VMULPS(rstd, d, d)
			}
			v.store(d, at(dx), mask)
		})
		if accumulate {
			JMP(LabelRef("done"))
		}
	}
	Label("done")
	v.end()
}

func (v vector) adam() {
	r := v.begin("adam", "w, g, m, v []float32, gradScale, beta1, beta2, rest1, rest2, rate, unbias, epsilon, decay float32)", "adam", "w")
	w, g, m, s := pointer("w"), pointer("g"), pointer("m"), pointer("v")
	gradScale, beta1, beta2, rest1, rest2 := v.param("gradScale"), v.param("beta1"), v.param("beta2"), v.param("rest1"), v.param("rest2")
	rate, unbias, epsilon, decay := v.param("rate"), v.param("unbias"), v.param("epsilon"), v.param("decay")
	r.each(1, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		x, first, second, weight := v.get(at(g), mask), v.get(at(m), mask), v.get(at(s), mask), v.get(at(w), mask)
		VMULPS(gradScale, x, x)
		VMULPS(beta1, first, first)
		VFMADD231PS(rest1, x, first)
		v.store(first, at(m), mask)
		VMULPS(x, x, x)
		VMULPS(beta2, second, second)
		VFMADD231PS(rest2, x, second)
		v.store(second, at(s), mask)
		VMULPS(unbias, second, second)
		VSQRTPS(second, second)
		VADDPS(epsilon, second, second)
		VMULPS(rate, first, first)
		VDIVPS(second, first, first)
		VFMADD231PS(decay, weight, first)
		VSUBPS(first, weight, weight)
		v.store(weight, at(w), mask)
	})
	v.end()
}
