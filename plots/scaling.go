package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hgbench/results"
)

// Scaling draws validation BPC against what training cost with a power law
// through each system's models (results.FitPowerLaw) and its confidence band. A
// line ends where its system's models do: nothing is extrapolated. Systems with
// fewer than three models have points only.
func Scaling(records []results.Record, cost results.Axis, opts Options) (Figure, error) {
	opts.Published = false
	e, err := newEfficiency(records, cost, opts)
	if err != nil {
		return Figure{}, err
	}
	var xs, ys bounds
	for _, g := range e.groups {
		xs.add(e.at(g).X)
		ys.add(e.at(g).Y)
	}
	sc := scaleOf(cost, xs.hi)
	var bands []band
	var s scatter
	var keys []key
	var without []string
	for _, v := range e.variants {
		l := e.looks[v]
		k := key{name: v, color: l.color, mark: true, shape: l.shape}
		own := slices.DeleteFunc(slices.Clone(e.groups), func(g results.Group) bool { return g.Records[0].Variant() != v })
		law, err := results.FitPowerLaw(own, cost, results.ValidBPC)
		if err != nil {
			without = append(without, v)
		} else {
			b, curve := drawLaw(law, sc.unit, l.color)
			for _, q := range append(b.low, b.high...) {
				ys.add(q.Y)
			}
			bands, s.lines = append(bands, b), append(s.lines, curve)
			k.name, k.line, k.width = v+": "+law.String(), true, curve.style.Width
		}
		keys = append(keys, k)
	}
	if len(bands) == 0 {
		return Figure{}, fmt.Errorf("scaling-vs-%s: no system has three models at different costs, which a line needs; have %s", costName(cost), strings.Join(without, ", "))
	}
	for _, g := range e.byImportance() {
		xy := e.at(g)
		s.marks = append(s.marks, mark{x: xy.X / sc.unit, y: xy.Y, look: e.looks[g.Records[0].Variant()], label: e.names[g.Key], name: g.Key})
	}

	p := newPlot(sc.title, e.yTitle())
	fitLog(&p.X, xs.lo/sc.unit, xs.hi/sc.unit, 0.08, 0.14, 8, sc.format)
	inset(&p.X)
	fitLinear(&p.Y, ys.lo, ys.hi, 0.05, 0.05, 7, nil)
	for _, b := range bands {
		p.Add(b)
	}
	p.Add(s)
	lacking := ""
	if len(without) > 0 {
		lacking = "Fewer than three models, so no line: " + strings.Join(without, ", ") + "."
	}
	return Figure{
		Name:     "scaling-vs-" + costName(cost),
		Title:    "Power laws of validation " + e.records.Bits().Name + " over " + costTitle(cost),
		Subtitle: about(e.records, opts, cost.Unit == "s"),
		Caption: sentences(fmt.Sprintf("Lines by least squares of the logarithms, bands their %.0f %% confidence interval.", 100*results.Confidence),
			lacking, e.out.String()),
		Width: 8, Height: 5.4,
		Panels: [][]*plot.Plot{{p}},
		keys:   keys,
	}, nil
}

// lawPoints is how many points draw a law: few enough for a small file, and
// enough to be smooth.
const lawPoints = 48

// drawLaw gives the band and the line of a law, cost divided by unit.
func drawLaw(law results.PowerLaw, unit float64, c color.NRGBA) (band, line) {
	b := band{color: color.NRGBA{c.R, c.G, c.B, 0x2a}} // see-through: bands lie over each other
	l := line{style: draw.LineStyle{Color: c, Width: vg.Points(1.5)}}
	for i := range lawPoints {
		cost := law.Low * math.Pow(law.High/law.Low, float64(i)/(lawPoints-1))
		low, high := law.Band(cost)
		b.low = append(b.low, plotter.XY{X: cost / unit, Y: low})
		b.high = append(b.high, plotter.XY{X: cost / unit, Y: high})
		l.points = append(l.points, plotter.XY{X: cost / unit, Y: law.At(cost)})
	}
	return b, l
}

// band is the area between two lines over the same x.
type band struct {
	low, high plotter.XYs
	color     color.NRGBA
}

// Plot implements plot.Plotter.
func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	var outline []vg.Point
	for _, q := range b.high {
		outline = append(outline, vg.Point{X: x(q.X), Y: y(q.Y)})
	}
	for _, q := range slices.Backward(b.low) {
		outline = append(outline, vg.Point{X: x(q.X), Y: y(q.Y)})
	}
	c.FillPolygon(b.color, c.ClipPolygonXY(outline))
}
