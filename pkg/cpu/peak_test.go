package cpu

import "testing"

func TestMeasurePeak(t *testing.T) {
	last := 0.0
	for _, isa := range Supported() {
		peak := MeasurePeak(isa, 1)
		t.Logf("%v: %.1f GFLOP/s, on two threads %.1f", isa, peak, MeasurePeak(isa, 2))
		if peak <= last/4 {
			t.Errorf("%v: peak of %v GFLOP/s after %v", isa, peak, last)
		}
		last = peak
	}
}
