package nn

import (
	"fmt"
	"strconv"
	"strings"
)

// Bounds on what a hierarchy may ask for. They are far above any model that
// fits a machine, and keep products of layers and totals far from overflow.
const (
	maxLayers = 10_000
	maxTotal  = 1 << 20
)

// Level is one resolution of a Hierarchy. At level l every position stands
// for Total tokens.
type Level struct {
	Total  int // total shortening, the paper's number after the @; 1 at level 0
	Factor int // shortening factor k from the level above: Total / (its Total); 1 at level 0
	Pre    int // layers before descending; at the innermost level all of its layers
	Post   int // layers after coming back up; 0 at the innermost level
}

// Layers of the level, those before and those after the inner levels.
func (l Level) Layers() int { return l.Pre + l.Post }

// Hierarchy is the shape of an Hourglass model in the notation of Nawrot et
// al. 2021 (arXiv 2110.13711, section 2): terms layers@total, from the first
// layers at full resolution down to the most shortened ones and up again.
// The paper's 5@1,24@3,5@1 has 5 vanilla layers, 24 layers on a sequence
// shortened 3 times, and 5 vanilla layers. A flat Transformer of 12 layers is
// 12@1.
//
// Levels[0] is the full resolution and the last one the most shortened, so a
// model is built by recursing over Levels. A Hierarchy made by ParseHierarchy
// has at least one level and never changes.
type Hierarchy struct {
	Levels []Level
}

// ParseHierarchy reads terms layers@total separated by commas, spaces or both.
//
// The totals must start and end at 1, grow to the middle term, each dividing
// the next, and come back through the same values. Layer counts may differ
// between the two sides, and may be 0. An error says which term is wrong and
// what would be right.
func ParseHierarchy(s string) (Hierarchy, error) {
	terms := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' })
	if len(terms) == 0 {
		return Hierarchy{}, fmt.Errorf(`hierarchy %q: no terms; want layers@total, such as 12@1 or 2@1,8@3,2@1`, s)
	}
	layers := make([]int, len(terms))
	totals := make([]int, len(terms))
	for i, term := range terms {
		before, after, ok := strings.Cut(term, "@")
		if !ok {
			return Hierarchy{}, fmt.Errorf("hierarchy %q: term %q has no @; want layers@total, such as 8@3", s, term)
		}
		var err error
		if layers[i], err = parseCount(before, 0, maxLayers); err != nil {
			return Hierarchy{}, fmt.Errorf("hierarchy %q: term %q: layers: %w", s, term, err)
		}
		if totals[i], err = parseCount(after, 1, maxTotal); err != nil {
			return Hierarchy{}, fmt.Errorf("hierarchy %q: term %q: total shortening: %w", s, term, err)
		}
	}
	if err := checkTotals(terms, totals); err != nil {
		return Hierarchy{}, fmt.Errorf("hierarchy %q: %w", s, err)
	}

	inner := len(terms) / 2
	h := Hierarchy{Levels: make([]Level, inner+1)}
	outer := 1
	for i := range h.Levels {
		h.Levels[i] = Level{Total: totals[i], Factor: totals[i] / outer, Pre: layers[i]}
		if i < inner {
			h.Levels[i].Post = layers[len(layers)-1-i]
		}
		outer = totals[i]
	}
	return h, nil
}

// checkTotals holds the totals to the palindrome 1, …, largest, …, 1.
func checkTotals(terms []string, totals []int) error {
	last := len(totals) - 1
	for _, i := range []int{0, last} {
		if totals[i] != 1 {
			return fmt.Errorf("term %q: the first and the last term must be @1, the full resolution", terms[i])
		}
	}
	for i, j := 0, last; i < j; i, j = i+1, j-1 {
		if totals[i] != totals[j] {
			return fmt.Errorf("terms %q and %q: totals must read the same from both ends, as in 1@1,1@2,2@6,1@2,1@1", terms[i], terms[j])
		}
	}
	if len(totals)%2 == 0 {
		// The two middle totals are equal: one level written as two.
		return fmt.Errorf("terms %q and %q are one level: write them as one term, or put a shortened level between them", terms[last/2], terms[last/2+1])
	}
	for i := 1; i <= last/2; i++ {
		if totals[i] <= totals[i-1] || totals[i]%totals[i-1] != 0 {
			return fmt.Errorf("term %q after %q: a deeper level's total must be a larger multiple of the one above it", terms[i], terms[i-1])
		}
	}
	return nil
}

func parseCount(s string, low, high int) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil || int(n) < low || int(n) > high {
		return 0, fmt.Errorf("%q: want a whole number from %d to %d", s, low, high)
	}
	return int(n), nil
}

// String gives the hierarchy in canonical form, terms separated by commas, so
// that ParseHierarchy(h.String()) is h.
func (h Hierarchy) String() string {
	var b strings.Builder
	term := func(layers, total int) {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%d@%d", layers, total)
	}
	for _, l := range h.Levels {
		term(l.Pre, l.Total)
	}
	for i := len(h.Levels) - 2; i >= 0; i-- {
		term(h.Levels[i].Post, h.Levels[i].Total)
	}
	return b.String()
}

// Flat says whether no level is shortened: the model is a plain Transformer.
func (h Hierarchy) Flat() bool { return len(h.Levels) <= 1 }

// Divisor is the largest total shortening. A length that it divides needs no
// padding at any level.
func (h Hierarchy) Divisor() int {
	if len(h.Levels) == 0 {
		return 1
	}
	return h.Levels[len(h.Levels)-1].Total
}

// Layers is the number of layers at all levels, resampling layers not counted.
func (h Hierarchy) Layers() int {
	n := 0
	for _, l := range h.Levels {
		n += l.Layers()
	}
	return n
}

// Level with that total shortening; false if there is none.
func (h Hierarchy) Level(total int) (Level, bool) {
	for _, l := range h.Levels {
		if l.Total == total {
			return l, true
		}
	}
	return Level{}, false
}

// WithFactor is a two-level hierarchy with another shortening factor, as in
// the paper's shorten-factor dropout. It errors for a hierarchy that has not
// exactly one shortened level, as it would not be clear which factor varies.
func (h Hierarchy) WithFactor(k int) (Hierarchy, error) {
	if len(h.Levels) != 2 {
		return Hierarchy{}, fmt.Errorf("hierarchy %s: want exactly one shortened level to vary its factor, such as 2@1,8@3,2@1", h)
	}
	if k < 2 || k > maxTotal {
		return Hierarchy{}, fmt.Errorf("shortening factor %d: want 2 to %d", k, maxTotal)
	}
	levels := []Level{h.Levels[0], h.Levels[1]}
	levels[1].Total, levels[1].Factor = k, k
	return Hierarchy{Levels: levels}, nil
}
