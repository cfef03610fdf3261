package graph

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// patterns with their definition: which query sees which key, and the distance
// in positions that a row of the relative table stands for.
func patterns() map[string]struct {
	pattern  Pattern
	sees     func(i, j int) bool
	distance func(i, j int) int // key − query
	first    int                // distance of row 0
} {
	type entry = struct {
		pattern  Pattern
		sees     func(i, j int) bool
		distance func(i, j int) int
		first    int
	}
	all := map[string]entry{}
	for _, l := range []int{1, 2, 7, 12} {
		all[fmt.Sprint("causal ", l)] = entry{Causal(l), func(i, j int) bool { return j <= i }, func(i, j int) int { return j - i }, 1 - l}
		for _, memory := range []int{0, 1, 9} {
			for _, window := range []int{0, 1, 5, 30} {
				all[fmt.Sprint("recurrent ", l, memory, window)] = entry{
					Recurrent(l, memory, window),
					func(i, j int) bool { return j <= i+memory && (window == 0 || j > i+memory-window) },
					func(i, j int) int { return j - memory - i }, 1 - l - memory,
				}
			}
		}
		for _, k := range []int{1, 2, 3} {
			all[fmt.Sprint("shorten ", l, k)] = entry{
				Shorten(l, k), func(i, j int) bool { return j/k <= i }, func(i, j int) int { return j - k*i }, -k * (l - 1),
			}
			all[fmt.Sprint("upsample ", l, k)] = entry{
				Upsample(l, k), func(i, j int) bool { return j <= i/k }, func(i, j int) int { return k*j - i }, 1 - k*l,
			}
		}
	}
	return all
}

func TestPatterns(t *testing.T) {
	for name, c := range patterns() {
		p := c.pattern
		mask := p.Mask(0)
		for q := range p.Queries + 1 {
			var want int64
			for i := range q {
				for j := range p.Keys {
					if mask[i][j] != c.sees(i, j) {
						t.Fatalf("%s: query %d sees key %d: %v", name, i, j, mask[i][j])
					}
					if mask[i][j] {
						want++
					}
				}
			}
			if got := p.Visible(q, 1); got != want {
				t.Errorf("%s: %d pairs of the first %d queries, want %d", name, got, q, want)
			}
		}
	}
}

// The count of pairs is the sum over queries, whatever the band.
func TestVisible(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 5000 {
		part := Part{QStart: rng.IntN(5), QStep: 1 + rng.IntN(3), QCount: rng.IntN(20), KStep: 1, KCount: rng.IntN(20), Diagonal: rng.IntN(60) - 30, Window: max(0, rng.IntN(40)-10)}
		queries := rng.IntN(60)
		var want int64
		for i := range part.QCount {
			if part.QStart+i*part.QStep < queries {
				lo, hi := part.Keys(i)
				want += int64(hi - lo)
			}
		}
		if got := (Pattern{Parts: []Part{part}}).Visible(queries, 3); got != 3*want {
			t.Fatalf("%+v: %d pairs among %d queries, want %d", part, got, queries, 3*want)
		}
	}
}

// After leaves the last queries of a pattern with the keys and the rows of the
// relative table that they had.
func TestPatternAfter(t *testing.T) {
	for name, c := range patterns() {
		p := c.pattern
		whole := p.Mask(0)
		for memory := range p.Queries {
			after := p.After(memory)
			if after.Queries != p.Queries-memory || after.Keys != p.Keys || after.Rel != p.Rel {
				t.Fatalf("%s after %d: %+v", name, memory, after)
			}
			seen := map[[2]int]bool{}
			for _, part := range after.Parts {
				for i := range part.QCount {
					lo, hi := part.Keys(i)
					for j := lo; j < hi; j++ {
						query, key := part.QStart+i*part.QStep, part.KStart+j*part.KStep
						seen[[2]int{query, key}] = true
						if row := part.RelStart + part.RelStep*(j-i); row+c.first != c.distance(query+memory, key) {
							t.Fatalf("%s after %d: query %d, key %d: row %d", name, memory, query, key, row)
						}
					}
				}
			}
			for i := range after.Queries {
				for j := range after.Keys {
					if seen[[2]int{i, j}] != whole[memory+i][j] {
						t.Fatalf("%s after %d: query %d sees key %d: %v", name, memory, i, j, seen[[2]int{i, j}])
					}
				}
			}
		}
	}
}

// Parts are disjoint, and each pair's row of the relative table is the one for
// its distance.
func TestRelativePositionsOfPatterns(t *testing.T) {
	for name, c := range patterns() {
		seen := map[[2]int]bool{}
		for _, part := range c.pattern.Parts {
			for i := range part.QCount {
				lo, hi := part.Keys(i)
				for j := lo; j < hi; j++ {
					query, key := part.QStart+i*part.QStep, part.KStart+j*part.KStep
					if seen[[2]int{query, key}] {
						t.Errorf("%s: two parts have query %d and key %d", name, query, key)
					}
					seen[[2]int{query, key}] = true
					row := part.RelStart + part.RelStep*(j-i)
					if row < 0 || row >= c.pattern.Rel || row+c.first != c.distance(query, key) {
						t.Errorf("%s: query %d, key %d: row %d of %d stands for distance %d, want %d",
							name, query, key, row, c.pattern.Rel, row+c.first, c.distance(query, key))
					}
				}
			}
		}
	}
}
