package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hgbench/results"
)

// ranking draws groups that all cost the same, where an axis of cost would say
// nothing: a row each, the best on top, along an axis of BPC.
type ranking struct {
	groups []results.Group
	looks  map[string]look
}

// rankWidth is where the names of rows are broken into lines.
const rankWidth = vg.Length(230)

// rank draws the panel, and tells how many lines the names of its rows take.
func (e efficiency) rank() (p *plot.Plot, lines int) {
	r := ranking{slices.Clone(e.groups), e.looks}
	slices.SortStableFunc(r.groups, func(a, b results.Group) int {
		if x, y := r.value(a), r.value(b); x != y && x < y {
			return -1
		} else if x != y {
			return 1
		}
		return 0
	})
	p = newPlot(e.yTitle(), "")
	var xs bounds
	var rows plot.ConstantTicks
	names := newPen(labelSize, false, ink)
	for i, g := range r.groups {
		sd := g.SD(results.ValidBPC.Value)
		xs.add(r.value(g), r.value(g)-sd, r.value(g)+sd)
		name := names.wrap(g.Key, rankWidth)
		lines += len(name)
		rows = append(rows, plot.Tick{Value: float64(-i), Label: strings.Join(name, "\n")})
	}
	fitLinear(&p.X, xs.lo, xs.hi, 0.06, 0.24, 7, nil)
	inset(&p.X)
	p.Y.Min, p.Y.Max = float64(-len(r.groups))+0.5, 0.5
	p.Y.Tick.Marker, p.Y.Tick.Length, p.Y.LineStyle.Width = rows, 0, 0
	p.Y.Tick.Label.Font, p.Y.Tick.Label.Color = textFont(labelSize, false), ink
	p.Add(r)
	return p, lines
}

func (r ranking) value(g results.Group) float64 { return g.Mean(results.ValidBPC.Value) }

// Plot implements plot.Plotter.
func (r ranking) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	text := newPen(labelSize, false, mutedInk)
	for i, g := range r.groups {
		v, sd, l := r.value(g), g.SD(results.ValidBPC.Value), r.looks[g.Records[0].Variant()]
		pt := vg.Point{X: x(v), Y: y(float64(-i))}
		value, right := fmt.Sprintf("%.3f", v), pt.X+markRadius
		if !math.IsNaN(sd) {
			value += fmt.Sprintf(" ± %.3f", sd)
			sty := draw.LineStyle{Color: l.color, Width: vg.Points(1)}
			c.StrokeLine2(sty, x(v-sd), pt.Y, x(v+sd), pt.Y)
			right = max(right, x(v+sd))
		}
		drawMark(&c, l.shape, pt, markRadius, l.color, g.Leaks())
		tell(c.Canvas, pt, g.Key, v, float64(i+1))
		text.write(&c, right+5, pt.Y-text.height()/2+text.descent(), value)
	}
}
