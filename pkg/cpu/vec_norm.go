package cpu

import "math"

func layerNormPortable[T Float](y, x, scale, bias []T, epsilon T) (mean, rstd T) {
	n := T(len(x))
	mean = sumPortable(x) / n
	var s T
	for _, x := range x {
		s += T((x - mean) * (x - mean))
	}
	rstd = 1 / T(math.Sqrt(float64(s/n+epsilon)))
	normalizePortable(y, x, scale, bias, mean, rstd)
	return mean, rstd
}

func normalizePortable[T Float](y, x, scale, bias []T, mean, rstd T) {
	for i := range y {
		y[i] = T(T((x[i]-mean)*rstd)*scale[i]) + bias[i]
	}
}

func layerNormGradPortable[T Float](dx, dy, x, scale, dscale, dbias, acc []T, mean, rstd T) {
	var sumG, sumGX T
	for i, d := range dy {
		xhat := (x[i] - mean) * rstd
		g := T(d * scale[i])
		sumG += g
		sumGX += T(g * xhat)
		dscale[i] += T(d * xhat)
		dbias[i] += d
	}
	n := T(len(dy))
	meanG, meanGX := sumG/n, sumGX/n
	for i := range dx {
		xhat := (x[i] - mean) * rstd
		d := T(dy[i]*scale[i]) - meanG - T(xhat*meanGX)
		if acc == nil {
			dx[i] = rstd * d
		} else {
			dx[i] = acc[i] + T(rstd*d)
		}
	}
}
