package verify

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"hgbench/pkg/cpu"
	"hgbench/pkg/nn"
)

// quick keeps one in eleven of the proofs of systems, and of those of all
// instruction sets but the one in use, whose borders of tiles are left out.
// Systems come in products of 2, 4, 5 and 21, so every value of every setting is
// left.
func quick(proofs []Proof) []Proof {
	count := map[string]int{}
	return slices.DeleteFunc(proofs, func(p Proof) bool {
		count[p.Group]++
		other := slices.ContainsFunc(cpu.Supported(), func(isa cpu.ISA) bool {
			return isa != cpu.Current() && strings.HasPrefix(p.Group, isa.String()+",")
		})
		switch {
		case other && strings.Contains(p.Group, "borders"):
			return true
		case other, strings.Contains(p.Group, "systems"), strings.HasPrefix(p.Group, "streaming"):
			// Of sparse attention also one in five, which is every kind.
			sparse := slices.ContainsFunc(sparseKinds, func(kind string) bool { return strings.Contains(p.Name, kind) })
			return count[p.Group]%11 != 1 && !(sparse && count[p.Group]%5 == 1 && !other)
		}
		return false
	})
}

// proven runs proofs, which must pass.
func proven(t *testing.T, proofs []Proof) {
	t.Helper()
	worst := map[string]Error{}
	for _, p := range proofs {
		v, err := p.Run(2)
		if err != nil {
			t.Fatalf("%s: %s: %v", p.Group, p.Name, err)
		}
		if !v.Pass {
			t.Errorf("%s: %s: error %.1e of %s, want at most %.0e; %s", p.Group, p.Name, v.Error.Value, v.Error.Of, v.Tolerance, v.What)
		}
		if e := worst[p.Group]; v.Error.Value >= e.Value {
			worst[p.Group] = Error{v.Error.Value, p.Name + ": " + v.Error.Of}
		}
	}
	for _, group := range slices.Sorted(maps.Keys(worst)) {
		t.Logf("%s: %.1e, %s", group, worst[group].Value, worst[group].Of)
	}
}

// Proofs have names of their own, and every attention kind is among the
// systems.
func TestProofsAreComplete(t *testing.T) {
	for _, proofs := range [][]Proof{GradientProofs(), CausalityProofs()} {
		seen := map[string]bool{}
		for _, p := range proofs {
			if name := p.Group + ": " + p.Name; seen[name] {
				t.Errorf("%s is there twice", name)
			} else {
				seen[name] = true
			}
		}
	}
	got := slices.Collect(maps.Keys(kinds))
	for _, kind := range sparseKinds {
		name, _, _ := strings.Cut(kind, "(")
		got = append(got, name)
	}
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, nn.Kinds()) {
		t.Errorf("systems have attention of kinds %v; there are %v", got, nn.Kinds())
	}
	for _, s := range Systems() {
		if err := s.Model.Validate(); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	// The sample of the tests has every setting.
	var names strings.Builder
	for _, p := range quick(CausalityProofs()) {
		names.WriteString(p.Name + "\n")
	}
	for _, setting := range slices.Concat(shortenings, upsamplings, nn.Kinds(), []string{
		"rotary", "absolute", "none", "streaming", "materialised", "training", "evaluation", "@2", "@3", "@4", "transformer-xl",
	}) {
		if !strings.Contains(names.String(), " "+setting) && !strings.Contains(names.String(), ":"+setting) && !strings.Contains(names.String(), setting+" ") && !strings.Contains(names.String(), setting+",") {
			t.Errorf("no system of the sample has %s", setting)
		}
	}
}

func TestErrorIsLargest(t *testing.T) {
	var e Error
	if within(e, 1).Pass {
		t.Error("a comparison of nothing passes")
	}
	for _, v := range []float64{0, 2, 1} {
		e.add("x", v)
	}
	if e.Value != 2 || !within(e, 2).Pass || within(e, 1).Pass {
		t.Errorf("%+v", e)
	}
	e.add("y", math.NaN())
	e.add("z", 5)
	if text, err := json.Marshal(e); err != nil || string(text) != `{"value":null,"of":"y"}` || within(e, 9).Pass {
		t.Errorf("%s, %v", text, err)
	}
}
