package cpu

import (
	"math"
	"unsafe"
)

// exp is eˣ: math.Exp for float64, and for float32 correct to half a unit in
// the last place and a little, computed in float64 without anything that
// differs between architectures.
func exp[T Float](x T) T {
	if unsafe.Sizeof(x) == 8 {
		return T(math.Exp(float64(x)))
	}
	return T(exp32(float64(x)))
}

// exp32 is eˣ with a relative error below 2⁻³⁰, for results in float32. It
// reduces x to r = x − n·ln 2 with |r| ≤ ln 2 / 2 and sums the series of eʳ.
func exp32(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > 100:
		return math.Inf(1)
	case x < -150:
		return 0
	}
	n := math.Floor(float64(x*math.Log2E) + 0.5)
	r := x - float64(n*math.Ln2)
	p := 0.0
	for _, c := range expSeries {
		p = float64(p*r) + c
	}
	return p * math.Float64frombits(uint64(int64(n)+1023)<<52)
}

// expSeries holds 1/9!, 1/8!, … 1/0!.
var expSeries = [...]float64{1. / 362880, 1. / 40320, 1. / 5040, 1. / 720, 1. / 120, 1. / 24, 1. / 6, 1. / 2, 1, 1}

func expPortable[T Float](dst, x []T, m T) T {
	var s T
	for i := range dst {
		dst[i] = exp(x[i] - m)
		s += dst[i]
	}
	return s
}

func expSumPortable[T Float](x []T, m T) T {
	var s T
	for _, x := range x {
		s += exp(x - m)
	}
	return s
}
