package plots

import (
	"math"
	"slices"
	"testing"

	"hgbench/results"
)

// What Values says of a figure is what its records hold, at places inside of it.
func TestValues(t *testing.T) {
	records := seeded()
	f, err := Efficiency(records, results.PeakMemory, Options{Published: true})
	if err != nil {
		t.Fatal(err)
	}
	values, err := f.Values()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range results.Records(records).OverSeeds() {
		if math.IsNaN(g.Mean(results.ValidBPC.Value)) {
			continue
		}
		at := slices.IndexFunc(values, func(v Value) bool { return v.Name == g.Key })
		if at < 0 {
			t.Errorf("no value of %s", g.Key)
			continue
		}
		v := values[at]
		if v.YTitle != "validation BPC (bits per byte)" || math.Abs(v.Y-g.Mean(results.ValidBPC.Value)) > 1e-9 {
			t.Errorf("%s: %s is %v", g.Key, v.YTitle, v.Y)
		}
		if v.XTitle != "planned peak memory (GiB)" || math.Abs(v.X*(1<<30)-g.Mean(results.PeakMemory.Value)) > 1 {
			t.Errorf("%s: %s is %v", g.Key, v.XTitle, v.X)
		}
	}
	for _, v := range values {
		if v.Left < 0 || v.Left > 72*f.Width || v.Top < 0 || v.Top > 72*f.Height {
			t.Errorf("%+v is outside of the figure", v)
		}
	}
}
