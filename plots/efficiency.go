package plots

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hgbench/results"
)

// Options of figures that say under which rules their records were made and
// what else is shown.
type Options struct {
	Protocol results.Protocol // named in every subtitle; empty: as results.DetectProtocol finds

	// Published shows the Hourglass paper's own numbers too, hollow and grey,
	// on the axes for which it has some.
	Published bool
}

// Efficiency draws validation BPC against what training cost: a point for each
// spec (the mean over its seeds, with a bar of one standard deviation either
// way), a line along each system's own Pareto frontier, and the frontier over
// all systems.
func Efficiency(records []results.Record, cost results.Axis, opts Options) (Figure, error) {
	e, err := newEfficiency(records, cost, opts)
	if err != nil {
		return Figure{}, err
	}
	return Figure{
		Name:     "bpc-vs-" + costName(cost),
		Title:    "Validation BPC against " + costTitle(cost),
		Subtitle: about(e.records, opts, cost.Unit == "s"),
		Caption:  e.caption(),
		Width:    8, Height: 5,
		Panels: [][]*plot.Plot{{e.panel(8)}},
		keys:   e.keys(),
	}, nil
}

// Costs draws Efficiency for every axis of cost that the records know, side by
// side and with the same BPC axis: the verdict can depend on the cost. It
// leaves published numbers to Efficiency.
func Costs(records []results.Record, opts Options) (Figure, error) {
	opts.Published = false
	var known []efficiency
	var first error
	for _, cost := range results.Axes() {
		e, err := newEfficiency(records, cost, opts)
		if err != nil {
			first = cmp.Or(first, err)
			continue
		}
		known = append(known, e)
	}
	if len(known) == 0 {
		return Figure{}, first
	}
	f := Figure{
		Name:     "bpc-vs-cost",
		Title:    "Validation BPC against every cost",
		Subtitle: about(known[0].records, opts, true),
		Caption:  known[0].caption(),
		Width:    12, Height: 8.5,
		keys: known[0].keys(),
	}
	for pair := range slices.Chunk(known, 2) {
		var row []*plot.Plot
		for _, e := range pair {
			row = append(row, e.panel(5))
		}
		f.Panels = append(f.Panels, row)
	}
	if len(f.Panels) == 1 {
		f.Height = 5
	}
	return f, nil
}

// costName is the axis in names of files, costTitle in titles.
func costName(a results.Axis) string {
	switch a.Name {
	case results.NecessaryFLOPs.Name:
		return "flops"
	case results.DenseFLOPs.Name:
		return "dense-flops"
	}
	return a.Name
}

func costTitle(a results.Axis) string {
	switch a.Name {
	case results.NecessaryFLOPs.Name:
		return "necessary FLOPs of training"
	case results.DenseFLOPs.Name:
		return "dense FLOPs of training"
	case results.Seconds.Name:
		return "training time"
	case results.PeakMemory.Name:
		return "planned peak memory"
	}
	return a.Name
}

// efficiency is the data of one panel.
type efficiency struct {
	cost     results.Axis
	records  results.Records
	out      left
	variants []string
	looks    map[string]look
	groups   []results.Group
	names    map[string]string // labels of the groups
	front    []results.Group
	seeds    int // of the spec with most of them
	others   overlay
}

func newEfficiency(records []results.Record, cost results.Axis, opts Options) (efficiency, error) {
	e := efficiency{cost: cost}
	e.records = sound(records, &e.out).Where(func(r results.Record) bool {
		switch {
		case !positive(results.ValidBPC.Value(r)):
			e.out.add("without a finite BPC")
		case !positive(cost.Value(r)):
			e.out.add("without known " + cost.Name)
		default:
			return true
		}
		return false
	})
	if len(e.records) == 0 {
		return e, errNothing("bpc-vs-"+costName(cost), "finished runs with a validation BPC and known "+cost.Name, records, &e.out)
	}
	e.variants, e.groups = variantsOf(e.records), e.records.OverSeeds()
	e.looks, e.names = looksFor(e.variants), shortNames(e.groups)
	e.front = results.FrontierOfGroups(e.groups, cost, results.ValidBPC)
	for _, g := range e.groups {
		e.seeds = max(e.seeds, len(g.Records))
	}
	if opts.Published {
		e.others = publishedOn(cost)
	}
	return e, nil
}

