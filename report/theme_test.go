package report

import (
	"fmt"
	"image/color"
	"regexp"
	"strings"
	"testing"

	"hgbench/plots"
	"hgbench/results"
)

// contrast of two colours, 1 to 21 (WCAG 2.2).
func contrast(a, b color.NRGBA) float64 {
	luminance := func(c color.NRGBA) float64 {
		return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B) + 0.05
	}
	x, y := luminance(a), luminance(b)
	return max(x, y) / min(x, y)
}

// Whatever system is drawn, it can be seen on a dark page as on a light one.
func TestDarkColors(t *testing.T) {
	var records results.Records
	for _, system := range []string{"hourglass", "transformer", "transformer-xl"} {
		for i := range 8 {
			r := record(model{system, "1@1", 1e6, 1e6, 2, 1})
			r.Spec = fmt.Appendf(nil, `{"model":{"system":%q,"attention":"window(%d)"}}`, system, i)
			records = append(records, r)
		}
	}
	records = append(records, synthetic(models...)...)
	white := color.NRGBA{0xff, 0xff, 0xff, 0xff}
	paper := dark(white)
	colors := plots.Colors(records)
	for _, kind := range kindColors {
		c, err := parseColor(kind)
		if err != nil {
			t.Fatal(err)
		}
		colors["memory "+kind] = c
	}
	for name, c := range colors {
		if got := contrast(dark(c), paper); got < 3 {
			t.Errorf("%s is %s on a dark page, of contrast %.1f", name, formatColor(dark(c)), got)
		}
		if got := contrast(c, white); got < 2.9 {
			t.Errorf("%s is %s on a light page, of contrast %.1f", name, formatColor(c), got)
		}
	}
	for _, ink := range []string{"#262626", "#5f5f5f"} {
		c, _ := parseColor(ink)
		if got := contrast(dark(c), paper); got < 6 {
			t.Errorf("text of %s is %s on a dark page, of contrast %.1f", ink, formatColor(dark(c)), got)
		}
	}
	if want := "--card: light-dark(#ffffff, " + formatColor(paper) + ");"; !strings.Contains(pageCSS, want) {
		t.Errorf("cards and figures differ on a dark page; want %s", want)
	}
}

func TestOklab(t *testing.T) {
	for r := 0; r < 256; r += 15 {
		for g := 0; g < 256; g += 15 {
			for b := 0; b < 256; b += 15 {
				want := color.NRGBA{uint8(r), uint8(g), uint8(b), 0xff}
				got, ok := fromOklab(oklab(want))
				if !ok || got != want {
					t.Fatalf("%v comes back as %v, %v", want, got, ok)
				}
			}
		}
	}
}

// The style sheet has a class for whatever the page's figures name.
func TestClasses(t *testing.T) {
	page := newPage(t, synthetic(models...), Options{})
	used := regexp.MustCompile(`<(?:path|text|circle) [^>]*class="(f[0-9a-z]+)"`).FindAllStringSubmatch(page, -1)
	if len(used) < 100 {
		t.Fatalf("%d styles", len(used))
	}
	for _, u := range used {
		if !strings.Contains(page, "\n."+u[1]+"{") && !strings.Contains(page, ">."+u[1]+"{") {
			t.Errorf("class %s has no style", u[1])
		}
	}
	if !strings.Contains(page, "light-dark(#005f2d,") {
		t.Error("Hourglass is not green")
	}
}
