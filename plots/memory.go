package plots

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hgbench/results"
)

// MemoryContext draws what growing contexts cost, all axes logarithmic: planned
// peak memory, and beside it, where steps were timed, the time of a window. Each
// model and storage is a line (streaming drawn through with filled markers,
// materialised dashed with hollow ones) whose exponents (results.Growth) stand in
// the legend.
//
// Below each line of memory is the floor of weights, gradients and optimiser,
// which no context can shrink. Where processes were measured, an x marks their
// peak, and the runtime's idle memory is a line of its own.
//
// Runs count whether they were trained or only planned; contexts must vary.
func MemoryContext(records []results.Record, opts Options) (Figure, error) {
	var out left
	var kept results.Records
	for _, r := range records {
		switch c := r.Number("train.context"); {
		case r.Status == results.Failed:
			out.add("failed")
		case !positive(c):
			out.add("without a context")
		case r.Memory.Planned.Total <= 0:
			out.add("without a memory plan")
		default:
			kept = append(kept, r)
		}
	}
	g := newGrowthLines(kept)
	if !slices.ContainsFunc(g.growths, results.Growth.Varies) {
		return Figure{}, errNothing("memory-vs-context", "records of one model planned at two contexts or more", records, &out)
	}
	f := Figure{
		Name:     "memory-vs-context",
		Title:    "Peak memory of training against context length",
		Subtitle: strings.Join(provenance(kept, false), "  ·  "),
		Caption:  sentences("Exponents: of the context in what the plan holds above weights, gradients and optimiser, over the longer half of the contexts.", out.String()),
		Width:    8, Height: 5.5,
		Panels: [][]*plot.Plot{{g.memory()}},
	}
	timed := slices.ContainsFunc(g.growths, func(g results.Growth) bool { return !math.IsNaN(g.Time()) })
	if timed {
		f.Title = "Peak memory and time of training against context length"
		f.Subtitle = strings.Join(provenance(kept, true), "  ·  ")
		f.Caption = sentences("Exponents: of the context in what the plan holds above weights, gradients and optimiser, and in the time of a window, over the longer half of the contexts.", out.String())
		f.Width, f.Height, f.Panels[0] = 12, 6.5, append(f.Panels[0], g.time())
	}
	f.keys = g.keys(timed)
	return f, nil
}

// growthLines are the models of a figure and how each is drawn.
type growthLines struct {
	records results.Records
	growths []results.Growth
	looks   []look
	styles  []draw.LineStyle
}

func newGrowthLines(records results.Records) growthLines {
	g := growthLines{records: records, growths: records.Growths()}
	looks := looksFor(variantsOf(records))
	shades := map[string][]string{} // names of each variant's lines, the storage aside
	name := func(of results.Growth) string {
		parts := []string{of.Records[0].Label()}
		for _, key := range of.Told {
			if key != "model.storage" {
				parts = append(parts, of.Records[0].Setting(key))
			}
		}
		return strings.Join(parts, "\n")
	}
	slices.SortStableFunc(g.growths, func(a, b results.Growth) int {
		return rank(a.Records[0].Variant()) - rank(b.Records[0].Variant())
	})
	for _, of := range g.growths {
		v := of.Records[0].Variant()
		if !slices.Contains(shades[v], name(of)) {
			shades[v] = append(shades[v], name(of))
		}
	}
	for _, of := range g.growths {
		v := of.Records[0].Variant()
		l := look{tone(looks[v].color, slices.Index(shades[v], name(of)), len(shades[v])), looks[v].shape}
		style := draw.LineStyle{Color: l.color, Width: vg.Points(1.5)}
		if materialised(of.Records[0]) {
			style.Dashes = matDashes
		}
		g.looks, g.styles = append(g.looks, l), append(g.styles, style)
	}
	return g
}

// line of growth i over its contexts.
func (g growthLines) line(i int, value func(results.Record) float64) series {
	s := series{look: g.looks[i], style: g.styles[i], radius: markRadius - 1, hollow: materialised(g.growths[i].Records[0]), name: g.growths[i].Label}
	for _, r := range g.growths[i].Records {
		if v := value(r); v > 0 && !math.IsInf(v, 0) {
			s.points = append(s.points, plotter.XY{X: r.Number("train.context"), Y: v})
		}
	}
	return s
}

