package cpu

import "hgbench/pkg/graph"

func rotary[T Float](op graph.Rotary) kernel {
	return kernel{bind: func(m *memory) []phase {
		x, table, y := in[T](m, 0), in[T](m, 1), out[T](m, 0)
		shape, d := m.node.Inputs[0].Shape, m.node.Inputs[1].Cols()
		steps, width := shape[1], shape[2]
		return []phase{rowwise(len(x)/width, func(_ *worker, lo, hi int) {
			for row := lo; row < hi; row++ {
				cos := table[row%steps*d:][:d/2]
				sin := table[row%steps*d+d/2:][:d/2]
				for at := row * width; at < (row+1)*width; at += d {
					turn(y[at:at+d], x[at:at+d], cos, sin, op.Inverse)
				}
			}
		})}
	}}
}

// turn rotates the pairs (m, m + d/2) of one head; y may be x.
func turn[T Float](y, x, cos, sin []T, inverse bool) {
	half := len(cos)
	x1, x2, y1, y2 := x[:half], x[half:], y[:half], y[half:]
	for m, c := range cos {
		s := sin[m]
		if inverse {
			s = -s
		}
		a, b := x1[m], x2[m]
		y1[m] = T(a*c) - T(b*s)
		y2[m] = T(b*c) + T(a*s)
	}
}
