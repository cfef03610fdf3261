package cpu

import "math"

// adamStep holds what an update of Adam has in common for all weights: with
// the gradient g first multiplied by gradScale,
//
//	m ← beta1·m + (1−beta1)·g,  v ← beta2·v + (1−beta2)·g²
//	w ← w − rate·m/(√(v·unbias) + epsilon) − decay·w
type adamStep[T Float] struct {
	gradScale    T // clipping: at most 1
	beta1, beta2 T
	rest1, rest2 T // 1 − beta1 and 1 − beta2
	rate         T // learning rate / (1 − beta1ᵗ)
	unbias       T // 1 / (1 − beta2ᵗ)
	epsilon      T
	decay        T // learning rate × weight decay
}

func adamPortable[T Float](w, g, m, v []T, s *adamStep[T]) {
	for i := range w {
		x := g[i] * s.gradScale
		m[i] = T(s.beta1*m[i]) + T(s.rest1*x)
		v[i] = T(s.beta2*v[i]) + T(s.rest2*T(x*x))
		root := T(math.Sqrt(float64(v[i] * s.unbias)))
		w[i] -= T(s.rate*m[i])/(root+s.epsilon) + T(s.decay*w[i])
	}
}
