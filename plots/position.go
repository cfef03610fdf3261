package plots

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hgbench/results"
)

// Position draws loss against the position in the evaluation's window, from the
// slices of Record.PositionBPC: how much a model gains from more context. Each
// slice stands at its middle; seeds of a spec are averaged.
func Position(records []results.Record, opts Options) (Figure, error) {
	var out left
	kept := sound(records, &out).Where(func(r results.Record) bool {
		if len(byPosition(results.Group{Records: results.Records{r}})) > 1 {
			return true
		}
		out.add("without BPC by position")
		return false
	})
	if len(kept) == 0 {
		return Figure{}, errNothing("bpc-vs-position", "finished runs with BPC by position", records, &out)
	}
	if err := kept.Comparable(); err != nil {
		return Figure{}, fmt.Errorf("bpc-vs-position: %w", err)
	}
	variants := variantsOf(kept)
	looks := looksFor(variants)
	groups := kept.OverSeeds()
	names := shortNames(groups)
	var xs, ys bounds
	var list []series
	for _, v := range variants {
		own := shaded(groups, v)
		for i, g := range own {
			l := look{tone(looks[v].color, i, len(own)), looks[v].shape}
			pts := byPosition(g)
			for _, q := range pts {
				xs.add(q.X)
				ys.add(q.Y)
			}
			s := series{points: pts, look: l, radius: 2.2, label: names[g.Key], name: g.Key,
				style: draw.LineStyle{Color: l.color, Width: vg.Points(1.4)}}
			if g.Leaks() {
				s.setApart()
			}
			list = append(list, s)
		}
	}
	p := newPlot("position in the window (tokens)", bitsTitle("test", kept))
	fit(&p.X, xs.lo, xs.hi, 0.02, 0.02, 8, plain)
	fitLinear(&p.Y, ys.lo, ys.hi, 0.06, 0.06, 7, nil)
	lines := chart{list}
	keys := keysOf(variants, 1.4)
	p.Add(lines)
	return Figure{
		Name:     "bpc-vs-position",
		Title:    "Test " + kept.Bits().Name + " against position in the window",
		Subtitle: about(kept, opts, false),
		Caption:  sentences("Each point is the mean over a slice of the window.", leaking(kept), out.String()),
		Width:    8, Height: lines.height(p, keys),
		Panels: [][]*plot.Plot{{p}},
		keys:   keys,
	}, nil
}

// byPosition is the mean over a group of the finite slices of its first
// record's resolution.
func byPosition(g results.Group) plotter.XYs {
	first := g.Records[0]
	n := len(first.PositionBPC)
	var pts plotter.XYs
	for i := range n {
		y := g.Mean(func(r results.Record) float64 {
			if len(r.PositionBPC) != n || !positive(r.PositionBPC[i]) || r.Evaluation.Context != first.Evaluation.Context {
				return math.NaN()
			}
			return r.PositionBPC[i]
		})
		if x := (float64(i) + 0.5) / float64(n) * float64(first.Evaluation.Context); positive(x) && positive(y) {
			pts = append(pts, plotter.XY{X: x, Y: y})
		}
	}
	return pts
}
