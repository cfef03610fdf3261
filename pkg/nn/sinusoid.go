package nn

import (
	"fmt"
	"math"

	"hgbench/pkg/graph"
)

// Sinusoids is a constant table [rows, d] of
//
//	R(p) = [sin(p·w_0) … sin(p·w_{d/2−1}), cos(p·w_0) … cos(p·w_{d/2−1})],  w_m = 10000^(−2m/d)
//
// for the positions p = at(t) of rows t (Dai et al. 2019; halves concatenated,
// not interleaved). Angles are float64 and each element is rounded once. The
// format describes at, so that tables are shared by name if and only if they
// are the same.
func (l *Layers) Sinusoids(rows int, at func(t int) int, format string, args ...any) *graph.Value {
	d := l.Model
	name := fmt.Sprintf("sinusoids[%s, t<%d]×%d", fmt.Sprintf(format, args...), rows, d)
	return l.Constant(name, func(i int) float64 {
		t, m := i/d, i%d
		p := float64(at(t))
		if m < d/2 {
			return math.Sin(p * frequency(m, d))
		}
		return math.Cos(p * frequency(m-d/2, d))
	}, rows, d)
}

// Turns is a constant table [rows, size] of the rotations of rotary positions that
// are step tokens apart, from the first on: the cosines, then the sines, of
// (first + row)·step·w_m with the w_m of heads of so many features.
func (l *Layers) Turns(first, rows, step, size int) *graph.Value {
	name := fmt.Sprintf("turns[%d·(%d+t), t<%d]×%d", step, first, rows, size)
	return l.Constant(name, func(i int) float64 {
		p, m := float64((first+i/size)*step), i%size
		if m < size/2 {
			return math.Cos(p * frequency(m, size))
		}
		return math.Sin(p * frequency(m-size/2, size))
	}, rows, size)
}

func frequency(m, d int) float64 { return math.Pow(10000, -2*float64(m)/float64(d)) }
