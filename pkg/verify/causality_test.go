package verify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"hgbench/pkg/cpu"
	"hgbench/pkg/nn"
)

// A sample, with all mutants; "hgbench verify causality" proves everything.
func TestCausalityProofs(t *testing.T) {
	proven(t, quick(CausalityProofs()))
}

// The gradient alone finds an influence too small for any bit to show.
func TestGradientFindsHiddenInfluence(t *testing.T) {
	_, full := flat(nn.Config{Vocab: 17, Model: 8, Heads: 2, FF: 12}, "full")
	r, err := Causality(t.Context(), whispering{full}, 5, exhaustive, false, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r.Pass() {
		t.Fatal("not found")
	}
	for _, v := range r.Violations {
		if !strings.HasPrefix(v.What, "gradient") {
			t.Errorf("%v; want only gradients", v)
		}
	}
}

func TestProbes(t *testing.T) {
	if got := Probes(5, 64, 1); !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
		t.Error(got)
	}
	got := Probes(1000, 64, 1, 3, 256)
	if len(got) != 64 || !slices.IsSorted(got) || got[0] != 0 || got[1] != 1 || got[63] != 999 {
		t.Error(got)
	}
	border := slices.ContainsFunc(got, func(t int) bool { return t > 1 && t < 998 && (t+1)%256 < 3 })
	if !border {
		t.Errorf("no border of 256 in %v", got)
	}
	if !slices.Equal(got, Probes(1000, 64, 1, 3, 256)) {
		t.Error("not deterministic")
	}
}

func TestProverErrors(t *testing.T) {
	_, model := flat(nn.Config{Vocab: 17, Model: 8, Heads: 2, FF: 12}, "full")
	if _, err := NewProver(model, 0, 5, false); err == nil {
		t.Error("batch 0 was accepted")
	}
	p, err := NewProver(model, 2, 5, false)
	if err != nil {
		t.Fatal(err)
	}
	m, err := cpu.New(1, p.Programs()...)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := p.Prove(t.Context(), m, make([]int32, 9), []int{0}, 1); err == nil {
		t.Error("9 tokens were accepted as windows [2, 5]")
	}
	if _, err := p.Prove(t.Context(), m, nil, []int{5}, 1); err == nil {
		t.Error("a probe beyond the window was accepted")
	}
	if r := (CausalityReport{}); r.Pass() {
		t.Error("a proof of nothing passes")
	}
	r, err := p.Prove(t.Context(), m, nil, []int{1, 2}, 1) // weights are all 0
	if err != nil || r.Pass() || !strings.Contains(r.String(), "do not change") {
		t.Errorf("a constant model: %v, %v", r, err)
	}
}

// A proof that is told to stop does so in the pass it is in, and says why.
func TestProveStops(t *testing.T) {
	_, model := flat(nn.Config{Vocab: 17, Model: 8, Heads: 2, FF: 12}, "full")
	p, err := NewProver(model, 1, 5, false)
	if err != nil {
		t.Fatal(err)
	}
	m, err := cpu.New(2, p.Programs()...)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	Activate(m, p.forward.program, 1)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if r, err := p.Prove(ctx, m, nil, []int{1, 2}, 1); !errors.Is(err, context.Canceled) || r.Pass() {
		t.Errorf("got %v, %v; want what ended it", r, err)
	}
	if r, err := p.Prove(t.Context(), m, nil, []int{1, 2}, 1); err != nil || !r.Pass() {
		t.Errorf("and again: %v, %v; want a pass", r, err)
	}
}
