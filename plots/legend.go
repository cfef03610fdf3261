package plots

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hgbench/results"
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

// lineKey is the entry of a system drawn as a line with markers.
func lineKey(system string, l look, width float64) key {
	return key{name: system, color: l.color, mark: true, shape: l.shape, line: true, width: vg.Points(width),
		hollow: strings.HasSuffix(system, results.LeakMark)}
}

const keyRadius = 4.0

const lineSample = vg.Length(24) // width of a sample with a line

// drawKeys writes the entries in rows along the top of the canvas and gives
// the height at which the last row ends.
func drawKeys(c *draw.Canvas, keys []key) vg.Length {
	p := keyPen()
	y := c.Max.Y
	for _, row := range keyRows(keys, c.Max.X-c.Min.X) {
		y -= p.leading()
		x := c.Min.X
		for _, k := range row {
			k.sample(c, x, x+k.sampleWidth(), y+p.size*0.36)
			p.write(c, x+k.sampleWidth()+keyGap, y, k.name)
			x += k.needs(p) + betweenKeys
		}
	}
	return y - p.descent()
}

// keyRows breaks the entries into rows no wider than the given width.
func keyRows(keys []key, width vg.Length) (rows [][]key) {
	p := keyPen()
	x := width
	for _, k := range keys {
		if x+k.needs(p) > width {
			rows, x = append(rows, nil), 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], k)
		x += k.needs(p) + betweenKeys
	}
	return rows
}

func keyPen() pen { return newPen(labelSize+0.5, false, ink) }

const (
	keyGap      = vg.Length(5)  // between a sample and its name
	betweenKeys = vg.Length(13) // and to the next entry
)

func (k key) sampleWidth() vg.Length {
	if k.line {
		return lineSample
	}
	return 2 * keyRadius
}

func (k key) needs(p pen) vg.Length { return k.sampleWidth() + keyGap + p.width(k.name) }

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
