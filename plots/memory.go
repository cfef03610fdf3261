package plots

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hgbench/results"
)

// MemoryContext draws planned peak memory against context length, both axes
// logarithmic: a line for each model and storage (streaming drawn through with
// filled markers, materialised dashed with hollow ones), and below each colour
// the floor of weights, gradients and optimiser, which no context can shrink.
// Where processes were measured, an x marks their peak, and the runtime's idle
// memory is a line of its own. A label's slope is the exponent of the
// context in the memory above the floor, over the upper half of the contexts.
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
	groups := overContexts(kept)
	if len(kept) == 0 || !varies(groups) {
		return Figure{}, errNothing("memory-vs-context", "records of one model planned at two contexts or more", records, &out)
	}

	variants := variantsOf(kept)
	looks := looksFor(variants)
	var xs, ys bounds
	for _, r := range kept {
		xs.add(r.Number("train.context"))
		ys.add(float64(r.Memory.Planned.Total), floorOf(r))
		for _, v := range []int64{r.Memory.MeasuredPeak, r.Memory.Idle} {
			if v > 0 {
				ys.add(float64(v))
			}
		}
	}
	sc := byteScale("peak memory", ys.hi)
	p := newPlot("context (tokens)", sc.title)
	fitLog(&p.X, xs.lo, xs.hi, 0.03, 0.03, 9, plain)
	if ticks := contextTicks(kept); len(ticks) <= 9 {
		p.X.Tick.Marker = ticks
	}
	fitLog(&p.Y, ys.lo/sc.unit, ys.hi/sc.unit, 0.06, 0.06, 8, sc.format)

	var lines, floors, peaks []series
	for _, v := range variants {
		own := slices.DeleteFunc(slices.Clone(groups), func(g results.Group) bool { return g.Records[0].Variant() != v })
		names := distinctNames(own)
		for _, g := range own {
			l := look{tone(looks[v].color, slices.Index(names, modelOf(g)), len(names)), looks[v].shape}
			s := series{look: l, radius: markRadius - 1, hollow: materialised(g.Records[0]), label: modelOf(g),
				style: draw.LineStyle{Color: l.color, Width: vg.Points(1.5)}}
			if s.hollow {
				s.style.Dashes = matDashes
			}
			floor := series{style: draw.LineStyle{Color: mix(l.color, paper, 0.45), Width: vg.Points(0.9), Dashes: floorDashes}}
			s.name = v + " " + s.label
			if s.hollow {
				s.name += ", materialised"
			}
			measured := series{look: look{l.color, cross}, radius: 2.4, name: s.name + ", measured"}
			for _, r := range g.Records {
				x := r.Number("train.context")
				s.points = append(s.points, plotter.XY{X: x, Y: float64(r.Memory.Planned.Total) / sc.unit})
				floor.points = append(floor.points, plotter.XY{X: x, Y: floorOf(r) / sc.unit})
				if r.Memory.MeasuredPeak > 0 {
					measured.points = append(measured.points, plotter.XY{X: x, Y: float64(r.Memory.MeasuredPeak) / sc.unit})
				}
			}
			if k := slope(g.Records); !math.IsNaN(k) {
				s.label += fmt.Sprintf("   slope %.2f", k)
			}
			lines, floors, peaks = append(lines, s), append(floors, floor), append(peaks, measured)
		}
	}
	if idle := idleLine(kept, sc.unit); len(idle.points) > 0 {
		floors = append(floors, idle)
	}
	all := chart{slices.Concat(floors, lines, peaks)}
	p.Add(all)
	return Figure{
		Name:     "memory-vs-context",
		Title:    "Peak memory of training against context length",
		Subtitle: strings.Join(provenance(kept, false), "  ·  "),
		Caption:  sentences("Slope: exponent of the context in what the plan holds above weights, gradients and optimiser, over the longer half of the contexts.", out.String()),
		Width:    8, Height: all.height(p),
		Panels: [][]*plot.Plot{{p}},
		keys:   memoryKeys(kept, variants, looks),
	}, nil
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

