package results

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// pair makes two records whose windows are hard or easy together and differ by
// shift ± noise bits.
func pair(shift, noise float64, seed uint64) (a, b Record) {
	a, b = two()[1], two()[0]
	rng := rand.New(rand.NewPCG(seed, 0))
	targets, err := a.Evaluation.Targets()
	if err != nil {
		panic(err)
	}
	for range targets {
		hard := 2.3 + 0.5*rng.NormFloat64()
		b.TestWindows = append(b.TestWindows, hard)
		a.TestWindows = append(a.TestWindows, hard+shift+noise*rng.NormFloat64())
	}
	return a, b
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		shift, noise float64
		want         string
	}{
		{-0.02, 0.05, "better"}, {0.02, 0.05, "worse"}, {0, 0.05, "no clear difference"}, {-0.001, 0.2, "no clear difference"}, {-0.1, 0, "better"}, {0, 0, "no clear difference"},
	} {
		a, b := pair(c.shift, c.noise, 1)
		got, err := Compare(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if got.Verdict() != c.want {
			t.Errorf("shift %g, noise %g: %s", c.shift, c.noise, got)
		}
		if c.noise > 0 && math.Abs(got.Difference-c.shift) > 4*got.Stderr {
			t.Errorf("shift %g: difference %g ± %g", c.shift, got.Difference, got.Stderr)
		}
		if !(got.Low <= got.Difference && got.Difference <= got.High) || got.P < 0 || got.P > 1 {
			t.Errorf("%+v", got)
		}
		back, err := Compare(b, a)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(back.Difference+got.Difference) > 1e-12 || math.Abs(back.P-got.P) > 1e-9 {
			t.Errorf("turned round, %s becomes %s", got, back)
		}
	}
}

// Of comparisons without a difference, about 5 % find one.
func TestFalseAlarms(t *testing.T) {
	alarms := 0
	const n = 100
	for seed := range uint64(n) {
		a, b := pair(0, 0.1, seed)
		c, err := Compare(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if c.P < 0.05 {
			alarms++
		}
	}
	if alarms > n/8 {
		t.Errorf("%d false alarms in %d", alarms, n)
	}
}

func TestCompareErrors(t *testing.T) {
	for name, change := range map[string]func(*Record){
		"done":             func(r *Record) { r.Status = Failed },
		"different data":   func(r *Record) { r.Data.SHA256 = "x" },
		"differently":      func(r *Record) { r.Evaluation.Stride = 48 },
		"each test window": func(r *Record) { r.TestWindows = nil },
		"want finite":      func(r *Record) { r.TestWindows[3] = math.NaN() },
		"windows, but":     func(r *Record) { r.TestWindows = r.TestWindows[:3] },
		"too few":          func(r *Record) { r.TestWindows, r.Evaluation.Bytes = r.TestWindows[:1], 192 },
	} {
		a, b := pair(0, 0.1, 1)
		change(&a)
		switch name { // where both must agree to get that far
		case "windows, but":
			b.TestWindows = b.TestWindows[:3]
		case "too few":
			b.TestWindows, b.Evaluation.Bytes = b.TestWindows[:1], 192
		}
		if c, err := Compare(a, b); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}

func TestCompareAll(t *testing.T) {
	a, reference := pair(-0.02, 0.05, 1)
	b, c := a, a
	b.TestWindows, c.TestWindows = reference.TestWindows, nil
	all, err := CompareAll(reference, Records{a, b})
	if err != nil {
		t.Fatal(err)
	}
	if all[0].Adjusted != 2*all[0].P || all[1].Adjusted != 1 || all[0].B != reference.Label() {
		t.Errorf("%v", all)
	}
	if _, err := CompareAll(reference, Records{a, c}); err == nil {
		t.Error("a record without windows is no error")
	}
	if all, err := CompareAll(reference, nil); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}
