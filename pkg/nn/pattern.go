package nn

import "hgbench/pkg/graph"

// selfPattern collects the parts of a pattern in which length positions attend
// to themselves and to those before, at distances of up to reach. Row t of its
// relative table stands for the distance t−reach.
type selfPattern struct {
	graph.Pattern
	length, reach int
}

func newSelfPattern(length, reach int) *selfPattern {
	reach = min(reach, length-1)
	return &selfPattern{graph.Pattern{Queries: length, Keys: length, Rel: reach + 1}, length, reach}
}

// heads are a range of them: so many from the first on; 0 are all.
type heads struct{ first, count int }

// progression lets the positions first, first + step, … see themselves and those
// before: up to window keys (0: all), counted without the own position unless
// self.
func (s *selfPattern) progression(of heads, first, step, window int, self bool) {
	n := (s.length - first + step - 1) / step
	p := graph.Part{
		QStart: first, QStep: step, QCount: n, KStart: first, KStep: step, KCount: n,
		Window: window, RelStart: s.reach, RelStep: step, Head: of.first, Heads: of.count,
	}
	if !self {
		p.Diagonal = -1
	}
	s.Parts = append(s.Parts, p)
}

// span lets the positions of [q0, q1) see those of [k0, k1) that are not later
// than they are. What lies beyond the sequence is cut off.
func (s *selfPattern) span(of heads, q0, q1, k0, k1 int) {
	q1, k1 = min(q1, s.length), min(k1, s.length)
	if q0 >= q1 || k0 >= k1 || k0 >= q1 {
		return
	}
	p := graph.Part{
		QStart: q0, QStep: 1, QCount: q1 - q0, KStart: k0, KStep: 1, KCount: k1 - k0,
		RelStart: s.reach + k0 - q0, RelStep: 1, Head: of.first, Heads: of.count,
	}
	p.Diagonal = min(q0-k0, p.KCount) // beyond the keys all see all
	s.Parts = append(s.Parts, p)
}
