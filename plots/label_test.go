package plots

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/plot/vg"
)

// TestPlaceKeepsApart: on random clouds, sparse and crowded, what is shown
// covers neither another tag nor a marker, and no leader runs through a tag.
func TestPlaceKeepsApart(t *testing.T) {
	area := vg.Rectangle{Max: vg.Point{X: 500, Y: 300}}
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 7))
		n := 1 + rng.IntN(40)
		var tags []tag
		var marks []vg.Rectangle
		var lines []segment
		for range n {
			pt := vg.Point{X: vg.Length(rng.Float64()) * 500, Y: vg.Length(rng.Float64()) * 300}
			tags = append(tags, tag{at: pt, r: 4, width: 20 + 60*vg.Length(rng.Float64()), height: 11})
			marks = append(marks, around(pt, 4.5))
			if k := len(tags); k > 1 {
				lines = append(lines, segment{tags[k-2].at, pt})
			}
		}
		spots := place(area, tags, marks, lines)
		shown := 0
		for i, s := range spots {
			if !s.shown {
				continue
			}
			shown++
			if !within(s.box, area) {
				t.Errorf("seed %d: tag %d at %v leaves the plot", seed, i, s.box)
			}
			for _, m := range marks {
				if overlap(s.box, m) {
					t.Errorf("seed %d: tag %d covers a marker", seed, i)
				}
			}
			for j, o := range spots {
				if i == j || !o.shown {
					continue
				}
				if overlap(s.box, o.box) {
					t.Errorf("seed %d: tags %d and %d overlap", seed, i, j)
				}
				if s.leader && cuts(segment{s.from, s.to}, o.box) {
					t.Errorf("seed %d: the leader of tag %d runs through tag %d", seed, i, j)
				}
			}
		}
		if n <= 12 && shown < n-1 {
			t.Errorf("seed %d: only %d of %d tags found a place", seed, shown, n)
		}
		if again := place(area, tags, marks, lines); !slices.Equal(spots, again) {
			t.Errorf("seed %d: the same input gave another picture", seed)
		}
	}
}

func TestPlaceFindsNoRoom(t *testing.T) {
	area := vg.Rectangle{Max: vg.Point{X: 30, Y: 10}}
	pt := vg.Point{X: 15, Y: 5}
	spots := place(area, []tag{{at: pt, r: 4, width: 100, height: 11}}, []vg.Rectangle{around(pt, 4.5)}, nil)
	if spots[0].shown {
		t.Error("a tag wider than the plot was shown")
	}
	if got := place(area, nil, nil, nil); len(got) != 0 {
		t.Errorf("no tags gave %v", got)
	}
}

// TestSpread: heights stay in order, at least one line apart, inside where they
// fit, and do not move where nothing forces them to.
func TestSpread(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 3))
		n := 1 + rng.IntN(20)
		wants := make([]vg.Length, n)
		for i := range wants {
			wants[i] = vg.Length(rng.Float64() * 300)
		}
		slices.Sort(wants)
		const height, lo, hi = 12, 0, 300
		got := spread(wants, height, lo, hi)
		if len(got) != n {
			t.Fatalf("seed %d: %d heights for %d wants", seed, len(got), n)
		}
		for i, y := range got {
			if y < lo+height/2-1e-9 || y > hi-height/2+1e-9 {
				t.Errorf("seed %d: %v is outside", seed, y)
			}
			if i > 0 && y-got[i-1] < height-1e-9 {
				t.Errorf("seed %d: %v and %v are too close", seed, got[i-1], y)
			}
		}
	}
	for _, c := range []struct{ wants, want []vg.Length }{
		{nil, nil},
		{[]vg.Length{50, 100}, []vg.Length{50, 100}},
		{[]vg.Length{50, 50}, []vg.Length{44, 56}},
		{[]vg.Length{50, 54, 100}, []vg.Length{46, 58, 100}},
		{[]vg.Length{0, 0}, []vg.Length{6, 18}},
	} {
		got := spread(c.wants, 12, 0, 300)
		if !slices.EqualFunc(got, c.want, func(a, b vg.Length) bool { return math.Abs(float64(a-b)) < 1e-9 }) {
			t.Errorf("spread(%v) = %v, want %v", c.wants, got, c.want)
		}
	}
}

func TestSegments(t *testing.T) {
	box := vg.Rectangle{Min: vg.Point{X: 1, Y: 1}, Max: vg.Point{X: 3, Y: 2}}
	for _, c := range []struct {
		x0, y0, x1, y1 vg.Length
		want           bool
	}{
		{0, 0, 4, 3, true}, {0, 1.5, 4, 1.5, true}, {2, 1.2, 2.5, 1.7, true}, {2, 5, 2, 0, true},
		{0, 0, 4, 0, false}, {0, 3, 1, 2.5, false}, {5, 0, 5, 4, false}, {0, 0, 0.9, 0.9, false},
	} {
		l := segment{{X: c.x0, Y: c.y0}, {X: c.x1, Y: c.y1}}
		if got := cuts(l, box); got != c.want {
			t.Errorf("cuts(%v) = %v, want %v", l, got, c.want)
		}
		if back := cuts(segment{l[1], l[0]}, box); back != c.want {
			t.Errorf("cuts(%v) depends on its direction", l)
		}
	}
	cross := segment{{X: 0, Y: 0}, {X: 2, Y: 2}}
	if !meet(cross, segment{{X: 0, Y: 2}, {X: 2, Y: 0}}) || meet(cross, segment{{X: 3, Y: 2}, {X: 5, Y: 0}}) {
		t.Error("meet is wrong about crossing or distant segments")
	}
}
