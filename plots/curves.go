package plots

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hgbench/results"
)

// progress is an axis of training curves.
type progress struct {
	title string
	of    func(results.Point) float64
	text  func(float64) string
}

var progresses = map[string]progress{
	"tokens":  {"tokens seen", func(p results.Point) float64 { return float64(p.Tokens) }, si},
	"steps":   {"steps", func(p results.Point) float64 { return float64(p.Step) }, plain},
	"flops":   {"necessary FLOPs so far (FLOP)", func(p results.Point) float64 { return p.FLOPs }, si},
	"seconds": {"training time (s)", func(p results.Point) float64 { return p.Seconds }, plain},
}

// Curves draws training and validation BPC against progress: "tokens", "steps",
// "flops" (necessary) or "seconds". Validation curves are strong and end in
// their run's name and last value; training curves, the mean since the point
// before, are faint. Several seeds of a spec share a shade.
//
// The y axis leaves out the fall from 8 bits in the first fifth of a run, beside
// which nothing else would be visible. The figure is named curves over tokens,
// else curves-vs-steps and so on.
func Curves(records []results.Record, over string, opts Options) (Figure, error) {
	axis, ok := progresses[over]
	if !ok {
		names := make([]string, 0, len(progresses))
		for name := range progresses {
			names = append(names, name)
		}
		sort.Strings(names)
		return Figure{}, fmt.Errorf("curves over %q: want one of %s", over, strings.Join(names, ", "))
	}
	var out left
	kept := sound(records, &out).Where(func(r results.Record) bool {
		if len(curve(r, axis, validBPC)) > 0 || len(curve(r, axis, trainBPC)) > 0 {
			return true
		}
		out.add("without a curve")
		return false
	})
	if len(kept) == 0 {
		return Figure{}, errNothing("curves", "finished runs with training curves", records, &out)
	}

	if err := kept.Comparable(); err != nil {
		return Figure{}, fmt.Errorf("curves: %w", err)
	}
	variants := variantsOf(kept)
	looks := looksFor(variants)
	groups := kept.OverSeeds()
	names := shortNames(groups)
	var train, valid []series
	var xs, ys bounds
	for _, v := range variants {
		own := shaded(groups, v)
		for i, g := range own {
			l := look{tone(looks[v].color, i, len(own)), looks[v].shape}
			for k, r := range g.Records {
				t, w := curve(r, axis, trainBPC), curve(r, axis, validBPC)
				for _, pts := range []plotter.XYs{t, w} {
					frame(pts, &xs, &ys)
				}
				train = append(train, series{points: t, name: g.Key + ", training", style: draw.LineStyle{Color: mix(l.color, paper, 0.55), Width: vg.Points(0.8)}})
				s := series{points: w, name: g.Key, style: draw.LineStyle{Color: l.color, Width: vg.Points(1.6)}, look: l, radius: 3.6, ends: true}
				if g.Leaks() {
					s.setApart()
				}
				if k == 0 {
					s.label = endLabel(names[g.Key], g, w)
				}
				valid = append(valid, s)
			}
		}
	}

	p := newPlot(axis.title, bitsTitle("", kept))
	fit(&p.X, 0, xs.hi, 0, 0.01, 7, axis.text)
	fitLinear(&p.Y, ys.lo, ys.hi, 0.05, 0, 8, nil)
	lines := chart{append(train, valid...)}
	p.Add(lines)

	keys := append(keysOf(variants, 1.6),
		key{name: "validation", color: mutedInk, line: true, width: 1.6},
		key{name: "training", color: mix(mutedInk, paper, 0.5), line: true, width: 0.8})
	name := "curves"
	if over != "tokens" {
		name += "-vs-" + over
	}
	return Figure{
		Name:     name,
		Title:    "Training curves against " + strings.TrimSuffix(strings.TrimSuffix(axis.title, " (FLOP)"), " (s)"),
		Subtitle: about(kept, opts, over == "seconds"),
		Caption:  sentences(shadesText(groups, variants), leaking(kept), out.String()),
		Width:    8, Height: lines.height(p, keys),
		Panels: [][]*plot.Plot{{p}},
		keys:   keys,
	}, nil
}

func trainBPC(p results.Point) float64 { return p.TrainBPC }

func validBPC(p results.Point) float64 {
	if p.ValidBPC == nil {
		return math.NaN()
	}
	return *p.ValidBPC
}

// curve is what of a record's curve can be drawn.
func curve(r results.Record, axis progress, y func(results.Point) float64) plotter.XYs {
	var pts plotter.XYs
	for _, p := range r.Curve {
		x, y := axis.of(p), y(p)
		if x >= 0 && x <= 1e30 && positive(y) {
			pts = append(pts, plotter.XY{X: x, Y: y})
		}
	}
	return pts
}

// frame widens the bounds by a curve but for its first fifth.
func frame(pts plotter.XYs, xs, ys *bounds) {
	if len(pts) == 0 {
		return
	}
	end := pts[len(pts)-1]
	ys.add(end.Y)
	for _, q := range pts {
		xs.add(q.X)
		if q.X >= end.X/5 {
			ys.add(q.Y)
		}
	}
}

// endLabel is a group's name with the mean of its last validation BPCs.
func endLabel(name string, g results.Group, pts plotter.XYs) string {
	if len(pts) == 0 {
		return name
	}
	last := g.Mean(func(r results.Record) float64 {
		for _, p := range slices.Backward(r.Curve) {
			if v := validBPC(p); positive(v) {
				return v
			}
		}
		return math.NaN()
	})
	return fmt.Sprintf("%s  %.3f", name, last)
}
