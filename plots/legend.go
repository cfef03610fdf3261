package plots

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// key is an entry of the legend: a sample of a line, of a marker or of both,
// or a filled cell.
type key struct {
	name   string
	color  color.NRGBA
	mark   bool
	shape  shape
	hollow bool
	line   bool
	width  vg.Length
	dashes []vg.Length
	cell   bool
}

const keyRadius = 4.0

const sampleWidth = vg.Length(24)

// drawKeys writes the entries in rows along the top of the canvas and gives
// the height at which the last row ends.
func drawKeys(c *draw.Canvas, keys []key) vg.Length {
	p := newPen(labelSize+0.5, false, ink)
	x, y := c.Min.X, c.Max.Y-p.leading()
	for _, k := range keys {
		sample := vg.Length(2 * keyRadius)
		if k.line {
			sample = sampleWidth
		}
		need := sample + 5 + p.width(k.name)
		if x > c.Min.X && x+need > c.Max.X {
			x, y = c.Min.X, y-p.leading()
		}
		k.sample(c, x, x+sample, y+p.size*0.36)
		p.write(c, x+sample+5, y, k.name)
		x += need + 13
	}
	return y - p.descent()
}

func (k key) sample(c *draw.Canvas, x0, x1, y vg.Length) {
	if k.cell {
		box := vg.Rectangle{Min: vg.Point{X: x0, Y: y - 4.5}, Max: vg.Point{X: x0 + 9, Y: y + 4.5}}
		c.SetColor(k.color)
		c.Fill(box.Path())
		c.SetLineStyle(draw.LineStyle{Color: frameInk, Width: 0.5})
		path := box.Path()
		c.Stroke(path)
		return
	}
	if k.line {
		c.StrokeLine2(draw.LineStyle{Color: k.color, Width: k.width, Dashes: k.dashes}, x0, y, x1, y)
	}
	if k.mark {
		drawMark(c, k.shape, vg.Point{X: (x0 + x1) / 2, Y: y}, keyRadius, k.color, k.hollow)
	}
}
