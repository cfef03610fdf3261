package plots

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// pen writes lines of text in one size and colour.
type pen struct {
	face  font.Face
	size  vg.Length
	color color.NRGBA
}

func newPen(size vg.Length, bold bool, c color.NRGBA) pen {
	return pen{plot.DefaultTextHandler.Cache().Lookup(textFont(size, bold), size), size, c}
}

func (p pen) width(s string) vg.Length { return p.face.Width(s) }

// height of a line without leading; descent is the part below the base line.
func (p pen) height() vg.Length  { return p.size * 0.98 }
func (p pen) descent() vg.Length { return p.size * 0.23 }
func (p pen) leading() vg.Length { return p.size * 1.3 }

// write puts s with its base line starting at (x, y).
func (p pen) write(c *draw.Canvas, x, y vg.Length, s string) {
	if s == "" {
		return
	}
	c.SetColor(p.color)
	c.FillString(p.face, vg.Point{X: x, Y: y}, s)
}

// wrap breaks s at spaces into lines no wider than the given width; a longer
// word stands alone.
func (p pen) wrap(s string, width vg.Length) []string {
	var lines []string
	for _, paragraph := range strings.Split(s, "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			switch {
			case line == "":
				line = word
			case p.width(line+" "+word) <= width:
				line += " " + word
			default:
				lines = append(lines, line)
				line = word
			}
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
