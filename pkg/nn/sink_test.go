package nn

import (
	"testing"

	"hgbench/pkg/graph"
)

// The kind that docs/add-attention.md builds.

// SinkPattern lets position i see the window positions before it, itself, and the first ones.
func SinkPattern(length, window, first int) graph.Pattern {
	s := newSelfPattern(length, length-1) // distances of up to length-1 occur
	s.progression(heads{}, 0, 1, window+1, true)
	for i := window + 1; i < length; i++ { // parts must not overlap
		s.span(heads{}, i, i+1, 0, min(first, i-window))
	}
	return s.Pattern
}

// sink is attention to so many earlier positions, and to the first ones (Xiao et al. 2023).
func sink(p *parameters) Attention {
	window := p.number("window", 1, maxParameter)
	first := p.numberOr("first", 4, 0, maxParameter)
	a := patterned(func(_ int, _ Place, length int) graph.Pattern { return SinkPattern(length, window, first) })
	a.check = func(_, _, length int) error { return within("window", window, length) }
	return a
}

func TestSink(t *testing.T) {
	mask := SinkPattern(6, 1, 2).Mask(0)
	for i := range mask {
		for j, seen := range mask[i] {
			if want := j <= i && (j >= i-1 || j < 2); seen != want {
				t.Errorf("query %d, key %d: %v", i, j, seen)
			}
		}
	}
	if _, ok := any(sink).(func(*parameters) Attention); !ok {
		t.Error("sink is no kind")
	}
}
