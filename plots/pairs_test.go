package plots

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hgbench/results"
)

// paired looks like the result of the hourglass-attention sweep.
func paired() []results.Record {
	var all []results.Record
	for i, kind := range []string{"full", "bigbird(64)", "favor(64)", "lsh(64, hashes: 2)", "window(128)"} {
		x := float64(i)
		all = append(all,
			synthetic("transformer("+kind+")", "3@1", 3e6, 1e7*(2+x), 2.9+x/10, 1),
			synthetic("hourglass("+kind+")", "1@1,4@4,1@1", 5e6, 1e7*(1.9+0.9*x), 2.8+x/12, 1),
		)
	}
	return all
}

// TestPairs: colour tells the kind, the marker the model, a line joins the two,
// and the legend has an entry for each kind and model.
func TestPairs(t *testing.T) {
	e, err := newEfficiency(paired(), results.NecessaryFLOPs, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.pairs) != 5 || len(e.keys()) != 5+2+1 {
		t.Errorf("%d lines and %d keys, want 5 and 8", len(e.pairs), len(e.keys()))
	}
	seen := map[look]bool{}
	for _, pair := range e.pairs {
		a, b := e.looks[pair[0].Records[0].Variant()], e.looks[pair[1].Records[0].Variant()]
		if a.color != b.color || a.shape == b.shape || seen[a] || seen[b] {
			t.Errorf("%s and %s look %v and %v", pair[0].Key, pair[1].Key, a, b)
		}
		if e.names[pair[0].Key] != e.names[pair[1].Key] {
			t.Errorf("labels %q and %q of one kind", e.names[pair[0].Key], e.names[pair[1].Key])
		}
		seen[a], seen[b] = true, true
	}
}

// TestNoPairs: few kinds, kinds of one model each, and systems that look ahead
// keep looks of their own.
func TestNoPairs(t *testing.T) {
	all := variantsOf(paired())
	for name, systems := range map[string][]string{
		"the main comparison": {"hourglass", "transformer(relative)", "transformer(full)", "transformer-xl"},
		"one model":           slices.DeleteFunc(slices.Clone(all), func(s string) bool { return strings.HasPrefix(s, "hourglass") }),
		"looking ahead":       append(slices.Clone(all), "transformer(routing) "+results.LeakMark),
	} {
		if p, ok := pairsOf(systems); ok {
			t.Errorf("%s: %v", name, p)
		}
	}
}

func TestLegendOfPairs(t *testing.T) {
	names := func(systems ...string) string {
		var all []string
		for _, k := range keysOf(systems, 1) {
			all = append(all, k.name)
		}
		return strings.Join(all, " | ")
	}
	var systems []string
	for _, kind := range []string{"full, rotary", "lsh(64, hashes: 2), rotary", "window(8), rotary"} {
		systems = append(systems, fmt.Sprintf("hourglass(%s)", kind), fmt.Sprintf("transformer(%s)", kind))
	}
	if got := names(systems...); got != "full | lsh(64, hashes: 2) | window(8) | hourglass | transformer" {
		t.Error(got)
	}
	if got := names(append(systems, "transformer(relative)")...); got != "full, rotary | lsh(64, hashes: 2), rotary | relative | window(8), rotary | hourglass | transformer" {
		t.Error(got)
	}
}
