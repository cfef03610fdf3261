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
	f := Figure{
		Name:     "bpc-vs-" + costName(cost),
		Title:    "Validation " + e.records.Bits().Name + " against " + costTitle(cost),
		Subtitle: about(e.records, opts, cost.Unit == "s"),
		Width:    8, Height: 5,
	}
	if e.equal() {
		p, lines := e.rank()
		f.Title = "Validation " + e.records.Bits().Name + " at equal " + costTitle(cost)
		f.Caption = sentences("All cost "+cost.Format(e.groups[0])+", to 1 %.", e.seedsText(), leaking(e.records), e.out.String())
		f.Height, f.Panels = 1.7+0.19*float64(lines), [][]*plot.Plot{{p}}
		return f, nil
	}
	f.Caption, f.Panels, f.keys = e.caption(), [][]*plot.Plot{{e.panel(8)}}, e.keys()
	return f, f.noteHidden(len(e.groups)+len(e.others.marks), e.alone)
}

// alone tells whether the legend says which point it is: that of a system with no
// other point.
func (e efficiency) alone(name string) bool {
	of := map[string]int{}
	system := ""
	for _, g := range e.groups {
		v := g.Records[0].Variant()
		if of[v]++; g.Key == name {
			system = v
		}
	}
	return of[system] == 1
}

// equal tells whether an axis of cost would say nothing.
func (e efficiency) equal() bool {
	return len(e.groups) > 1 && len(e.others.marks) == 0 && e.cost.Equal(e.groups)
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
	// An axis on which all are equal has no room for their labels.
	var same []string
	if apart := slices.DeleteFunc(slices.Clone(known), efficiency.equal); len(apart) > 0 {
		for _, e := range known {
			if e.equal() {
				same = append(same, fmt.Sprintf("%s (%s)", e.cost.Name, e.cost.Format(e.groups[0])))
			}
		}
		known = apart
	}
	f := Figure{
		Name:     "bpc-vs-cost",
		Title:    "Validation " + known[0].records.Bits().Name + " against every cost",
		Subtitle: about(known[0].records, opts, true),
		Caption:  known[0].caption(),
		Width:    12, Height: 8.5,
		keys: known[0].keys(),
	}
	if len(same) > 0 {
		f.Caption = sentences("All cost the same in "+strings.Join(same, " and ")+", to 1 %.", f.Caption)
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
	pairs    [][]results.Group // of one kind of attention each, see pairs
	front    []results.Group
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
	if err := e.records.Comparable(); err != nil {
		return e, fmt.Errorf("bpc-vs-%s: %w", costName(cost), err)
	}
	e.variants, e.groups = variantsOf(e.records), e.records.OverSeeds()
	e.looks = looksFor(e.variants)
	if p, ok := pairsOf(e.variants); ok {
		e.pairs, e.names = p.lines(e.groups), p.names(e.groups)
	} else {
		e.names = shortNames(e.groups)
	}
	e.front = results.FrontierOfGroups(e.groups, cost, results.ValidBPC)
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
	p := newPlot(sc.title, e.yTitle())
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
	for _, pair := range e.pairs {
		var pts plotter.XYs
		for _, g := range pair {
			xy := e.at(g)
			pts = append(pts, plotter.XY{X: xy.X / sc.unit, Y: xy.Y})
		}
		s.lines = append(s.lines, line{pts, draw.LineStyle{Color: mix(e.looks[pair[0].Records[0].Variant()].color, paper, 0.4), Width: vg.Points(0.9)}})
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
	keys := append(keysOf(e.variants, 1.2), key{name: "Pareto frontier of all", color: frontInk, line: true, width: frontStyle.Width})
	return append(keys, e.others.keys...)
}

func (e efficiency) caption() string {
	text := "Coloured lines join each system's own Pareto frontier."
	if len(e.pairs) > 0 {
		text = "Thin lines join the points of one kind of attention."
	}
	return sentences(text, e.seedsText(), leaking(e.records), e.others.caption, e.out.String())
}

// seedsText says what a point is where some spec ran with several seeds.
func (e efficiency) seedsText() string {
	few, many := e.seeds()
	switch {
	case many < 2:
		return ""
	case few == many:
		return fmt.Sprintf("Points are means over %d seeds, bars ± one standard deviation.", many)
	}
	return fmt.Sprintf("Points are means over %d to %d seeds, bars ± one standard deviation.", few, many)
}

// seeds of the specs with fewest and most of them.
func (e efficiency) seeds() (few, many int) {
	few = len(e.records)
	for _, g := range e.groups {
		few, many = min(few, len(g.Records)), max(many, len(g.Records))
	}
	return few, many
}

// yTitle is the title of the axis of BPC.
func (e efficiency) yTitle() string { return bitsTitle("validation", e.records) }
