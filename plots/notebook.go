package plots

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"hgbench/results"
)

// perInch of a screen, as browsers count: CSS pixels.
const perInch = 96

// Render is how a notebook shows the figure: a cell that ends in a figure shows
// it, and
//
//	Display(figure.Render())
//
// shows one from the middle of a cell or out of a loop. The picture has DPI
// pixels to the inch and takes Width × Height inches of the page, so it is sharp
// on screens of any density. Where a figure cannot be drawn the reason is shown
// in its place.
func (f Figure) Render() results.Bundle {
	png, err := f.PNG()
	if err != nil {
		return results.Bundle{Data: map[string]any{"text/plain": err.Error()}}
	}
	size := map[string]any{"width": int(f.Width * perInch), "height": int(f.Height * perInch)}
	return results.Bundle{
		Data:     map[string]any{"image/png": png, "text/plain": fmt.Sprintf("figure: %s", f.Title)},
		Metadata: map[string]any{"image/png": size},
	}
}

// Panel is an empty panel in the style of all figures, for one of your own: a
// gonum plot with titles of its axes, to which plotters are added.
//
//	panel := plots.Panel("layers", "memory (GiB)")
//	panel.Add(line)
//	plots.Figure{Title: "Mine", Width: 8, Height: 5, Panels: [][]*plot.Plot{{panel}}}
func Panel(x, y string) *plot.Plot {
	p := newPlot(x, y)
	p.X.Tick.Marker, p.Y.Tick.Marker = linearTicks{8, plain}, linearTicks{8, plain}
	p.Legend.TextStyle.Font = textFont(labelSize, false)
	p.Legend.TextStyle.Color = ink
	p.Legend.Padding = vg.Points(3)
	return p
}

// Must is for notebooks and examples, where an error should end the cell: it
// returns the figure, and panics if there is an error.
//
//	figure := plots.Must(plots.Pattern("window(64)", mask))
func Must(f Figure, err error) Figure {
	if err != nil {
		panic(err)
	}
	return f
}
