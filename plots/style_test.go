package plots

import (
	"fmt"
	"image/color"
	"slices"
	"testing"
)

// TestPaletteContrast: a reader who sees no colour can tell the four systems of
// the main comparison apart twice over, by shape and by lightness, and every
// marker stands out from the paper (WCAG 2.2 wants 3 for graphics).
func TestPaletteContrast(t *testing.T) {
	main := []string{"hourglass", "transformer(relative)", "transformer(full)", "transformer-xl"}
	drawn := looksFor(main)
	for i, a := range main {
		for _, b := range main[i+1:] {
			if c := contrast(drawn[a].color, drawn[b].color); c < 1.4 {
				t.Errorf("%s and %s differ in lightness by %.2f, want 1.4 or more", a, b, c)
			}
			if drawn[a].shape == drawn[b].shape {
				t.Errorf("%s and %s have the same shape", a, b)
			}
		}
	}
	all := slices.Concat(greens, warms)
	for _, s := range main {
		all = append(all, drawn[s])
	}
	for _, c := range kindColors {
		all = append(all, look{color: c})
	}
	for _, l := range all {
		if c := contrast(l.color, paper); c < 3 {
			t.Errorf("%v has a contrast of %.2f with the paper, want 3 or more", l, c)
		}
		if c := contrast(textInk(l.color), paper); c < 4.5 {
			t.Errorf("text of %v has a contrast of %.2f with the paper, want 4.5 or more", l, c)
		}
		if c := contrast(textInk(tone(l.color, 0, 9)), paper); c < 4.5 {
			t.Errorf("text in the lightest shade of %v has a contrast of %.2f", l, c)
		}
	}
	for _, c := range []color.NRGBA{ink, mutedInk, foreign} {
		if got := contrast(c, paper); got < 4.5 {
			t.Errorf("%v has a contrast of %.2f with the paper, want 4.5 or more", c, got)
		}
	}
}

// TestHues: Hourglass is green and baselines are warm, whatever they are called.
func TestHues(t *testing.T) {
	systems := []string{"hourglass", "hourglass(full)", "hourglass(window(64))", "longformer", "performer", "reformer", "sparse", "transformer(full)", "transformer(relative)", "transformer-xl"}
	for i := range 20 { // more than a palette has
		systems = append(systems, fmt.Sprintf("bigbird(%d)", i), fmt.Sprintf("hourglass(lsh(%d))", i))
	}
	drawn := looksFor(systems)
	same := map[look]string{}
	for _, s := range systems {
		l := drawn[s]
		green := l.color.G > l.color.R && l.color.G >= l.color.B
		if want := rank(s) == 0; green != want {
			t.Errorf("%s is %v: green %v, want %v", s, l.color, green, want)
		}
		if l.shape == cross {
			t.Errorf("%s has the marker of what was measured in a process", s)
		}
		if o, ok := same[l]; ok {
			t.Errorf("%s and %s look the same", s, o)
		}
		same[l] = s
	}
	if again := looksFor([]string{"hourglass", "transformer(full)"}); again["transformer(full)"] != drawn["transformer(full)"] {
		t.Error("a system's look depends on what is drawn beside it")
	}
}

// TestTones: the runs of a system go from light to dark.
func TestTones(t *testing.T) {
	c := looks["hourglass"].color
	if tone(c, 0, 1) != c || tone(c, 4, 5) != c {
		t.Error("the darkest shade is not the system's colour")
	}
	for i := range 4 {
		if luminance(tone(c, i, 5)) <= luminance(tone(c, i+1, 5)) {
			t.Errorf("shade %d is not lighter than the next", i)
		}
	}
}