func (e efficiency) at(g results.Group) plotter.XY {
	return plotter.XY{X: g.Mean(e.cost.Value), Y: g.Mean(results.ValidBPC.Value)}
}

func (e efficiency) panel(ticks int) *plot.Plot {
	var xs, ys bounds
	for _, g := range e.groups {
		xy := e.at(g)
		xs.add(xy.X)
		sd := g.SD(results.ValidBPC.Value)
		ys.add(xy.Y, xy.Y-sd, xy.Y+sd)
	}
	for _, m := range e.others.marks {
		xs.add(m.x)
		ys.add(m.y)
	}
	sc := scaleOf(e.cost, xs.hi)
	p := newPlot(sc.title, "validation BPC (bits per byte)")
	fit(&p.X, xs.lo/sc.unit, xs.hi/sc.unit, 0.08, 0.14, ticks, sc.format)
	inset(&p.X)
	fitLinear(&p.Y, ys.lo, ys.hi, 0.1, 0.12, 7, nil)

	var s scatter
	s.lines = append(s.lines, e.staircase(p, sc))
	for _, v := range e.variants {
		own := slices.DeleteFunc(slices.Clone(e.groups), func(g results.Group) bool { return g.Records[0].Variant() != v })
		var pts plotter.XYs
		for _, g := range results.FrontierOfGroups(own, e.cost, results.ValidBPC) {
			xy := e.at(g)
			pts = append(pts, plotter.XY{X: xy.X / sc.unit, Y: xy.Y})
		}
		s.lines = append(s.lines, line{pts, draw.LineStyle{Color: mix(e.looks[v].color, paper, 0.25), Width: vg.Points(1.2)}})
	}
	for _, g := range e.byImportance() {
		xy, sd := e.at(g), g.SD(results.ValidBPC.Value)
		m := mark{x: xy.X / sc.unit, y: xy.Y, look: e.looks[g.Records[0].Variant()], hollow: g.Leaks(), label: e.names[g.Key], name: g.Key}
		if !math.IsNaN(sd) {
			m.lo, m.hi = xy.Y-sd, xy.Y+sd
		}
		s.marks = append(s.marks, m)
	}
	for _, m := range e.others.marks {
		m.x /= sc.unit
		s.marks = append(s.marks, m)
	}
	p.Add(s)
	return p
}

// staircase is the frontier over all systems: at each cost the best BPC that
// some run reached with no more than that.
func (e efficiency) staircase(p *plot.Plot, sc scale) line {
	var pts plotter.XYs
	y := p.Y.Max
	for _, g := range e.front {
		xy := e.at(g)
		pts = append(pts, plotter.XY{X: xy.X / sc.unit, Y: y}, plotter.XY{X: xy.X / sc.unit, Y: xy.Y})
		y = xy.Y
	}
	pts = append(pts, plotter.XY{X: p.X.Max, Y: y})
	return line{pts, frontStyle}
}

var frontStyle = draw.LineStyle{Color: frontInk, Width: vg.Points(2.4)}

// byImportance puts the frontier first, then the lower BPC.
func (e efficiency) byImportance() []results.Group {
	onFront := map[string]bool{}
	for _, g := range e.front {
		onFront[g.Key] = true
	}
	less := func(a, b results.Group) int {
		if x, y := onFront[a.Key], onFront[b.Key]; x != y {
			if x {
				return -1
			}
			return 1
		}
		return cmp.Compare(e.at(a).Y, e.at(b).Y)
	}
	return slices.SortedStableFunc(slices.Values(e.groups), less)
}

func (e efficiency) keys() []key {
	var keys []key
	for _, v := range e.variants {
		l := e.looks[v]
		keys = append(keys, key{name: v, color: l.color, mark: true, shape: l.shape, line: true, width: 1.2, hollow: strings.HasSuffix(v, results.LeakMark)})
	}
	keys = append(keys, key{name: "Pareto frontier of all", color: frontInk, line: true, width: frontStyle.Width})
	return append(keys, e.others.keys...)
}

func (e efficiency) caption() string {
	text := "Coloured lines join each system's own Pareto frontier."
	if e.seeds > 1 {
		text += fmt.Sprintf(" Points are means over up to %d seeds, bars ± one standard deviation.", e.seeds)
	}
	return sentences(text, leaking(e.records), e.others.caption, e.out.String())
}
