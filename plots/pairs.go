package plots

import (
	"image/color"
	"maps"
	"slices"
	"strings"

	"hgbench/results"
)

// pairs are the systems of a figure that shows kinds of attention each in
// several models, such as flat and inside of Hourglass. Then colour tells the
// kind and the marker the model, so that the eye finds what belongs together,
// and the legend has an entry for each of the two instead of one for each pair.
type pairs struct {
	models, kinds []string // in the order of the systems
}

// manyKinds is how many kinds must stand in more than one model to be shown as
// pairs: fewer systems are better told apart by colours of their own.
const manyKinds = 3

// kindColors are for kinds of attention (Tol 2021, "muted", the light ones
// darkened until they stand out from paper).
var kindColors = []color.NRGBA{
	{0x33, 0x22, 0x88, 0xff}, {0xc4, 0x8a, 0x00, 0xff}, {0x11, 0x77, 0x33, 0xff}, {0xd0, 0x4a, 0x5e, 0xff},
	{0x2a, 0x8c, 0xbf, 0xff}, {0x7d, 0x1b, 0x4c, 0xff}, {0x7f, 0x7f, 0x1e, 0xff}, {0xaa, 0x44, 0x99, 0xff},
	{0x1f, 0x8f, 0x80, 0xff}, {0x6b, 0x4a, 0x2b, 0xff}, {0x59, 0x59, 0x59, 0xff}, {0xe0, 0x65, 0x12, 0xff},
}

// pairsOf finds pairs among systems; ok is false where their own looks are
// better: few kinds are shared, there are too many for colours or markers, or
// some look ahead, which the legend must say of each.
func pairsOf(systems []string) (p pairs, ok bool) {
	in := map[string]int{}
	shared := 0
	for _, s := range systems {
		if strings.HasSuffix(s, results.LeakMark) {
			return p, false
		}
		model, kind := modelAndKind(s)
		if !slices.Contains(p.models, model) {
			p.models = append(p.models, model)
		}
		if in[kind]++; in[kind] == 2 {
			shared++
		}
	}
	for kind := range in {
		p.kinds = append(p.kinds, kind)
	}
	slices.Sort(p.kinds)
	return p, shared >= manyKinds && len(p.kinds) <= len(kindColors) && len(p.models) <= int(plus)
}

// modelAndKind parts a system as results.Record.Variant names it.
func modelAndKind(system string) (model, kind string) {
	model, kind, found := strings.Cut(system, "(")
	if !found {
		return model, "relative" // by definition
	}
	return model, strings.TrimSuffix(kind, ")")
}

func (p pairs) look(system string) look {
	model, kind := modelAndKind(system)
	return look{kindColors[slices.Index(p.kinds, kind)], shape(slices.Index(p.models, model))}
}

// keys name the kinds, without the positions that all of them have, and the models.
func (p pairs) keys() []key {
	common := ""
	if i := strings.LastIndex(p.kinds[0], ", "); i >= 0 && !strings.HasSuffix(p.kinds[0], ")") {
		common = p.kinds[0][i:]
	}
	for _, kind := range p.kinds {
		if !strings.HasSuffix(kind, common) {
			common = ""
		}
	}
	var keys []key
	for i, kind := range p.kinds {
		keys = append(keys, key{name: strings.TrimSuffix(kind, common), color: kindColors[i], cell: true})
	}
	for i, model := range p.models {
		keys = append(keys, key{name: model, color: mutedInk, mark: true, shape: shape(i)})
	}
	return keys
}

// names are labels of groups that tell each from the others of its model, which
// the marker tells.
func (p pairs) names(groups []results.Group) map[string]string {
	names := map[string]string{}
	for _, own := range p.byModel(groups) {
		maps.Copy(names, shortNames(own))
	}
	return names
}

func (p pairs) byModel(groups []results.Group) [][]results.Group {
	own := make([][]results.Group, len(p.models))
	for _, g := range groups {
		model, _ := modelAndKind(g.Records[0].Variant())
		i := slices.Index(p.models, model)
		own[i] = append(own[i], g)
	}
	return own
}

// lines are the groups of each kind that stands once in some models: joined,
// they show where a model moves a kind.
func (p pairs) lines(groups []results.Group) (lines [][]results.Group) {
	for _, kind := range p.kinds {
		var line []results.Group
		for _, own := range p.byModel(groups) {
			own = slices.DeleteFunc(own, func(g results.Group) bool {
				_, k := modelAndKind(g.Records[0].Variant())
				return k != kind
			})
			if len(own) == 1 {
				line = append(line, own[0])
			}
		}
		if len(line) > 1 {
			lines = append(lines, line)
		}
	}
	return lines
}

// keysOf are the legend of systems, with samples of lines of a width.
func keysOf(systems []string, width float64) []key {
	if p, ok := pairsOf(systems); ok {
		return p.keys()
	}
	looks := looksFor(systems)
	var keys []key
	for _, s := range systems {
		keys = append(keys, lineKey(s, looks[s], width))
	}
	return keys
}
