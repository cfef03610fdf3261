package nn

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// Each row is spellings of one kind over 4 heads and 3 layers, the canonical first.
func TestCanonicalAttention(t *testing.T) {
	for _, spellings := range [][]string{
		{"full", " full ", "full()", "full( )"},
		{"relative", "relative()"},
		{"window(8)", "window(window: 8)", "window( 8 )", "window(08)", "window(8, 1)", "window(8, dilation: 1)", "window(8..8)", "window(8-8-8)",
			"window(8, dilated: 2)", "window(dilated: 2, window: 8)", "window(8, 1-1-1, 2)"},
		{"window(8, dilation: 2)", "window(dilation: 2, window: 8)", "window(8, 2)", "window(8, dilated: 4, dilation: 2)", "window(8, dilation: 2..2)"},
		{"window(8, dilation: 2, dilated: 1)", "window(8, dilated: 1, dilation: 2)", "window(8, 2, 1)"},
		{"window(8..128)", "window(8-32-128)", "window(window: 8..128)"},
		{"window(8..129)", "window(8-32-129)"},
		{"window(8-9-100)"},
		{"window(8, dilation: 1-2-4)", "window(8, dilation: 1..4)"},
		{"local(8)", "local(8, before: 1)", "local(before: 1, chunk: 8)"},
		{"local(8, before: 0)", "local(8, 0)"},
		{"strided(8)", "strided(8, heads: split)", "strided(heads: split, stride: 8)"},
		{"strided(8, heads: merged)", "strided(8, merged)"},
		{"fixed(8, 2)", "fixed(8, summary: 2)", "fixed(summary: 2, block: 8)", "fixed(8, 2, merged)"},
		{"bigbird(8)", "bigbird(8, window: 1, global: 1, random: 3, seed: 1)", "bigbird(8, 1)", "bigbird(seed: 1, block: 8)"},
		{"bigbird(8, random: 0)", "bigbird(8, seed: 7, random: 0)"},
		{"bigbird(8, window: 2, seed: 5)", "bigbird(8, seed: 5, window: 2)"},
		{"lsh(4, hashes: 2, chunk: 8)", "lsh(4, chunk: 8, hashes: 2)", "lsh(4, 2, 8)", "lsh(4, 2, 8, every: 1, seed: 1, selection: causal)"},
		{"lsh(4, chunk: 64)", "lsh(4)"},
		{"lsh(4, chunk: 64, selection: original)", "lsh(4, selection: original)", "lsh(4, 1, 64, 1, 1, original)"},
		{"routing(2, 8)", "routing(2, 8, local: 2)", "routing(2, 8, decay: 0.9990)", "routing(window: 8, clusters: 2)"},
		{"routing(2, 8, local: 0)", "routing(2, 8, 0)"},
		{"favor(16)", "favor(16, redraw: 0)", "favor(16, epsilon: 0.000001)", "favor(features: 16, seed: 1)", "favor(16, epsilon: 1e-6)"},
		{"favor(16, redraw: 5)", "favor(16, 5, seed: 3)"},
		{"favor(16, epsilon: 1e-05)", "favor(16, epsilon: 0.00001)"},
		{"relu", "relu()"},
	} {
		for _, s := range spellings {
			if got, err := CanonicalAttention(s, 4, 3); err != nil || got != spellings[0] {
				t.Errorf("%q: %q, %v; want %q", s, got, err, spellings[0])
			}
		}
	}
	// What depends on heads and layers stays as it was written while they are not known.
	for _, s := range []string{"window(8-8-8)", "window(8, dilation: 2, dilated: 4)", "routing(2, 8, local: 2)", "window(8-32-128)", "window(8..128)"} {
		if got, err := CanonicalAttention(s, 0, 0); err != nil || got != s {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	// A list that does not fit is left for the check to say so.
	if got, err := CanonicalAttention("window(8-8)", 4, 3); err != nil || got != "window(8-8)" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := CanonicalAttention("window(0)", 4, 3); err == nil {
		t.Errorf("%q for a window of 0", got)
	}
}

// The canonical spelling shows what the kind does, and so of two spellings with
// one pattern in all layers there is one; and it is its own.
func TestCanonicalMeansTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	n := func() string { return fmt.Sprint(1 + rng.IntN(4)) }
	schedule := func(layers int) string {
		list := make([]string, layers)
		for i := range list {
			list[i] = n()
		}
		return pick(n(), n()+".."+n(), strings.Join(list, "-"))
	}
	patterns := func(kind string, heads, layers int) string {
		a, err := ParseAttention(kind)
		if err != nil {
			t.Fatal(err)
		}
		var all []any
		for i := range layers {
			p, _ := a.Pattern(heads, Place{Total: 1, Layer: i, Layers: layers}, 23)
			for h := range heads {
				all = append(all, p.Mask(h))
			}
		}
		return fmt.Sprint(all)
	}
	for range 300 {
		heads, layers := 1+rng.IntN(3), 1+rng.IntN(4)
		var kinds, canonical [2]string
		for i := range kinds {
			kinds[i] = "window(" + strings.Join([]string{schedule(layers), "dilation: " + schedule(layers), "dilated: " + fmt.Sprint(1+rng.IntN(heads))}, ", ") + ")"
			var err error
			if canonical[i], err = CanonicalAttention(kinds[i], heads, layers); err != nil {
				t.Fatal(err)
			}
			if again, err := CanonicalAttention(canonical[i], heads, layers); err != nil || again != canonical[i] {
				t.Fatalf("%s became %s, then %s, %v", kinds[i], canonical[i], again, err)
			}
			if !reflect.DeepEqual(patterns(kinds[i], heads, layers), patterns(canonical[i], heads, layers)) {
				t.Fatalf("%s, canonical %s: other patterns, over %d heads and %d layers", kinds[i], canonical[i], heads, layers)
			}
		}
		if same := patterns(kinds[0], heads, layers) == patterns(kinds[1], heads, layers); same != (canonical[0] == canonical[1]) {
			t.Errorf("%s and %s: the same %v, but canonical %s and %s, over %d heads and %d layers", kinds[0], kinds[1], same, canonical[0], canonical[1], heads, layers)
		}
	}
}
