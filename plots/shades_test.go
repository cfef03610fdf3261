package plots

import (
	"slices"
	"testing"
)

// TestShades: at equal FLOPs the name decides, whatever the order of the records,
// and no caption says that FLOPs do.
func TestShades(t *testing.T) {
	for name, flops := range map[string]float64{"equal": 0, "rising": 1e6} {
		records := quick()[:3]
		for i := range records {
			records[i].FLOPs.Total = 1e12 + flops*1e6*float64(i)
		}
		a, err := Curves(records, "tokens", Options{})
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(records)
		b, err := Curves(records, "tokens", Options{})
		if err != nil {
			t.Fatal(err)
		}
		x, err := a.SVG()
		if err != nil {
			t.Fatal(err)
		}
		y, err := b.SVG()
		if err != nil || string(x) != string(y) {
			t.Errorf("%s FLOPs: the order of the records decides, %v", name, err)
		}
		if got, want := a.Caption != "", flops > 0; got != want {
			t.Errorf("%s FLOPs: caption %q", name, a.Caption)
		}
	}
}
