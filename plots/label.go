package plots

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// tag is a text of a given size that wants to stand beside a marker.
type tag struct {
	at     vg.Point
	r      vg.Length // radius of the marker
	width  vg.Length
	height vg.Length
}

// spot is where a tag went. A tag that is far from its marker has a leader
// line from one to the other; one that found no free place is not shown.
type spot struct {
	box    vg.Rectangle
	shown  bool
	leader bool
	from   vg.Point // leader's ends
	to     vg.Point
}

// segment of a line that a tag had better not cover.
type segment [2]vg.Point

const (
	hit       = 1000.0 // cost of lying on a marker or on another tag
	tangle    = 200.0  // cost of a leader over a marker or another leader
	crossing  = 9.0    // cost of lying on a line
	bearable  = 150.0  // a tag that costs more is not shown
	tagGap    = 2.5    // points between a marker and its tag
	leaderGap = 9.0    // from this distance on a leader is drawn
)

// rings are the distances, in points, at which places are tried.
var rings = []vg.Length{0, 5, 12, 20, 30, 42, 56, 72}

// place finds places for tags, the more important first, so that none covers
// another, a marker (marks, with the tags' own) or leaves the bounds. It is
// greedy, then moves single tags while that helps, and gives up on the least
// important of those that still collide, unless that leaves room. No random
// numbers: the same input gives the same picture.
func place(bounds vg.Rectangle, tags []tag, marks []vg.Rectangle, lines []segment) []spot {
	spots := make([]spot, len(tags))
	options := make([][]spot, len(tags))
	base := make([][]float64, len(tags)) // cost but for other tags
	for i, t := range tags {
		for ring := range rings {
			for dir := range 16 {
				s := t.candidate(ring, dir)
				if !within(s.box, bounds) {
					continue
				}
				options[i] = append(options[i], s)
				base[i] = append(base[i], preference(ring, dir)+obstruction(s, t, marks, lines))
			}
		}
	}
	choose := func(i int) (best spot, cost float64) {
		cost = math.Inf(1)
		for k, s := range options[i] {
			c := base[i][k]
			for j := range tags {
				if j == i || !spots[j].shown || c >= cost {
					continue
				}
				c += clash(s, spots[j])
			}
			if c < cost {
				best, cost = s, c
			}
		}
		return best, cost
	}
	for i := range tags {
		spots[i], _ = choose(i)
	}
	for range 8 {
		moved := false
		for i := range tags {
			s, _ := choose(i)
			moved = moved || s != spots[i]
			spots[i] = s
		}
		if !moved {
			break
		}
	}
	settle := func(i int) {
		spots[i].shown = false
		if s, cost := choose(i); cost < bearable {
			spots[i] = s
		}
	}
	for i := range slices.Backward(tags) {
		settle(i)
	}
	for i := range tags { // where others have given up there may be room now
		settle(i)
	}
	return spots
}

// candidate is the tag's place in a direction (sixteenths of a turn) and at a ring.
func (t tag) candidate(ring, dir int) spot {
	sin, cos := math.Sincos(2 * math.Pi * float64(dir) / 16)
	d := t.r + tagGap + rings[ring]
	side := func(v float64) vg.Length { return vg.Length(math.Max(-1, math.Min(1, v*1.5)) / 2) }
	centre := vg.Point{
		X: t.at.X + d*vg.Length(cos) + side(cos)*t.width,
		Y: t.at.Y + d*vg.Length(sin) + side(sin)*t.height,
	}
	s := spot{
		shown: true,
		box: vg.Rectangle{
			Min: vg.Point{X: centre.X - t.width/2, Y: centre.Y - t.height/2},
			Max: vg.Point{X: centre.X + t.width/2, Y: centre.Y + t.height/2},
		},
	}
	s.to = vg.Point{X: clamp(t.at.X, s.box.Min.X, s.box.Max.X), Y: clamp(t.at.Y, s.box.Min.Y, s.box.Max.Y)}
	away := s.to.Sub(t.at)
	if dist := vg.Length(math.Hypot(float64(away.X), float64(away.Y))); dist > t.r+leaderGap {
		s.leader = true
		s.from = t.at.Add(away.Scale((t.r + 1) / dist))
	}
	return s
}

