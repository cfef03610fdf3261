package plots

import (
	"image/color"
	"math"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// The colours that are not data.
var (
	paper     = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	ink       = color.NRGBA{0x26, 0x26, 0x26, 0xff} // titles, labels
	mutedInk  = color.NRGBA{0x5f, 0x5f, 0x5f, 0xff} // subtitles, captions, ticks
	gridInk   = color.NRGBA{0xe6, 0xe6, 0xe6, 0xff}
	frameInk  = color.NRGBA{0x8c, 0x8c, 0x8c, 0xff}
	frontInk  = color.NRGBA{0xc9, 0xc9, 0xc9, 0xff} // the frontier over all systems
	foreign   = color.NRGBA{0x76, 0x76, 0x76, 0xff} // published numbers
	alarmInk  = color.NRGBA{0xd7, 0x30, 0x1f, 0xff} // a visible future
	hatchInk  = color.NRGBA{0xee, 0xee, 0xee, 0xff} // what causality forbids
	unseenInk = color.NRGBA{0xfa, 0xf3, 0xe6, 0xff} // what a pattern leaves out
)

// Type sizes in points, at a figure width of 8 inches.
const (
	titleSize   = 14
	textSize    = 11 // axis titles
	tickSize    = 10
	labelSize   = 9.5
	captionSize = 9
)

// look is how a system is drawn. Colour alone is never the difference: within
// a palette every system has a shape of its own, and the four systems of the
// main comparison also have lightnesses a reader without colour can tell
// apart (TestPaletteContrast).
type look struct {
	color color.NRGBA
	shape shape
}

// Hourglass is green and its baselines are warm, as in the paper.
var looks = map[string]look{
	"hourglass":             {color.NRGBA{0x00, 0x5f, 0x2d, 0xff}, circle},
	"transformer(relative)": {color.NRGBA{0xd7, 0x30, 0x1f, 0xff}, square},
	"transformer(full)":     {color.NRGBA{0xdd, 0x7c, 0x12, 0xff}, triangle},
	"transformer-xl":        {color.NRGBA{0x5a, 0x1a, 0x02, 0xff}, diamond},
}

// greens and warms are for systems beyond the four, in the order of their
// names among those drawn together.
var (
	greens = []look{
		{color.NRGBA{0x2f, 0x93, 0x4b, 0xff}, hexagon},
		{color.NRGBA{0x5b, 0x7f, 0x0a, 0xff}, pentagon},
		{color.NRGBA{0x0b, 0x82, 0x7c, 0xff}, star},
		{color.NRGBA{0x12, 0x42, 0x38, 0xff}, wedge},
	}
	warms = []look{
		{color.NRGBA{0xb0, 0x6f, 0x00, 0xff}, wedge},
		{color.NRGBA{0xa0, 0x1c, 0x50, 0xff}, star},
		{color.NRGBA{0xe0, 0x5c, 0x52, 0xff}, pentagon},
		{color.NRGBA{0x7a, 0x2a, 0x0e, 0xff}, square},
		{color.NRGBA{0x93, 0x5a, 0x2c, 0xff}, hexagon},
		{color.NRGBA{0xc2, 0x4a, 0x86, 0xff}, wedge},
		{color.NRGBA{0x74, 0x4f, 0x1d, 0xff}, plus},
		{color.NRGBA{0xe8, 0x53, 0x0e, 0xff}, diamond},
	}
)

// looksFor gives each of the sorted systems its look; the same set gets the
// same looks in every figure.
func looksFor(systems []string) map[string]look {
	out := make(map[string]look, len(systems))
	if p, ok := pairsOf(systems); ok {
		for _, s := range systems {
			out[s] = p.look(s)
		}
		return out
	}
	green, warm := 0, 0
	for _, s := range systems {
		switch l, known := looks[s]; {
		case known:
			out[s] = l
		case strings.HasPrefix(s, "hourglass"):
			out[s] = nth(greens, green)
			green++
		default:
			out[s] = nth(warms, warm)
			warm++
		}
	}
	return out
}

// nth look of a palette. Beyond its end the colours come again, each with another
// shape every time.
func nth(palette []look, i int) look {
	const shapes, step = plus + 1, 2 // without a common divisor
	l := palette[i%len(palette)]
	l.shape = (l.shape + step*shape(i/len(palette))) % shapes
	return l
}

// mix moves a colour towards another by t in 0..1.
func mix(from, to color.NRGBA, t float64) color.NRGBA {
	m := func(a, b uint8) uint8 { return uint8(float64(a)*(1-t) + float64(b)*t + 0.5) }
	return color.NRGBA{m(from.R, to.R), m(from.G, to.G), m(from.B, to.B), 0xff}
}

// tone is the i-th of n shades of a colour, the last being the colour itself:
// how the runs of one system are told apart where each is a line.
func tone(c color.NRGBA, i, n int) color.NRGBA {
	if n < 2 {
		return c
	}
	return mix(c, paper, 0.42*(1-float64(i)/float64(n-1)))
}

// luminance of a colour relative to white's (WCAG 2.2).
func luminance(c color.NRGBA) float64 {
	channel := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(c.R) + 0.7152*channel(c.G) + 0.0722*channel(c.B)
}

// contrast of two colours, 1 to 21 (WCAG 2.2): text wants 4.5, a graphic 3.
func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// textInk is a colour darkened until small text in it is legible.
func textInk(c color.NRGBA) color.NRGBA {
	for t := 0.25; t < 1; t += 0.05 {
		if m := mix(c, ink, t); contrast(m, paper) >= 5.5 {
			return m
		}
	}
	return ink
}

func textFont(size vg.Length, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return f
}

// newPlot is an empty panel in the style of all figures.
func newPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font = textFont(textSize, false)
		a.Label.TextStyle.Color = ink
		a.Label.Padding = vg.Points(4)
		a.Tick.Label.Font = textFont(tickSize, false)
		a.Tick.Label.Color = mutedInk
		a.Tick.LineStyle.Color = frameInk
		a.Tick.LineStyle.Width = vg.Points(0.6)
		a.Tick.Length = vg.Points(4)
		a.LineStyle.Color = frameInk
		a.LineStyle.Width = vg.Points(0.8)
		a.Padding = 0
	}
	p.X.Label.Text, p.Y.Label.Text = x, y
	g := plotter.NewGrid()
	g.Horizontal.Color, g.Vertical.Color = gridInk, gridInk
	g.Horizontal.Width, g.Vertical.Width = vg.Points(0.6), vg.Points(0.6)
	p.Add(g)
	return p
}
