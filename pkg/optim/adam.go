package optim

import "math"

// Adam is what graph.Adam is told at each step.
type Adam struct {
	Schedule
	Beta1, Beta2 float64
}

// Hyper at a step, counted from 0: the learning rate, and the bias corrections
// 1−β₁ᵗ and 1−β₂ᵗ with t = step+1 (Kingma and Ba 2015, algorithm 1).
func (a Adam) Hyper(step int) [3]float64 {
	t := float64(step + 1)
	return [3]float64{a.Rate(step), 1 - math.Pow(a.Beta1, t), 1 - math.Pow(a.Beta2, t)}
}