func (g growthLines) memory() *plot.Plot {
	var ys bounds
	for _, r := range g.records {
		ys.add(float64(r.Memory.Planned.Total), float64(r.Memory.Planned.Floor()))
		for _, v := range []int64{r.Memory.MeasuredPeak, r.Memory.Idle} {
			if v > 0 {
				ys.add(float64(v))
			}
		}
	}
	sc := byteScale("peak memory", ys.hi)
	var lines, floors, peaks []series
	for i := range g.growths {
		lines = append(lines, g.line(i, func(r results.Record) float64 { return float64(r.Memory.Planned.Total) / sc.unit }))
		floor := g.line(i, func(r results.Record) float64 { return float64(r.Memory.Planned.Floor()) / sc.unit })
		floor.style = draw.LineStyle{Color: mix(g.looks[i].color, paper, 0.45), Width: vg.Points(0.9), Dashes: floorDashes}
		floor.radius, floor.name = 0, ""
		measured := g.line(i, func(r results.Record) float64 { return float64(r.Memory.MeasuredPeak) / sc.unit })
		measured.look.shape, measured.radius, measured.hollow, measured.style = cross, 2.4, false, draw.LineStyle{}
		measured.name += ", measured"
		floors, peaks = append(floors, floor), append(peaks, measured)
	}
	if idle := idleLine(g.records, sc.unit); len(idle.points) > 0 {
		floors = append(floors, idle)
	}
	p := g.panel(sc.title, ys.lo/sc.unit, ys.hi/sc.unit, sc.format)
	p.Add(chart{slices.Concat(floors, lines, peaks)})
	return p
}

func (g growthLines) time() *plot.Plot {
	var ys bounds
	var lines []series
	for i := range g.growths {
		s := g.line(i, results.Record.WindowSeconds)
		for _, q := range s.points {
			ys.add(q.Y)
		}
		lines = append(lines, s)
	}
	p := g.panel("time of a window (s)", ys.lo, ys.hi, plain)
	p.Add(chart{lines})
	return p
}

// panel over contexts, for values of [low, high].
func (g growthLines) panel(title string, low, high float64, format func(float64) string) *plot.Plot {
	p := newPlot("context (tokens)", title)
	var xs bounds
	for _, r := range g.records {
		xs.add(r.Number("train.context"))
	}
	fitLog(&p.X, xs.lo, xs.hi, 0.03, 0.03, 9, plain)
	if ticks := contextTicks(g.records); len(ticks) <= 9 {
		p.X.Tick.Marker = ticks
	}
	fitLog(&p.Y, low, high, 0.06, 0.06, 8, format)
	return p
}

// idleLine is what processes held before training, the mean at each context.
func idleLine(records results.Records, unit float64) series {
	sum, n := map[float64]float64{}, map[float64]float64{}
	for _, r := range records {
		if c := r.Number("train.context"); r.Memory.Idle > 0 {
			sum[c] += float64(r.Memory.Idle) / unit
			n[c]++
		}
	}
	s := series{style: draw.LineStyle{Color: foreign, Width: vg.Points(0.9), Dashes: idleDashes}}
	for _, c := range slices.Sorted(maps.Keys(sum)) {
		s.points = append(s.points, plotter.XY{X: c, Y: sum[c] / n[c]})
	}
	return s
}

var (
	floorDashes = []vg.Length{1.5, 2}
	idleDashes  = []vg.Length{7, 2, 1.5, 2}
	matDashes   = []vg.Length{5, 3}
)

func materialised(r results.Record) bool { return r.Setting("model.storage") == "materialised" }

// contextTicks are the contexts themselves: they are few, and mostly powers of two.
func contextTicks(records results.Records) plot.ConstantTicks {
	values := map[float64]bool{}
	for _, r := range records {
		values[r.Number("train.context")] = true
	}
	var ticks plot.ConstantTicks
	for _, v := range slices.Sorted(maps.Keys(values)) {
		ticks = append(ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'f', -1, 64)})
	}
	return ticks
}

// keys name each line with its exponents, and what else is drawn.
func (g growthLines) keys(timed bool) []key {
	var keys []key
	for i, of := range g.growths {
		name := of.Label
		if k := of.Memory(); !math.IsNaN(k) {
			name += ": memory " + results.FormatExponent(k)
		}
		if k := of.Time(); timed && !math.IsNaN(k) {
			name += fmt.Sprintf(", time %s", results.FormatExponent(k))
		}
		keys = append(keys, key{name: name, color: g.looks[i].color, mark: true, shape: g.looks[i].shape, hollow: materialised(of.Records[0]),
			line: true, width: g.styles[i].Width, dashes: g.styles[i].Dashes})
	}
	keys = append(keys, key{name: "weights, gradients, optimiser", color: mix(mutedInk, paper, 0.3), line: true, width: 0.9, dashes: floorDashes})
	if slices.ContainsFunc(g.records, func(r results.Record) bool { return r.Memory.MeasuredPeak > 0 }) {
		keys = append(keys, key{name: "measured in the process", color: mutedInk, mark: true, shape: cross})
	}
	if slices.ContainsFunc(g.records, func(r results.Record) bool { return r.Memory.Idle > 0 }) {
		keys = append(keys, key{name: "idle process", color: foreign, line: true, width: 0.9, dashes: idleDashes})
	}
	return keys
}
