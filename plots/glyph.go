package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// shape of a marker. All shapes of one radius cover about the same area, so
// that none looks more important.
type shape int

const (
	circle shape = iota
	square
	triangle
	diamond
	wedge // a triangle standing on its tip
	hexagon
	pentagon
	star
	plus
	cross // what was measured in a process: no system has it
)

// markRadius is the default radius of a marker in points.
const markRadius = 4.6

// outline is the closed path of the shape around pt.
func (s shape) outline(pt vg.Point, r vg.Length) vg.Path {
	switch s {
	case square:
		return polygon(pt, r*1.2, 4, math.Pi/4)
	case triangle:
		return polygon(pt, r*1.42, 3, math.Pi/2)
	case diamond:
		return polygon(pt, r*1.3, 4, math.Pi/2)
	case wedge:
		return polygon(pt, r*1.42, 3, -math.Pi/2)
	case hexagon:
		return polygon(pt, r*1.1, 6, 0)
	case pentagon:
		return polygon(pt, r*1.16, 5, math.Pi/2)
	case star:
		return spikes(pt, r*1.5, r*0.65, 5, math.Pi/2)
	case cross:
		return bars(pt, r*1.45, r*0.5, math.Pi/4)
	case plus:
		return bars(pt, r*1.45, r*0.5, 0)
	}
	var p vg.Path
	p.Move(vg.Point{X: pt.X + r, Y: pt.Y})
	p.Arc(pt, r, 0, 2*math.Pi)
	p.Close()
	return p
}

func polygon(pt vg.Point, r vg.Length, n int, turn float64) vg.Path {
	return closed(n, func(i int) vg.Point { return polar(pt, r, turn+2*math.Pi*float64(i)/float64(n)) })
}

func spikes(pt vg.Point, outer, inner vg.Length, n int, turn float64) vg.Path {
	return closed(2*n, func(i int) vg.Point {
		r := outer
		if i%2 == 1 {
			r = inner
		}
		return polar(pt, r, turn+math.Pi*float64(i)/float64(n))
	})
}

// bars is a plus of arms with length r and half width w.
func bars(pt vg.Point, r, w vg.Length, turn float64) vg.Path {
	corner := []vg.Point{{X: r, Y: -w}, {X: r, Y: w}, {X: w, Y: w}}
	return closed(12, func(i int) vg.Point {
		c := corner[i%3]
		sin, cos := math.Sincos(turn + math.Pi/2*float64(i/3))
		return vg.Point{
			X: pt.X + c.X*vg.Length(cos) - c.Y*vg.Length(sin),
			Y: pt.Y + c.X*vg.Length(sin) + c.Y*vg.Length(cos),
		}
	})
}

func closed(n int, at func(int) vg.Point) vg.Path {
	var p vg.Path
	p.Move(at(0))
	for i := 1; i < n; i++ {
		p.Line(at(i))
	}
	p.Close()
	return p
}

func polar(pt vg.Point, r vg.Length, angle float64) vg.Point {
	sin, cos := math.Sincos(angle)
	return vg.Point{X: pt.X + r*vg.Length(cos), Y: pt.Y + r*vg.Length(sin)}
}

// drawMark draws a marker: filled with a thin paper-coloured edge, which keeps
// overlapping ones apart, or hollow.
func drawMark(c *draw.Canvas, s shape, pt vg.Point, r vg.Length, col color.NRGBA, hollow bool) {
	path := s.outline(pt, r)
	if hollow {
		c.SetColor(paper)
		c.Fill(path)
		c.SetLineStyle(draw.LineStyle{Color: col, Width: vg.Points(1.3)})
	} else {
		c.SetColor(col)
		c.Fill(path)
		if r < 3 {
			return
		}
		c.SetLineStyle(draw.LineStyle{Color: paper, Width: vg.Points(0.8)})
	}
	c.Stroke(path)
}
