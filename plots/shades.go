package plots

import (
	"cmp"
	"slices"

	"hgbench/results"
)

// shaded are the groups of a system in the order of their shades: by FLOPs, and
// by name where these are equal, whatever the order of the records.
func shaded(groups []results.Group, system string) []results.Group {
	own := slices.DeleteFunc(slices.Clone(groups), func(g results.Group) bool { return g.Records[0].Variant() != system })
	slices.SortStableFunc(own, func(a, b results.Group) int {
		return cmp.Or(cmp.Compare(a.Mean(results.NecessaryFLOPs.Value), b.Mean(results.NecessaryFLOPs.Value)), cmp.Compare(a.Key, b.Key))
	})
	return own
}

// shadesText explains the shades, where FLOPs order them.
func shadesText(groups []results.Group, systems []string) string {
	several := false
	for _, s := range systems {
		own := shaded(groups, s)
		if len(own) < 2 {
			continue
		}
		several = true
		if results.NecessaryFLOPs.Equal(own) {
			return ""
		}
	}
	if !several {
		return ""
	}
	return "Shades of a colour: darker is more FLOPs."
}
