package verify

import "math"

// The models once more, written from the equations in straight loops, without
// any code of the engine or the models: docs/verification.md says where the
// equations are from. A sequence is [L][d].

type sequence [][]float64

// plain is weights by name, without shapes.
type plain map[string][]float64

// affine is x·W + b; W [in, out], b nil for none.
func affine(x sequence, w, b []float64) sequence {
	out := make(sequence, len(x))
	for i, row := range x {
		n := len(w) / len(row)
		out[i] = make([]float64, n)
		for j := range n {
			sum := 0.0
			for k, v := range row {
				sum += v * w[k*n+j]
			}
			if b != nil {
				sum += b[j]
			}
			out[i][j] = sum
		}
	}
	return out
}

// dense is affine with weights name.w and name.b.
func (w plain) dense(name string, x sequence) sequence {
	return affine(x, w[name+".w"], w[name+".b"])
}

// normalised is LayerNorm, epsilon inside the root.
func (w plain) normalised(name string, x sequence, epsilon float64) sequence {
	out := make(sequence, len(x))
	for i, row := range x {
		mean, variance := 0.0, 0.0
		for _, v := range row {
			mean += v / float64(len(row))
		}
		for _, v := range row {
			variance += (v - mean) * (v - mean) / float64(len(row))
		}
		out[i] = make([]float64, len(row))
		for j, v := range row {
			out[i][j] = (v-mean)/math.Sqrt(variance+epsilon)*w[name+".scale"][j] + w[name+".bias"][j]
		}
	}
	return out
}

func each(x sequence, f func(float64) float64) sequence {
	out := make(sequence, len(x))
	for i, row := range x {
		for _, v := range row {
			out[i] = append(out[i], f(v))
		}
	}
	return out
}

func fastGelu(x float64) float64 {
	return 0.5 * x * (1 + math.Tanh(0.7978845608*x*(1+0.044715*x*x)))
}

func sum(x, y sequence) sequence {
	out := make(sequence, len(x))
	for i := range x {
		for j := range x[i] {
			out[i] = append(out[i], x[i][j]+y[i][j])
		}
	}
	return out
}

// shiftRight drops the last n positions and puts n zeros in front.
func shiftRight(x sequence, n int) sequence {
	out := make(sequence, len(x))
	for i := range x {
		out[i] = make([]float64, len(x[i]))
		if i >= n {
			copy(out[i], x[i-n])
		}
	}
	return out
}

// sinusoid is R(p) of width d, halves concatenated.
func sinusoid(p float64, d int) []float64 {
	out := make([]float64, d)
	for m := range d / 2 {
		angle := p * math.Pow(10000, -2*float64(m)/float64(d))
		out[m], out[d/2+m] = math.Sin(angle), math.Cos(angle)
	}
	return out
}

// attend is softmax attention of heads of a size. relative, if not nil, gives
// r(i, j) of all heads, and u, v are [H·size].
func attend(q, k, v sequence, heads, size int, sees func(i, j int) bool, relative func(i, j int) []float64, u, vBias []float64) sequence {
	out := make(sequence, len(q))
	for i := range q {
		out[i] = make([]float64, heads*size)
		for h := range heads {
			weights := make([]float64, len(k))
			highest := math.Inf(-1)
			for j := range k {
				weights[j] = math.Inf(-1)
				if !sees(i, j) {
					continue
				}
				score := 0.0
				for c := h * size; c < (h+1)*size; c++ {
					if relative == nil {
						score += q[i][c] * k[j][c]
					} else {
						score += (q[i][c]+u[c])*k[j][c] + (q[i][c]+vBias[c])*relative(i, j)[c]
					}
				}
				weights[j] = score / math.Sqrt(float64(size))
				highest = max(highest, weights[j])
			}
			total := 0.0
			for j := range weights {
				weights[j] = math.Exp(weights[j] - highest)
				total += weights[j]
			}
			for j := range weights {
				for c := h * size; c < (h+1)*size; c++ {
					out[i][c] += weights[j] / total * v[j][c]
				}
			}
		}
	}
	return out
}