// overContexts groups records that differ in nothing but their context (and
// what goes with it: the evaluation's, steps, seed), by ascending context. A
// group's key is what else varies among records of its name.
func overContexts(records results.Records) []results.Group {
	told := map[string][]string{}
	for _, g := range records.GroupBy(results.Record.Label) {
		for _, k := range g.Records.Varying() {
			if section, _, _ := strings.Cut(k, "."); section != "eval" && k != "train.steps" && !followsContext(g.Records, k) {
				told[g.Key] = append(told[g.Key], k)
			}
		}
	}
	groups := records.GroupBy(func(r results.Record) string {
		key := r.Label()
		for _, k := range told[r.Label()] {
			key += "\n" + k + "\n" + r.Setting(k)
		}
		return key
	})
	for i, g := range groups {
		groups[i].Records = g.Records.SortBy(func(r results.Record) float64 { return r.Number("train.context") })
	}
	return groups
}

// followsContext tells settings that are the context, as the memory of a
// transformer-xl is by default.
func followsContext(records results.Records, key string) bool {
	return !slices.ContainsFunc(records, func(r results.Record) bool { return r.Setting(key) != r.Setting("train.context") })
}

func varies(groups []results.Group) bool {
	return slices.ContainsFunc(groups, func(g results.Group) bool {
		n := len(g.Records)
		return n > 1 && g.Records[0].Number("train.context") < g.Records[n-1].Number("train.context")
	})
}

// modelOf names a group by its hierarchy and by the settings that tell it from
// others, except the storage, which its dashes tell.
func modelOf(g results.Group) string {
	parts := strings.Split(g.Key, "\n")
	name := shortName(parts[0], g.Records[0])
	for i := 1; i+1 < len(parts); i += 2 {
		if parts[i] != "model.storage" {
			name += " " + results.ShortKey(parts[i]) + " " + parts[i+1]
		}
	}
	return name
}

func distinctNames(groups []results.Group) []string {
	var names []string
	for _, g := range groups {
		if n := modelOf(g); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

func materialised(r results.Record) bool { return r.Setting("model.storage") == "materialised" }

// floorOf is what a plan holds at any context, in bytes.
func floorOf(r results.Record) float64 {
	p := r.Memory.Planned
	return float64(p.Weights + p.Gradients + p.Optimizer)
}

// slope of log(memory above the floor) over log(context), by least squares over
// the upper half of the contexts (two at least); NaN where there is none.
func slope(records results.Records) float64 {
	var x, y []float64
	for _, r := range records[min(len(records)/2, max(0, len(records)-2)):] {
		if above := float64(r.Memory.Planned.Total) - floorOf(r); above > 0 {
			x, y = append(x, math.Log(r.Number("train.context"))), append(y, math.Log(above))
		}
	}
	if len(x) < 2 || x[0] == x[len(x)-1] {
		return math.NaN()
	}
	_, k := stat.LinearRegression(x, y, nil, false)
	return k
}

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

func memoryKeys(records results.Records, variants []string, looks map[string]look) []key {
	var keys []key
	for _, v := range variants {
		keys = append(keys, key{name: v, color: looks[v].color, mark: true, shape: looks[v].shape})
	}
	streams := func(r results.Record) bool { return !materialised(r) }
	if slices.ContainsFunc(records, streams) {
		keys = append(keys, key{name: "streaming", color: mutedInk, line: true, width: 1.5, mark: true})
	}
	if slices.ContainsFunc(records, materialised) {
		keys = append(keys, key{name: "materialised", color: mutedInk, line: true, width: 1.5, dashes: matDashes, mark: true, hollow: true})
	}
	keys = append(keys, key{name: "weights, gradients, optimiser", color: mix(mutedInk, paper, 0.3), line: true, width: 0.9, dashes: floorDashes})
	if slices.ContainsFunc(records, func(r results.Record) bool { return r.Memory.MeasuredPeak > 0 }) {
		keys = append(keys, key{name: "measured in the process", color: mutedInk, mark: true, shape: cross})
	}
	if slices.ContainsFunc(records, func(r results.Record) bool { return r.Memory.Idle > 0 }) {
		keys = append(keys, key{name: "idle process", color: foreign, line: true, width: 0.9, dashes: idleDashes})
	}
	return keys
}
