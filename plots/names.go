package plots

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"hgbench/results"
)

// A part of the name of a group. Labels have those that tell their group from
// the others of the figure.
const (
	hierarchyPart = iota // "1@1,4@3,1@1"
	kindPart             // of attention: "lsh"
	systemPart           // "reformer"
	settingsPart         // what more the group's key tells: "lr 0.002"
	detailsPart          // the kind with its parameters: "lsh(64, hashes: 2)"
	positionsPart        // with its positions too: "lsh(64, hashes: 2), rotary"
	partCount
)

type parts struct {
	of      [partCount]string
	implied bool // the system has that kind of attention by definition
}

func partsOf(g results.Group) parts {
	r := g.Records[0]
	variant := strings.TrimSuffix(r.Variant(), " "+results.LeakMark)
	attention := r.Attention()
	positions := attention
	if kind, ok := strings.CutPrefix(variant, r.System()+"("); ok {
		positions = strings.TrimSuffix(kind, ")")
	}
	if positions == "relative" { // also where it is written as full attention with relative positions
		attention = "relative"
	}
	settings := strings.TrimSpace(strings.TrimPrefix(g.Key, r.Label()))
	return parts{
		of: [partCount]string{
			hierarchyPart: r.Hierarchy(), systemPart: r.System(), settingsPart: strings.TrimSuffix(strings.TrimPrefix(settings, "("), ")"),
			kindPart: parameters.ReplaceAllString(attention, ""), detailsPart: attention, positionsPart: positions,
		},
		implied: variant == r.System(),
	}
}

// parameters of a kind of attention.
var parameters = regexp.MustCompile(`\([^()]*\)`)

// text of the parts that are not empty: "reformer(lsh) 3@1 (lr 0.002)".
func (p parts) text() string {
	model, settings := p.of[systemPart], p.of[settingsPart]
	kind := cmp.Or(p.of[positionsPart], p.of[detailsPart], p.of[kindPart])
	switch {
	case model == "":
		model = kind
	case kind != "" && !p.implied:
		model += "(" + kind + ")"
	}
	name := strings.TrimSpace(model + " " + p.of[hierarchyPart])
	switch {
	case name == "":
		return settings
	case settings != "":
		name += " (" + settings + ")"
	}
	return name
}

// shortNames are labels for the groups of a figure, by key. Parts are taken in
// one order for all groups, each where it tells a group from others that it was
// still alike, until it is told from all. The order is the one with the shortest
// labels: models that differ in their hierarchy alone are labelled by that, those
// of one hierarchy by their attention.
func shortNames(groups []results.Group) map[string]string {
	all := make([]parts, len(groups))
	for i, g := range groups {
		all[i] = partsOf(g)
	}
	var best []string
	shortest := math.MaxInt
	for _, order := range orders(nil) {
		labels := labelsBy(order, all)
		length := 0
		for _, l := range labels {
			length += utf8.RuneCountInString(l)
		}
		if length < shortest {
			best, shortest = labels, length
		}
	}
	names := make(map[string]string, len(groups))
	for i, g := range groups {
		if names[g.Key] = best[i]; best[i] == "" { // one model alone
			names[g.Key] = all[i].of[hierarchyPart]
		}
		if names[g.Key] == "" {
			names[g.Key] = g.Key
		}
	}
	return names
}

// labelsBy takes parts in an order.
func labelsBy(order []int, all []parts) []string {
	chosen, seen := make([]parts, len(all)), make([]string, len(all))
	for i, p := range all {
		chosen[i].implied = p.implied
	}
	alike := map[string]int{"": len(all)} // how many share the parts so far
	for _, part := range order {
		now := make(map[string]int, len(all))
		next := make([]string, len(all))
		for i, p := range all {
			next[i] = seen[i] + "\x00" + p.of[part]
			now[next[i]]++
		}
		for i, p := range all {
			if now[next[i]] < alike[seen[i]] {
				chosen[i].of[part] = p.of[part]
			}
		}
		seen, alike = next, now
	}
	labels := make([]string, len(all))
	for i, p := range chosen {
		labels[i] = p.text()
	}
	return labels
}

// orders of all parts that start so, those first that take parts in their order.
// A kind comes before its details, and these before its positions.
func orders(start []int) [][]int {
	if len(start) == partCount {
		return [][]int{start}
	}
	var all [][]int
	for part := range partCount {
		taken := func(part int) bool { return slices.Contains(start, part) }
		if taken(part) || part == detailsPart && !taken(kindPart) || part == positionsPart && !taken(detailsPart) {
			continue
		}
		all = append(all, orders(append(slices.Clip(start), part))...)
	}
	return all
}
