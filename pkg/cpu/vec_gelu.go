package cpu

import "math"

// The tanh form of GELU: 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), where
// √(2/π) is written 0.7978845608 as in Trax's FastGelu. Since 0.5·(1 + tanh(u))
// = 1/(1 + exp(−2u)), it is x·σ(2u), which loses no digits where GELU is
// nearly 0:
//
//	2u = x·(geluLinear + geluCubic·x²)
//
// In float32, every instruction set is within 2.5e-7·max(1, |y|) of it, and
// within 5e-7 of its derivative.
const (
	geluLinear = 2 * 0.7978845608
	geluCubic  = geluLinear * 0.044715

	// From here on σ(2u) is 1 in either precision, or so small that x·σ is
	// less than the smallest float32; infinities are clamped to it.
	geluLimit = 22
)

// gelu returns x·σ(2u), σ(2u) and 1−σ(2u) = exp(−2u)·σ(2u).
func gelu[T Float](x T) (y, sigma, rest T) {
	c := max(x, -geluLimit)
	u := c * (geluLinear + T(geluCubic*T(c*c)))
	e := exp(-u)
	sigma = 1 / (1 + e)
	return c * sigma, sigma, min(e, math.MaxFloat32) * sigma
}

// geluDerivative is σ + x·σ·(1−σ)·(2u)′.
func geluDerivative[T Float](x, sigma, rest T) T {
	x = min(max(x, -geluLimit), geluLimit)
	slope := geluLinear + T(3*geluCubic*T(x*x))
	return sigma + T(T(T(x*sigma)*rest)*slope)
}

func geluPortable[T Float](y, x []T) {
	for i := range y {
		y[i], _, _ = gelu(x[i])
	}
}

func geluGradPortable[T Float](dx, dy, x []T) {
	for i := range dx {
		_, sigma, rest := gelu(x[i])
		dx[i] = dy[i] * geluDerivative(x[i], sigma, rest)
	}
}

func geluBothPortable[T Float](dx, y, dy, x []T) {
	for i := range dx {
		x := x[i]
		z, sigma, rest := gelu(x)
		dx[i], y[i] = dy[i]*geluDerivative(x, sigma, rest), z
	}
}
