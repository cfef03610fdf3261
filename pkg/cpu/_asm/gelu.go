package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Constants of vec_gelu.go.
const (
	geluLinear = 2 * 0.7978845608
	geluCubic  = geluLinear * 0.044715
	geluLimit  = 22
)

// sigmoid evaluates what GELU and its derivative share.
type sigmoid struct {
	v                         vector
	e                         exponential
	least, linear, cubic, one Op
}

func (v vector) sigmoid() sigmoid {
	return sigmoid{v, v.exponential(), v.constant(-geluLimit), v.constant(-geluLinear), v.constant(-geluCubic), v.constant(1)}
}

// of clamps x from below and returns x², e⁻²ᵘ and σ(2u).
func (s *sigmoid) of(x reg.VecVirtual) (square, e, sigma reg.VecVirtual) {
	v := s.v
	square, e, sigma = v.register(), v.copy(s.cubic), v.register()
	VMAXPS(x, v.inRegister(s.least), x)
	VMULPS(x, x, square)
	VFMADD213PS(s.linear, square, e)
	VMULPS(x, e, e)
	s.e.of(e)
	one := v.inRegister(s.one)
	VADDPS(e, one, sigma)
	VDIVPS(sigma, one, sigma)
	return square, e, sigma
}

func (v vector) gelu() {
	r := v.begin("gelu", "y, x []float32)", "gelu", "y")
	y, x := pointer("y"), pointer("x")
	s := v.sigmoid()
	r.each(1, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		a := v.get(at(x), mask)
		_, _, sigma := s.of(a)
		VMULPS(sigma, a, a)
		v.store(a, at(y), mask)
	})
	v.end()
}

func (v vector) geluGrad(name string, both bool) {
	signature := "dx, dy, x []float32)"
	if both {
		signature = "dx, y, dy, x []float32)"
	}
	r := v.begin(name, signature, name, "dx")
	dx, dy, x := pointer("dx"), pointer("dy"), pointer("x")
	var y reg.Register
	if both {
		y = pointer("y")
	}
	s := v.sigmoid()
	linear, cubic := v.constant(geluLinear), v.constant(3*geluCubic)
	most, huge := v.constant(geluLimit), v.constant(math.MaxFloat32)
	r.each(1, func(_ int, at func(reg.Register) Mem, mask reg.Register) {
		a := v.get(at(x), mask)
		d := v.get(at(dy), mask)
		square, e, sigma := s.of(a)
		// x is clamped from above only here, so that y = x where x is large.
		c := v.register()
		VMULPS(sigma, a, c)
		if both {
			v.store(c, at(y), mask)
		}
		limit := v.inRegister(most)
		VMINPS(a, limit, a)
		VMULPS(a, a, square)
		VMULPS(sigma, a, a)
		VMINPS(e, v.inRegister(huge), e) // e·σ = 1−σ
		VMULPS(sigma, e, e)
		VMULPS(e, a, a)
		slope := v.copy(cubic)
		VFMADD213PS(linear, square, slope)
		VFMADD213PS(sigma, slope, a)
		VMULPS(d, a, a)
		v.store(a, at(dx), mask)
	})
	v.end()
}
