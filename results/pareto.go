package results

import (
	"cmp"
	"math"
	"slices"
)

// Frontier returns the done runs that no other beats: at their cost x nothing
// reached a lower y, and nothing reached their y at lower cost. They come
// cheapest first, y strictly falling. Runs without x or y are left out.
func Frontier(records Records, x Axis, y Metric) Records {
	runs := records.Done()
	var front Records
	for _, i := range frontier(runs.values(x.Value), runs.values(y.Value)) {
		front = append(front, runs[i])
	}
	return front
}

// FrontierOfGroups is Frontier over the means of groups, such as those of
// OverSeeds: a frontier over single runs would pick the luckiest seeds. Groups
// that look ahead are left out.
func FrontierOfGroups(groups []Group, x Axis, y Metric) []Group {
	groups = slices.DeleteFunc(slices.Clone(groups), Group.Leaks)
	var xs, ys []float64
	for _, g := range groups {
		xs = append(xs, g.Mean(x.Value))
		ys = append(ys, g.Mean(y.Value))
	}
	var front []Group
	for _, i := range frontier(xs, ys) {
		front = append(front, groups[i])
	}
	return front
}

func (rs Records) values(value func(Record) float64) []float64 {
	vs := make([]float64, len(rs))
	for i, r := range rs {
		vs[i] = value(r)
	}
	return vs
}

// frontier returns the indices of the points that no other dominates, by
// ascending x; of equal points the first.
func frontier(xs, ys []float64) []int {
	var order []int
	for i := range xs {
		if !math.IsNaN(xs[i]) && !math.IsNaN(ys[i]) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(xs[a], xs[b]), cmp.Compare(ys[a], ys[b]))
	})
	lowest := math.Inf(1)
	var front []int
	for _, i := range order {
		if ys[i] < lowest {
			lowest = ys[i]
			front = append(front, i)
		}
	}
	return front
}
