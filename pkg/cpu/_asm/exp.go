package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// exponential evaluates eˣ = 2ⁿ·eʳ, where n = round(x/ln 2) and |r| ≤ ln 2 / 2,
// with a polynomial for eʳ whose relative error is 1.1e-8 (Chebyshev
// interpolation of (eʳ−1−r)/r²). Results are within 1 ulp, also the denormal
// ones; infinities and NaN are as they should be.
type exponential struct {
	v                             vector
	most, least, log2e, high, low Op
	poly                          []Op
	one                           Op
}

func (v vector) exponential() exponential {
	ln2 := float32(math.Ln2)
	e := exponential{
		v:     v,
		most:  v.constant(89),   // infinite from 88.73 on
		least: v.constant(-104), // 0 below −103.98
		log2e: v.constant(math.Log2E),
		high:  v.constant(float64(ln2)),
		low:   v.constant(math.Ln2 - float64(ln2)),
		one:   v.constant(1),
	}
	for _, c := range []float64{0.0013926213141530752, 0.008363203145563602, 0.041666556149721146, 0.16666576266288757, 0.5} {
		e.poly = append(e.poly, v.constant(c))
	}
	return e
}

// of replaces x by eˣ.
func (e *exponential) of(x reg.VecVirtual) {
	v := e.v
	e.clamp(x)
	n := v.register()
	VMULPS(e.log2e, x, n)
	if v.bits == 512 {
		VRNDSCALEPS(Imm(0), n, n)
	} else {
		VROUNDPS(Imm(0), n, n)
	}
	VFNMADD231PS(e.high, n, x)
	VFNMADD231PS(e.low, n, x)
	p := v.copy(e.poly[0])
	for _, c := range e.poly[1:] {
		VFMADD213PS(c, x, p)
	}
	VFMADD213PS(e.one, x, p)
	VFMADD213PS(e.one, x, p)
	if v.bits == 512 {
		VSCALEFPS(n, p, x)
		return
	}
	// Two factors, as 2ⁿ itself need not be a normal number.
	half := YMM()
	VCVTPS2DQ(n, n)
	VPSRAD(Imm(1), n, half)
	VPSUBD(half, n, n)
	for _, k := range []reg.VecVirtual{half, n} {
		VPSLLD(Imm(23), k, k)
		VPADDD(e.one, k, k) // 1.0 is exponent 127
		VMULPS(k, p, p)
	}
	VMOVAPS(p, x)
}

// clamp limits x; NaN stays, as the result is the first operand then.
func (e *exponential) clamp(x reg.VecVirtual) {
	for _, c := range []struct {
		limit Op
		op    func(x, y, z Op)
	}{
		{e.least, func(x, y, z Op) { VMAXPS(x, y, z) }},
		{e.most, func(x, y, z Op) { VMINPS(x, y, z) }},
	} {
		limit := e.v.inRegister(c.limit)
		c.op(x, limit, x)
	}
}

// copy returns a constant in a register that may be overwritten.
func (v vector) copy(c Op) reg.VecVirtual {
	r := v.register()
	VMOVUPS(c, r)
	return r
}

// inRegister moves a constant to a register if it is not in one.
func (v vector) inRegister(c Op) reg.VecVirtual {
	if r, ok := c.(reg.VecVirtual); ok {
		return r
	}
	return v.copy(c)
}

func (v vector) exp(name string, store bool) {
	signature, length := "x []float32, m float32) float32", "x"
	if store {
		signature, length = "dst, "+signature, "dst"
	}
	r := v.begin(name, signature, name, length)
	var dst reg.Register
	if store {
		dst = pointer("dst")
	}
	x := pointer("x")
	m := v.param("m")
	e := v.exponential()
	sum := v.accumulators(1)
	r.each(1, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		y := v.get(at(x), mask)
		VSUBPS(m, y, y)
		e.of(y)
		if store {
			v.store(y, at(dst), mask)
		}
		v.keep(y, mask)
		VADDPS(y, sum[0], sum[0])
	})
	result(0, v.total(sum))
	v.end()
}
