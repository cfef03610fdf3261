package results

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// PowerLaw is metric = A · cost^−Alpha, fitted to groups of runs by least squares
// of the logarithms. Over the decade or two of cost that a sweep spans, it cannot
// be told from a law with an irreducible part, so it holds between Low and High
// and says nothing of what is beyond.
type PowerLaw struct {
	A, Alpha  float64
	AlphaErr  float64 // standard error of Alpha
	Points    int     // groups fitted
	Low, High float64 // cost of the cheapest and of the dearest of them

	meanLog, spreadLog float64 // of the logarithms of cost: mean, sum of squares about it
	sigma              float64 // standard deviation of the residuals' logarithms
}

// FitPowerLaw fits y against x over the means of groups, such as those of
// OverSeeds; groups without x or y, or that look ahead, are left out. It is an error if fewer than
// three different costs remain: two points lie on any line.
func FitPowerLaw(groups []Group, x Axis, y Metric) (PowerLaw, error) {
	var xs, ys []float64
	costs := map[float64]bool{}
	for _, g := range groups {
		cost, metric := g.Mean(x.Value), g.Mean(y.Value)
		if cost > 0 && metric > 0 && !g.Leaks() {
			xs, ys = append(xs, math.Log(cost)), append(ys, math.Log(metric))
			costs[cost] = true
		}
	}
	if len(costs) < 3 {
		return PowerLaw{}, fmt.Errorf("power law of %s over %s: %d models at %d different costs, want at least three", y.Name, x.Name, len(xs), len(costs))
	}
	a, slope := stat.LinearRegression(xs, ys, nil, false)
	p := PowerLaw{
		A: math.Exp(a), Alpha: -slope, Points: len(xs),
		Low: math.Exp(floats.Min(xs)), High: math.Exp(floats.Max(xs)),
		meanLog: stat.Mean(xs, nil),
	}
	var squares float64
	for i := range xs {
		p.spreadLog += (xs[i] - p.meanLog) * (xs[i] - p.meanLog)
		residual := ys[i] - a - slope*xs[i]
		squares += residual * residual
	}
	p.sigma = math.Sqrt(squares / float64(len(xs)-2))
	p.AlphaErr = p.sigma / math.Sqrt(p.spreadLog)
	return p, nil
}

// At is the metric that the law gives at a cost.
func (p PowerLaw) At(cost float64) float64 { return p.A * math.Pow(cost, -p.Alpha) }

// Cost at which the law gives a metric: what equal BPC takes.
func (p PowerLaw) Cost(metric float64) float64 { return math.Pow(p.A/metric, 1/p.Alpha) }

// Band is the confidence interval of At at the level Confidence, pointwise, by
// Student's t: where the line may lie, which is narrower than where the next
// model may.
func (p PowerLaw) Band(cost float64) (low, high float64) {
	t := distuv.StudentsT{Sigma: 1, Nu: float64(p.Points - 2)}.Quantile(0.5 + Confidence/2)
	off := math.Log(cost) - p.meanLog
	half := t * p.sigma * math.Sqrt(1/float64(p.Points)+off*off/p.spreadLog)
	return p.At(cost) * math.Exp(-half), p.At(cost) * math.Exp(half)
}

// String gives the exponent with its standard error.
func (p PowerLaw) String() string {
	return fmt.Sprintf("exponent %.3f ± %.3f, %d models", -p.Alpha, p.AlphaErr, p.Points)
}
