package plots

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hgbench/results"
)

// of is a finished run of a system with attention and positions ("transformer
// full,rotary"), with settings of training.
func of(model, hierarchy string, train map[string]any) results.Record {
	system, kind, _ := strings.Cut(model, " ")
	attention, positions, _ := strings.Cut(kind, "; ")
	spec, _ := json.Marshal(map[string]any{
		"model": map[string]any{"system": system, "hierarchy": hierarchy, "attention": attention, "positions": positions},
		"train": train,
	})
	return results.Record{ID: fmt.Sprint(model, hierarchy, train), Status: results.Done, Spec: spec}
}

func TestShortNames(t *testing.T) {
	lr := func(lr float64) map[string]any { return map[string]any{"lr": lr} }
	for _, c := range []struct {
		about   string
		records results.Records
		want    []string
	}{
		{"one model", results.Records{of("hourglass relative", "1@1,4@3,1@1", nil)}, []string{"1@1,4@3,1@1"}},
		{"by hierarchy", results.Records{
			of("transformer relative", "2@1", nil), of("transformer relative", "4@1", nil), of("hourglass relative", "1@1,4@3,1@1", nil),
		}, []string{"2@1", "4@1", "1@1,4@3,1@1"}},
		{"by attention", results.Records{
			of("reformer lsh(64, hashes: 2); absolute", "3@1", nil), of("performer favor(64); absolute", "3@1", nil),
			of("transformer full; rotary", "3@1", nil), of("transformer full; relative", "3@1", nil),
			of("longformer window(32..512); relative", "3@1", nil), of("longformer window(64); relative", "3@1", nil),
		}, []string{"lsh", "favor", "full", "relative", "window(32..512)", "window(64)"}},
		{"by attention and hierarchy", results.Records{
			of("hourglass window(128); rotary", "1@1,4@4,1@1", nil), of("transformer window(128); rotary", "3@1", nil),
			of("hourglass favor(64); rotary", "1@1,4@4,1@1", nil), of("transformer favor(64); rotary", "3@1", nil),
			of("hourglass 1: favor(64), 4: relative", "1@1,4@4,1@1", nil),
		}, []string{"window 1@1,4@4,1@1", "window 3@1", "favor 1@1,4@4,1@1", "favor 3@1", "1: favor, 4: relative"}},
		{"more only where it is needed", results.Records{
			of("transformer relative", "4@1", nil), of("transformer full; absolute", "4@1", nil), of("transformer-xl relative", "4@1", nil),
			of("transformer relative", "2@1", nil), of("hourglass relative", "1@1,4@3,1@1", nil),
		}, []string{"transformer(relative) 4@1", "full 4@1", "transformer-xl 4@1", "2@1", "1@1,4@3,1@1"}},
		{"by positions", results.Records{
			of("transformer full; rotary", "3@1", nil), of("transformer full; absolute", "3@1", nil), of("transformer window(8); absolute", "3@1", nil),
		}, []string{"full, rotary", "full, absolute", "window"}},
		{"by settings", results.Records{
			of("transformer relative", "4@1", lr(1e-3)), of("transformer relative", "4@1", lr(2e-3)),
		}, []string{"lr 0.001", "lr 0.002"}},
		{"by hierarchy and settings", results.Records{
			of("transformer relative", "2@1", lr(1e-3)), of("transformer relative", "2@1", lr(2e-3)),
			of("transformer relative", "4@1", lr(1e-3)), of("transformer relative", "4@1", lr(2e-3)),
		}, []string{"2@1 (lr 0.001)", "2@1 (lr 0.002)", "4@1 (lr 0.001)", "4@1 (lr 0.002)"}},
		{"no model", results.Records{{ID: "a", Status: results.Done, Spec: []byte(`{}`)}}, []string{""}},
	} {
		groups := c.records.OverSeeds()
		names := shortNames(groups)
		var got []string
		for _, g := range groups {
			got = append(got, names[g.Key])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.about, got, c.want)
		}
		slices.Sort(got)
		if len(slices.Compact(got)) != len(c.want) {
			t.Errorf("%s: labels that are alike", c.about)
		}
	}
}
