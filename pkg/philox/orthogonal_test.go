package philox

import (
	"math"
	"testing"
)

func TestOrthogonal(t *testing.T) {
	const rows, cols = 21, 8
	x := New(1, 2).Orthogonal(3, rows, cols)
	for i := range rows {
		for j := range rows {
			sum := 0.0
			for e := range cols {
				sum += x[i*cols+e] * x[j*cols+e]
			}
			if i/cols == j/cols && i != j && math.Abs(sum) > 1e-12 {
				t.Errorf("rows %d and %d: %g, want a right angle", i, j, sum)
			}
			if i == j && (sum < 1 || sum > 30) {
				t.Errorf("row %d has length² %g, want about %d", i, sum, cols)
			}
		}
	}
	if y := New(1, 2).Orthogonal(4, rows, cols); y[0] == x[0] {
		t.Error("another step draws the same")
	}
}
