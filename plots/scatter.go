package plots

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// mark is a labelled point, with a bar from lo to hi where they differ.
type mark struct {
	x, y   float64
	lo, hi float64
	look   look
	hollow bool
	label  string
	name   string // in full, told to those who point at it; empty: not told
}

// line joins points of the plot.
type line struct {
	points plotter.XYs
	style  draw.LineStyle
}

// scatter draws lines, bars, markers and labels, the labels where they cover
// none of the others. Marks come in the order of their labels' importance.
type scatter struct {
	lines []line
	marks []mark
}

// Plot implements plot.Plotter.
func (s scatter) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	at := func(q plotter.XY) vg.Point { return vg.Point{X: x(q.X), Y: y(q.Y)} }
	var segments []segment
	for _, l := range s.lines {
		pts := make([]vg.Point, len(l.points))
		for i, q := range l.points {
			pts[i] = at(q)
			if i > 0 {
				segments = append(segments, segment{pts[i-1], pts[i]})
			}
		}
		c.StrokeLines(l.style, c.ClipLinesXY(pts)...)
	}

	pen := newPen(labelSize, false, ink)
	var tags []tag
	var boxes []vg.Rectangle
	for _, m := range s.marks {
		pt := at(plotter.XY{X: m.x, Y: m.y})
		if m.hi > m.lo {
			top, bottom := y(m.hi), y(m.lo)
			sty := draw.LineStyle{Color: m.look.color, Width: vg.Points(1)}
			c.StrokeLine2(sty, pt.X, bottom, pt.X, top)
			c.StrokeLine2(sty, pt.X-2.5, bottom, pt.X+2.5, bottom)
			c.StrokeLine2(sty, pt.X-2.5, top, pt.X+2.5, top)
			boxes = append(boxes, vg.Rectangle{Min: vg.Point{X: pt.X - 3, Y: bottom}, Max: vg.Point{X: pt.X + 3, Y: top}})
		}
		boxes = append(boxes, around(pt, markRadius+0.5))
		tags = append(tags, tag{at: pt, r: markRadius, width: pen.width(m.label) + 2, height: pen.height() + 2})
	}
	spots := place(c.Rectangle, tags, boxes, segments)
	for i := len(s.marks) - 1; i >= 0; i-- { // the important ones on top
		m := s.marks[i]
		drawMark(&c, m.look.shape, tags[i].at, markRadius, m.look.color, m.hollow)
		tell(c.Canvas, tags[i].at, m.name, m.x, m.y)
	}
	for i, t := range spots {
		if !t.shown {
			miss(c.Canvas, s.marks[i].name)
		}
		t.write(&c, pen, s.marks[i].look.color, s.marks[i].label)
	}
}

// write draws a tag's text in the colour of its marker, with its leader.
func (t spot) write(c *draw.Canvas, p pen, col color.NRGBA, text string) {
	if !t.shown {
		return
	}
	if t.leader {
		c.StrokeLines(leaderStyle(col), []vg.Point{t.from, t.to})
	}
	p.color = textInk(col)
	p.write(c, t.box.Min.X+1, t.box.Min.Y+1+p.descent(), text)
}

func leaderStyle(c color.NRGBA) draw.LineStyle {
	return draw.LineStyle{Color: mix(c, paper, 0.4), Width: vg.Points(0.6)}
}

func around(pt vg.Point, r vg.Length) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: pt.X - r, Y: pt.Y - r}, Max: vg.Point{X: pt.X + r, Y: pt.Y + r}}
}
