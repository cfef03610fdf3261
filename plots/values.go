package plots

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Value is a measured value that a figure shows, for whoever lets readers point
// at it.
type Value struct {
	Left, Top      float64 // of its place in the SVG, in points from the top left corner
	Name           string  // of what it belongs to, as results.Records.OverSeeds names a group
	X, Y           float64 // in the units of the axes' titles
	XTitle, YTitle string  // "planned peak memory (MiB)"
}

// Values lists the values that the figure shows, in the order in which they are
// drawn. They stand in the SVG of the same figure.
func (f Figure) Values() ([]Value, error) {
	r, err := f.read()
	return r.values, err
}

func (f Figure) read() (r reader, err error) {
	w, h, err := f.size()
	if err != nil {
		return r, err
	}
	r = reader{CanvasSizer: vgsvg.New(w, h), height: h}
	return r, f.render(&r)
}

// noteHidden adds to the caption how many of all points have no label for lack of
// room, leaving out those which the legend tells: told gives their names.
func (f *Figure) noteHidden(all int, told func(name string) bool) error {
	r, err := f.read()
	if err != nil {
		return err
	}
	if hidden := slices.DeleteFunc(r.hidden, told); len(hidden) > 0 {
		f.Caption = sentences(f.Caption, fmt.Sprintf("No room for the labels of %d of %d points.", len(hidden), all))
	}
	return nil
}

// reader is a canvas that is told where values are drawn.
type reader struct {
	vg.CanvasSizer
	height vg.Length
	x, y   string // titles of the panel's axes
	values []Value
	hidden []string // names of what has no label for lack of room
}

// enter tells a reader of the panel that is drawn next.
func enter(c vg.Canvas, p *plot.Plot) {
	if r, ok := readerOf(c); ok {
		r.x, r.y = p.X.Label.Text, p.Y.Label.Text
	}
}

// tell tells a reader of a value drawn at pt.
func tell(c vg.Canvas, pt vg.Point, name string, x, y float64) {
	if r, ok := readerOf(c); ok && name != "" {
		r.values = append(r.values, Value{
			Left: float64(pt.X), Top: float64(r.height - pt.Y),
			Name: name, X: x, Y: y, XTitle: r.x, YTitle: r.y,
		})
	}
}

// miss tells a reader that the label of what has that name found no room.
func miss(c vg.Canvas, name string) {
	if r, ok := readerOf(c); ok {
		r.hidden = append(r.hidden, name)
	}
}

// readerOf finds the reader below the canvases that a panel's place was cut from.
func readerOf(c vg.Canvas) (*reader, bool) {
	for {
		part, ok := c.(draw.Canvas)
		if !ok {
			r, ok := c.(*reader)
			return r, ok
		}
		c = part.Canvas
	}
}
