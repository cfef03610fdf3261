package philox

import "math"

// Orthogonal returns a random matrix [rows, cols], row-major, for random
// features: its rows come in blocks of cols that are at right angles to each
// other, and each is as long as a vector of cols standard normal numbers would
// be (Choromanski et al. 2021, section 2.4).
func (s Stream) Orthogonal(step uint64, rows, cols int) []float64 {
	out := make([]float64, rows*cols)
	for i := range out {
		out[i] = s.Normal(step, uint64(i))
	}
	dot := func(a, b []float64) (sum float64) {
		for i, x := range a {
			sum += float64(x * b[i]) // never fused: the same bits everywhere
		}
		return sum
	}
	for i := range rows {
		row := out[i*cols : (i+1)*cols]
		length := math.Sqrt(dot(row, row))
		for range 2 { // once leaves what rounding does
			for j := i / cols * cols; j < i; j++ {
				other := out[j*cols : (j+1)*cols]
				share := dot(row, other) / dot(other, other)
				for e := range row {
					row[e] -= float64(share * other[e])
				}
			}
		}
		scale := length / math.Sqrt(dot(row, row))
		for e := range row {
			row[e] *= scale
		}
	}
	return out
}