// preference is the cost of a place in an empty plot: near, and beside or above.
func preference(ring, dir int) float64 {
	around := [16]float64{0, 1.5, 1, 2, 1.2, 2.5, 2, 3, 2, 3.5, 3, 3, 2.2, 3, 2, 2.5}
	return 6*float64(ring) + around[dir]
}

func obstruction(s spot, t tag, marks []vg.Rectangle, lines []segment) float64 {
	cost := 0.0
	for _, m := range marks {
		if overlap(s.box, m) {
			cost += hit
		}
		own := m.Min.X < t.at.X && t.at.X < m.Max.X && m.Min.Y < t.at.Y && t.at.Y < m.Max.Y
		if s.leader && !own && cuts(segment{s.from, s.to}, m) {
			cost += tangle
		}
	}
	for _, l := range lines {
		if cuts(l, s.box) {
			cost += crossing
		}
		if s.leader && meet(l, segment{s.from, s.to}) {
			cost += crossing / 3
		}
	}
	return cost
}

// clash is the cost of two tags' places, with their leaders.
func clash(a, b spot) float64 {
	cost := 0.0
	if overlap(a.box, b.box) {
		cost += hit
	}
	if a.leader && cuts(segment{a.from, a.to}, b.box) {
		cost += hit
	}
	if b.leader && cuts(segment{b.from, b.to}, a.box) {
		cost += hit
	}
	if a.leader && b.leader && meet(segment{a.from, a.to}, segment{b.from, b.to}) {
		cost += tangle
	}
	return cost
}

func clamp(v, lo, hi vg.Length) vg.Length { return max(lo, min(v, hi)) }

func within(in, out vg.Rectangle) bool {
	return in.Min.X >= out.Min.X && in.Max.X <= out.Max.X && in.Min.Y >= out.Min.Y && in.Max.Y <= out.Max.Y
}

func overlap(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

// cuts tells whether a segment passes through a box (Liang and Barsky 1984).
func cuts(l segment, b vg.Rectangle) bool {
	t0, t1 := 0.0, 1.0
	d := l[1].Sub(l[0])
	for _, e := range [4][2]vg.Length{
		{-d.X, l[0].X - b.Min.X}, {d.X, b.Max.X - l[0].X},
		{-d.Y, l[0].Y - b.Min.Y}, {d.Y, b.Max.Y - l[0].Y},
	} {
		p, q := float64(e[0]), float64(e[1])
		switch {
		case p == 0:
			if q < 0 {
				return false
			}
		case p < 0:
			t0 = math.Max(t0, q/p)
		default:
			t1 = math.Min(t1, q/p)
		}
	}
	return t0 <= t1
}

// meet tells whether two segments cross.
func meet(a, b segment) bool {
	side := func(l segment, p vg.Point) float64 {
		u, v := l[1].Sub(l[0]), p.Sub(l[0])
		return float64(u.X*v.Y - u.Y*v.X)
	}
	return side(a, b[0])*side(a, b[1]) < 0 && side(b, a[0])*side(b, a[1]) < 0
}

// spread moves the wanted centres of tags of one height apart along a line, as
// little as possible, and keeps them within lo..hi where they fit; wants must
// be sorted upwards.
func spread(wants []vg.Length, height, lo, hi vg.Length) []vg.Length {
	// Pool adjacent violators: neighbours that touch become one block, which
	// stands where its members want to be on average.
	type block struct {
		sum vg.Length // of wants, each less its offset in the block
		n   int
	}
	var blocks []block
	start := func(b block) vg.Length {
		s := b.sum / vg.Length(b.n)
		return max(lo+height/2, min(s, hi-height/2-height*vg.Length(b.n-1)))
	}
	for _, w := range wants {
		blocks = append(blocks, block{w, 1})
		for len(blocks) > 1 {
			a, b := blocks[len(blocks)-2], blocks[len(blocks)-1]
			if start(b) >= start(a)+height*vg.Length(a.n) {
				break
			}
			blocks = append(blocks[:len(blocks)-2], block{a.sum + b.sum - height*vg.Length(a.n*b.n), a.n + b.n})
		}
	}
	out := make([]vg.Length, 0, len(wants))
	for _, b := range blocks {
		for k := range b.n {
			out = append(out, start(b)+height*vg.Length(k))
		}
	}
	return out
}
