package plots

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// DPI of a PNG: a figure of 8 inches is 1152 pixels wide.
const DPI = 144

// Figure is a finished picture: one panel or several, with what a reader needs
// to know around them. It is a value; its panels are gonum plots and may be
// changed before it is drawn.
type Figure struct {
	Name     string         // of its files, without extension
	Title    string         // what is shown
	Subtitle string         // by which protocol, on which data and machine
	Caption  string         // what was left out, what bars mean, whose numbers are shown
	Width    float64        // inches
	Height   float64        // inches
	Panels   [][]*plot.Plot // rows of panels

	keys []key
}

const margin = vg.Length(12)

// draw lays the figure out: title, subtitle and legend on top, caption at the
// bottom, panels in what remains. The legend is outside of the panels, so it
// cannot cover a point.
func (f Figure) draw(c draw.Canvas) error {
	if len(f.Panels) == 0 || len(f.Panels[0]) == 0 {
		return fmt.Errorf("figure %q has no panel", f.Name)
	}
	c.SetColor(paper)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)
	width := c.Max.X - c.Min.X

	down := func(p pen, text string) {
		for _, line := range p.wrap(text, width) {
			c.Max.Y -= p.leading()
			p.write(&c, c.Min.X, c.Max.Y+p.descent(), line)
		}
	}
	down(newPen(titleSize, true, ink), f.Title)
	down(newPen(captionSize+1, false, mutedInk), f.Subtitle)
	if len(f.keys) > 0 {
		c.Max.Y -= 5
		c.Max.Y = drawKeys(&c, f.keys)
	}
	c.Max.Y -= 8

	p := newPen(captionSize, false, mutedInk)
	if lines := p.wrap(f.Caption, width); len(lines) > 0 {
		for i, line := range lines {
			p.write(&c, c.Min.X, c.Min.Y+p.descent()+p.leading()*vg.Length(len(lines)-1-i), line)
		}
		c.Min.Y += p.leading()*vg.Length(len(lines)) + 6
	}
	if c.Max.Y-c.Min.Y < vg.Inch || width < vg.Inch {
		return fmt.Errorf("figure %q of %g × %g inches is too small for its texts; 8 × 5 is usual", f.Name, f.Width, f.Height)
	}

	for row, panels := range f.Panels {
		for col, panel := range panels {
			tiles := draw.Tiles{Rows: len(f.Panels), Cols: len(panels), PadX: 18, PadY: 14}
			drawPanel(tiles.At(c, col, row), *panel)
		}
	}
	return nil
}

// drawPanel draws a plot with its axes' titles centred along the data. gonum
// would put them there too, but takes the middle of a logarithmic axis for the
// mean of its ends and leaves a gap beside it.
func drawPanel(c draw.Canvas, p plot.Plot) {
	enter(c.Canvas, &p)
	x, y := p.X.Label, p.Y.Label
	p.X.Label.Text, p.Y.Label.Text = "", ""
	below, beside := vg.Length(0), vg.Length(0)
	if x.Text != "" {
		below = x.TextStyle.Font.Size*1.3 + x.Padding
	}
	if y.Text != "" {
		beside = y.TextStyle.Font.Size*1.2 + y.Padding
	}
	inner := draw.Crop(c, beside, 0, below, 0)
	p.Draw(inner)

	data := p.DataCanvas(inner)
	x.TextStyle.XAlign, x.TextStyle.YAlign = draw.XCenter, draw.YBottom
	c.FillText(x.TextStyle, vg.Point{X: data.Center().X, Y: c.Min.Y + x.TextStyle.Font.Size*0.25}, x.Text)
	y.TextStyle.XAlign, y.TextStyle.YAlign = draw.XCenter, draw.YTop
	y.TextStyle.Rotation = math.Pi / 2
	c.FillText(y.TextStyle, vg.Point{X: c.Min.X, Y: data.Center().Y}, y.Text)
}

// render draws on a canvas. gonum panics on what it cannot draw; the figures
// of this package check their data first, and a panel that a caller changed
// gets an error.
func (f Figure) render(c vg.CanvasSizer) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("figure %q cannot be drawn: %v", f.Name, r)
		}
	}()
	return f.draw(draw.New(c))
}

func (f Figure) size() (w, h vg.Length, err error) {
	if !(f.Width > 0 && f.Width <= 100 && f.Height > 0 && f.Height <= 100) {
		return 0, 0, fmt.Errorf("figure %q: size %g × %g inches is not between 0 and 100", f.Name, f.Width, f.Height)
	}
	return vg.Length(f.Width) * vg.Inch, vg.Length(f.Height) * vg.Inch, nil
}

// Image is the figure as pixels, DPI to the inch. A notebook shows it as it is.
func (f Figure) Image() (image.Image, error) { return f.image(DPI) }

func (f Figure) image(dpi int) (image.Image, error) {
	w, h, err := f.size()
	if err != nil {
		return nil, err
	}
	c := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(paper))
	if err := f.render(c); err != nil {
		return nil, err
	}
	return c.Image(), nil
}

// PNG is the figure as a PNG file.
func (f Figure) PNG() ([]byte, error) {
	img, err := f.Image()
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&buf, img); err != nil {
		return nil, fmt.Errorf("figure %q: %w", f.Name, err)
	}
	return buf.Bytes(), nil
}

// SVG is the figure as an SVG file. It names its font (Liberation Sans) and
// ones of the same widths instead of carrying it.
func (f Figure) SVG() ([]byte, error) {
	w, h, err := f.size()
	if err != nil {
		return nil, err
	}
	c := vgsvg.New(w, h)
	if err := f.render(c); err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if _, err := c.WriteTo(&buf); err != nil {
		return nil, fmt.Errorf("figure %q: %w", f.Name, err)
	}
	return bytes.ReplaceAll(buf.Bytes(),
		[]byte("font-family:Liberation Sans;"),
		[]byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")), nil
}
