package nn

import (
	"fmt"
	"testing"

	"hgbench/pkg/graph"
)

// patternCase is a pattern with its definition.
type patternCase struct {
	pattern graph.Pattern
	heads   int
	sees    func(head, i, j int) bool // of j ≤ i
}

func patternCases() map[string]patternCase {
	all := map[string]patternCase{}
	for _, l := range []int{1, 2, 7, 24, 37} {
		for _, w := range []int{1, 3, 40} {
			dilations := []int{1, 1, 3, 50}
			all[fmt.Sprintf("window %d %d", l, w)] = patternCase{WindowPattern(l, w, dilations), 4, func(h, i, j int) bool {
				return (i-j)%dilations[h] == 0 && i-j <= w*dilations[h]
			}}
			all[fmt.Sprintf("window %d %d alike", l, w)] = patternCase{WindowPattern(l, w, []int{2, 2}), 2, func(_, i, j int) bool {
				return (i-j)%2 == 0 && i-j <= 2*w
			}}
		}
		for _, n := range []int{1, 4, 5, 60} {
			for before := range 3 {
				all[fmt.Sprintf("local %d %d %d", l, n, before)] = patternCase{LocalPattern(l, n, before), 1, func(_, i, j int) bool {
					return i/n-j/n <= before
				}}
			}
			near := func(i, j int) bool { return i-j < n }
			far := func(i, j int) bool { return (i-j)%n == 0 }
			all[fmt.Sprintf("strided %d %d split", l, n)] = patternCase{StridedPattern(l, 3, n, true), 3, func(h, i, j int) bool {
				return h == 0 && near(i, j) || h > 0 && far(i, j)
			}}
			all[fmt.Sprintf("strided %d %d merged", l, n)] = patternCase{StridedPattern(l, 2, n, false), 2, func(h, i, j int) bool {
				return near(i, j) || far(i, j)
			}}
		}
		for _, c := range [][3]int{{6, 2, 3}, {6, 2, 1}, {6, 6, 1}, {5, 1, 2}, {80, 10, 8}} {
			block, summary, distinct := c[0], c[1], c[2]
			own := func(i, j int) bool { return i/block == j/block }
			far := func(h, j int) bool {
				h %= distinct
				return block-(h+1)*summary <= j%block && j%block < block-h*summary
			}
			all[fmt.Sprint("fixed merged ", l, c)] = patternCase{FixedPattern(l, 4, block, summary, distinct, false), 4, func(h, i, j int) bool {
				return own(i, j) || far(h, j)
			}}
			all[fmt.Sprint("fixed split ", l, c)] = patternCase{FixedPattern(l, 4, block, summary, distinct, true), 4, func(h, i, j int) bool {
				return h < 2 && own(i, j) || h >= 2 && far(h, j)
			}}
		}
		for _, c := range [][3]int{{4, 1, 1}, {4, 0, 2}, {5, 2, 0}, {1, 1, 1}, {50, 1, 1}} {
			block, b := c[0], BigBird{Window: c[1], Global: c[2]}
			blocks := (l + block - 1) / block
			for h := range uint64(2) {
				b.Random = append(b.Random, b.draw(blocks, 2, 1, h))
			}
			for _, last := range []bool{false, true} {
				b := b
				b.LastSeesAll = last
				all[fmt.Sprint("bigbird ", l, c, last)] = patternCase{BigBirdPattern(l, block, b), 2, func(h, i, j int) bool {
					q, k := i/block, j/block
					sees := k < b.Global || k >= q-b.Window || b.LastSeesAll && q == blocks-1
					for _, r := range b.Random[h][q] {
						sees = sees || r == k
					}
					return sees
				}}
			}
		}
	}
	return all
}

// Patterns show what their definition says, once, and each pair's row of the
// relative table is the one for its distance.
func TestPatterns(t *testing.T) {
	for name, c := range patternCases() {
		l := c.pattern.Queries
		for h := range c.heads {
			seen := map[[2]int]bool{}
			for _, p := range c.pattern.Parts {
				for i := range p.QCount {
					lo, hi := p.Keys(i)
					for j := lo; j < hi && p.Of(h); j++ {
						query, key := p.QStart+i*p.QStep, p.KStart+j*p.KStep
						if seen[[2]int{query, key}] {
							t.Fatalf("%s: head %d: two parts have query %d and key %d", name, h, query, key)
						}
						seen[[2]int{query, key}] = true
						if row := p.RelStart + p.RelStep*(j-i); row < 0 || row-(c.pattern.Rel-1) != key-query {
							t.Fatalf("%s: query %d, key %d: row %d of %d", name, query, key, row, c.pattern.Rel)
						}
					}
				}
			}
			for i := range l {
				for j := range l {
					if want := j <= i && c.sees(h, i, j); seen[[2]int{i, j}] != want {
						t.Fatalf("%s: head %d: query %d sees key %d: %v", name, h, i, j, !want)
					}
				}
			}
		}
	}
}

// Random blocks are of the past, neither near nor global, no two the same, as
// many as there can be, and those of a longer sequence begin as those of a
// shorter one.
func TestRandomBlocks(t *testing.T) {
	b := BigBird{Window: 2, Global: 1}
	long := b.draw(40, 3, 7, 9)
	for a, drawn := range long {
		seen := map[int]bool{}
		for _, k := range drawn {
			if k < b.Global || k >= a-b.Window || seen[k] {
				t.Errorf("block %d sees %v", a, drawn)
			}
			seen[k] = true
		}
		if want := min(3, max(0, a-b.Window-b.Global)); len(drawn) != want {
			t.Errorf("block %d: %d random blocks, want %d", a, len(drawn), want)
		}
	}
	if short := b.draw(17, 3, 7, 9); fmt.Sprint(short) != fmt.Sprint(long[:17]) {
		t.Error("what is drawn depends on the length")
	}
	if other := b.draw(40, 3, 7, 10); fmt.Sprint(other) == fmt.Sprint(long) {
		t.Error("heads draw the same")
	}
}
