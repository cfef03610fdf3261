package results

import (
	"fmt"
	"math"
	"strings"
)

// reached names a group with its validation BPC: "transformer(relative) 4@1 (2.310)".
func reached(g Group) string {
	return fmt.Sprintf("%s (%s)", properName(g), bits(g.Mean(ValidBPC.Value)))
}

// properName is a group's label as it stands in a sentence.
func properName(g Group) string {
	if rest, ok := strings.CutPrefix(g.Key, "hourglass"); ok {
		return "Hourglass" + rest
	}
	return g.Key
}

func listGroups(gs []Group) string {
	var names []string
	for _, g := range gs {
		names = append(names, reached(g))
	}
	return joinWith(names, "or")
}

// share gives a ratio of costs for a sentence: "78 % of its FLOPs", "2.3 times its
// memory", and "as many seconds" where they are equal.
func share(ratio float64, x Axis) string {
	switch {
	case alike(ratio) && x.Name == PeakMemory.Name:
		return "as much " + x.Name
	case alike(ratio):
		return "as many " + x.Name
	case ratio >= 1.95:
		return fmt.Sprintf("%.1f times its %s", ratio, x.Name)
	}
	return fmt.Sprintf("%.0f %% of its %s", 100*ratio, x.Name)
}

// alike says whether costs of that ratio count as equal.
func alike(ratio float64) bool { return math.Abs(ratio-1) <= equalCost }

// joinWith lists parts as a sentence does: "a, b and c".
func joinWith(parts []string, word string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " " + word + " " + parts[last]
}
