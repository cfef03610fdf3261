package plots

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// series is a line with markers, and a label at its right end.
type series struct {
	points plotter.XYs
	style  draw.LineStyle // of no width: markers only
	look   look
	radius vg.Length // of the markers; 0: none
	ends   bool      // a marker at the right end only
	hollow bool
	label  string // empty: none
	name   string // in full, told to those who point at its values; empty: not told
}

// chart draws series and writes their labels at the right ends: in the margin,
// moved apart where lines end close together, or, where lines end at different
// x, beside the ends themselves.
type chart struct {
	list []series
}

// setApart dashes the line and empties its markers.
func (s *series) setApart() {
	s.hollow, s.style.Dashes = true, matDashes
}

const endGap = vg.Length(18) // between the end of the lines and the labels

func (ch chart) pen() pen { return newPen(labelSize, false, ink) }

// labelled are the series with a label, the lowest end first.
func (ch chart) labelled() []series {
	var ends []series
	for _, s := range ch.list {
		if s.label != "" && len(s.points) > 0 {
			ends = append(ends, s)
		}
	}
	slices.SortStableFunc(ends, func(a, b series) int { return cmp.Compare(a.end().Y, b.end().Y) })
	return ends
}

func (s series) end() plotter.XY { return s.points[len(s.points)-1] }

// flush tells whether all lines end at about the same x, so that the margin is
// a good place for their labels.
func (ch chart) flush(p *plot.Plot) bool {
	var b bounds
	for _, s := range ch.labelled() {
		b.add(p.X.Norm(s.end().X))
	}
	return b.hi-b.lo < 0.03
}

// GlyphBoxes implements plot.GlyphBoxer: it keeps the margin free for the labels.
func (ch chart) GlyphBoxes(p *plot.Plot) []plot.GlyphBox {
	if !ch.flush(p) {
		return nil
	}
	var widest vg.Length
	for _, s := range ch.labelled() {
		widest = max(widest, ch.pen().width(s.label))
	}
	return []plot.GlyphBox{{X: 1, Rectangle: vg.Rectangle{Max: vg.Point{X: endGap + widest + 2}}}}
}

// height in inches of a figure of its own, with room for its legend and for the
// labels in its margin.
func (ch chart) height(p *plot.Plot, keys []key) float64 {
	if !ch.flush(p) {
		return 5.5
	}
	rows := len(keyRows(keys, 8*vg.Inch-2*margin))
	return math.Max(5, 1.9+0.18*float64(rows)+0.163*float64(len(ch.labelled())))
}

// Plot implements plot.Plotter.
func (ch chart) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	at := func(q plotter.XY) vg.Point { return vg.Point{X: x(q.X), Y: y(q.Y)} }
	var segments []segment
	for _, s := range ch.list {
		pts := make([]vg.Point, len(s.points))
		for i, q := range s.points {
			pts[i] = at(q)
			if i > 0 {
				segments = append(segments, segment{pts[i-1], pts[i]})
			}
		}
		if s.style.Width > 0 {
			c.StrokeLines(s.style, c.ClipLinesXY(pts)...)
		}
	}
	for _, s := range ch.list {
		for i, q := range s.points {
			pt := at(q)
			if c.Contains(pt) {
				tell(c.Canvas, pt, s.name, q.X, q.Y)
			}
			if s.radius > 0 && (!s.ends || i == len(s.points)-1) && c.Contains(pt) {
				drawMark(&c, s.look.shape, pt, s.radius, s.look.color, s.hollow)
			}
		}
	}
	if ch.flush(p) {
		ch.labelMargin(c, at)
	} else {
		ch.labelEnds(c, at, segments)
	}
}

// labelMargin writes the labels into the margin, which height made large enough;
// in a panel of another size the highest ends may go without.
func (ch chart) labelMargin(c draw.Canvas, at func(plotter.XY) vg.Point) {
	p := ch.pen()
	height := p.leading() * 0.95
	lo, hi := c.Min.Y-p.height(), c.Max.Y+p.height()/2 // the legend is above
	ends := ch.labelled()
	ends = ends[:min(len(ends), int((hi-lo)/height))]
	wants := make([]vg.Length, len(ends))
	for i, s := range ends {
		wants[i] = clamp(at(s.end()).Y, c.Min.Y, c.Max.Y)
	}
	for i, y := range spread(wants, height, lo, hi) {
		s := ends[i]
		left := c.Max.X + endGap
		from := vg.Point{X: at(s.end()).X + s.radius + 2, Y: wants[i]}
		c.StrokeLines(leaderStyle(s.look.color), []vg.Point{from, {X: max(from.X, c.Max.X+2), Y: wants[i]}, {X: left - 3, Y: y}})
		p.color = textInk(s.look.color)
		p.write(&c, left, y-p.height()/2+p.descent(), s.label)
	}
}

// labelEnds writes each label beside its line's end.
func (ch chart) labelEnds(c draw.Canvas, at func(plotter.XY) vg.Point, segments []segment) {
	p := ch.pen()
	var tags []tag
	var boxes []vg.Rectangle
	ends := ch.labelled()
	for _, s := range ends {
		pt := at(s.end())
		boxes = append(boxes, around(pt, s.radius+0.5))
		tags = append(tags, tag{at: pt, r: s.radius, width: p.width(s.label) + 2, height: p.height() + 2})
	}
	for i, t := range place(c.Rectangle, tags, boxes, segments) {
		t.write(&c, p, ends[i].look.color, ends[i].label)
	}
}
