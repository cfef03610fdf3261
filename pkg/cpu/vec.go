package cpu

import "math"

// A product is written T(x*y) before it is added to something, here and in all
// portable kernels, so that no compiler fuses the two: the bits would differ
// from one architecture to the next.

func addPortable[T Float](dst, x, y []T) {
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func add3Portable[T Float](dst, x, y, z []T) {
	for i := range dst {
		dst[i] = x[i] + y[i] + z[i]
	}
}

func axpyPortable[T Float](dst, x []T, a T) {
	for i := range dst {
		dst[i] += T(a * x[i])
	}
}

func scalePortable[T Float](dst, x []T, a T) {
	for i := range dst {
		dst[i] = a * x[i]
	}
}

func sumPortable[T Float](x []T) T {
	var s T
	for _, x := range x {
		s += x
	}
	return s
}

func dotPortable[T Float](x, y []T) T {
	var s T
	for i := range x {
		s += T(x[i] * y[i])
	}
	return s
}

func maxPortable[T Float](x []T) T {
	m := T(math.Inf(-1))
	for _, x := range x {
		if x > m {
			m = x
		}
	}
	return m
}

func reluPortable[T Float](y, x []T) {
	for i := range y {
		y[i] = max(x[i], 0)
	}
}

func reluGradPortable[T Float](dx, dy, x []T) {
	for i := range dx {
		if x[i] > 0 {
			dx[i] = dy[i]
		} else {
			dx[i] = 0
		}
	}
}
