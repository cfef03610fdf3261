package plots

import (
	"strings"
	"testing"

	"hgbench/results"
)

// alikeCosts is paired at equal FLOPs.
func alikeCosts() []results.Record {
	all := paired()
	for i := range all {
		all[i].FLOPs.Total = 8e13 * (1 + float64(i%2)/500)
	}
	return all
}

// TestEqualCostIsRanked: where an axis of cost would say nothing, rows from the
// best on show every system, by name and with its value.
func TestEqualCostIsRanked(t *testing.T) {
	f, err := Efficiency(alikeCosts(), results.NecessaryFLOPs, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Title != "Validation BPC at equal necessary FLOPs of training" || !strings.HasPrefix(f.Caption, "All cost 80 TFLOP") {
		t.Errorf("%s\n%s", f.Title, f.Caption)
	}
	values, err := f.Values()
	if err != nil || len(values) != 10 {
		t.Fatalf("%d values, %v", len(values), err)
	}
	for i, v := range values[1:] {
		if v.X < values[i].X || v.Top <= values[i].Top {
			t.Errorf("%s (%.3f) is not below %s (%.3f)", v.Name, v.X, values[i].Name, values[i].X)
		}
	}
	all, err := Costs(alikeCosts(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Panels) != 1 || len(all.Panels[0]) != 2 || !strings.Contains(all.Caption, "All cost the same in FLOPs (80 TFLOP) and dense FLOPs (90.4 TFLOP), to 1 %.") {
		t.Errorf("%d rows of panels: %s", len(all.Panels), all.Caption)
	}
}

// TestUnlabelled: a label without room is named where the legend does not tell
// which point it is of.
func TestUnlabelled(t *testing.T) {
	var crowd []results.Record
	for i := range 60 {
		crowd = append(crowd, synthetic("hourglass", strings.Repeat("1@1,", 8+i/10)+strings.Repeat("2@2,", i%10)+"1@1", 1e6, 1e7+float64(i), 2.5, 1))
	}
	crowd = append(crowd, synthetic("transformer(relative)", "4@1", 1e6, 2e7, 2.6, 1))
	f, err := Efficiency(crowd, results.NecessaryFLOPs, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(f.Caption, "No room for ") {
		t.Errorf("caption %q", f.Caption)
	}
	if f, err = Efficiency(quick(), results.NecessaryFLOPs, Options{}); err != nil || strings.Contains(f.Caption, "No room") {
		t.Errorf("caption %q, %v", f.Caption, err)
	}
}
