package plots

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Pattern draws which keys each query sees: mask[query][key], queries
// downwards from the top, as a matrix is written. All rows have the same
// length; where there are more keys than queries, the first ones are memory of
// what came before. What causality forbids is grey, and a query that sees it
// all the same is red.
func Pattern(name string, mask [][]bool) (Figure, error) {
	if err := checkMask(name, mask); err != nil {
		return Figure{}, err
	}
	memory := len(mask[0]) - len(mask)
	return drawPattern(name, matrix{mask, func(query, key int) bool { return key <= query+memory }}), nil
}

// Resampling draws the attention between two lengths, as Pattern does: of an
// Hourglass that shortens, where a query stands for a group of keys, or that
// upsamples, where a key stands for a group of queries. A query may see the keys
// up to the end of its group, or the groups up to its own. One length must divide
// the other.
func Resampling(name string, mask [][]bool) (Figure, error) {
	if err := checkMask(name, mask); err != nil {
		return Figure{}, err
	}
	queries, keys := len(mask), len(mask[0])
	if keys%queries != 0 && queries%keys != 0 {
		return Figure{}, fmt.Errorf("pattern %s: %d queries and %d keys: want one to divide the other", name, queries, keys)
	}
	perQuery, perKey := max(1, keys/queries), max(1, queries/keys) // the shorter side has groups of the longer
	return drawPattern(name, matrix{mask, func(query, key int) bool { return key/perQuery <= query/perKey }}), nil
}

func drawPattern(name string, m matrix) Figure {
	mask := m.mask
	seen, allowed, future := m.count()

	p := newPlot("key", "query")
	p.X.Min, p.X.Max = -0.5, float64(len(mask[0]))-0.5
	p.Y.Min, p.Y.Max = -0.5, float64(len(mask))-0.5
	p.Y.Scale = plot.InvertedScale{Normalizer: plot.LinearScale{}}
	p.X.Tick.Marker = linearTicks{8, plain}
	p.Y.Tick.Marker = linearTicks{8, plain}
	p.Add(m)

	keys := []key{
		{name: "visible", color: visibleInk, cell: true},
		{name: "left out", color: unseenInk, cell: true},
		{name: "the future", color: hatchInk, cell: true},
	}
	if future > 0 {
		keys = append(keys, key{name: "future, yet visible", color: alarmInk, cell: true})
	}
	subtitle := fmt.Sprintf("%s of the %s causal pairs are visible", percent(seen, allowed), si(float64(allowed)))
	if future > 0 {
		subtitle += fmt.Sprintf(", and %s of the future: not causal", count(future, "pair"))
	}
	return Figure{
		Name:     "pattern-" + slug(name),
		Title:    "Attention pattern: " + name,
		Subtitle: subtitle,
		Width:    5.4, Height: 6,
		Panels: [][]*plot.Plot{{p}},
		keys:   keys,
	}
}

func checkMask(name string, mask [][]bool) error {
	if len(mask) == 0 || len(mask[0]) == 0 {
		return fmt.Errorf("pattern %s: the mask is empty: want rows of queries and columns of keys", name)
	}
	for i, row := range mask {
		if len(row) != len(mask[0]) {
			return fmt.Errorf("pattern %s: query %d has %d keys, query 0 has %d: want equally many", name, i, len(row), len(mask[0]))
		}
	}
	return nil
}

var visibleInk = color.NRGBA{0x00, 0x5f, 0x2d, 0xff}

// matrix is a plotter of a mask, and of which pairs causality allows.
type matrix struct {
	mask   [][]bool
	causal func(query, key int) bool
}

func (m matrix) count() (seen, allowed, future int) {
	for i, row := range m.mask {
		for j, visible := range row {
			causal := m.causal(i, j)
			switch {
			case causal && visible:
				seen++
				allowed++
			case causal:
				allowed++
			case visible:
				future++
			}
		}
	}
	return seen, allowed, future
}

func (m matrix) color(i, j int) color.NRGBA {
	switch causal := m.causal(i, j); {
	case causal && m.mask[i][j]:
		return visibleInk
	case causal:
		return unseenInk
	case m.mask[i][j]:
		return alarmInk
	}
	return hatchInk
}

// Plot implements plot.Plotter. Neighbours of one colour in a row are one
// rectangle, which keeps an SVG small. Each reaches a point under those drawn
// after it, below and to the right, or the paper would shine through the seams.
func (m matrix) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	n := len(m.mask[0])
	for i := range m.mask {
		for j := 0; j < n; {
			start, col := j, m.color(i, j)
			for j < n && m.color(i, j) == col {
				j++
			}
			c.SetColor(col)
			c.Fill(vg.Rectangle{
				Min: vg.Point{X: x(float64(start) - 0.5), Y: max(c.Min.Y, y(float64(i)+0.5)-1)},
				Max: vg.Point{X: min(c.Max.X, x(float64(j)-0.5)+1), Y: y(float64(i) - 0.5)},
			}.Path())
		}
	}
	if max(len(m.mask), n) > 40 {
		return
	}
	edge := draw.LineStyle{Color: paper, Width: vg.Points(0.6)}
	for i := range len(m.mask) + 1 {
		c.StrokeLine2(edge, c.Min.X, y(float64(i)-0.5), c.Max.X, y(float64(i)-0.5))
	}
	for j := range n + 1 {
		c.StrokeLine2(edge, x(float64(j)-0.5), c.Min.Y, x(float64(j)-0.5), c.Max.Y)
	}
}

func percent(part, whole int) string {
	if whole == 0 {
		return "none"
	}
	return fmt.Sprintf("%.3g %%", 100*float64(part)/float64(whole))
}

// slug makes a file name of a pattern's name: window(64) is window-64.
func slug(name string) string {
	var out []byte
	for _, b := range []byte(name) {
		switch {
		case b >= 'a' && b <= 'z', b >= '0' && b <= '9', b == '_', b == '.':
			out = append(out, b)
		case b >= 'A' && b <= 'Z':
			out = append(out, b+'a'-'A')
		case len(out) > 0 && out[len(out)-1] != '-':
			out = append(out, '-')
		}
	}
	for len(out) > 0 && out[len(out)-1] == '-' {
		out = out[:len(out)-1]
	}
	return string(out)
}
