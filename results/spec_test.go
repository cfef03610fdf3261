package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func of(spec string) Record { return Record{ID: spec, Status: Done, Spec: []byte(spec)} }

func TestLabel(t *testing.T) {
	for _, c := range []struct{ model, want string }{
		{`"system": "hourglass", "hierarchy": "1@1,4@3,1@1", "attention": "relative"`, "hourglass 1@1,4@3,1@1"},
		{`"system": "hourglass", "hierarchy": "1@1 2@2  4@4, 2@2 1@1", "attention": "relative", "positions": "none"`, "hourglass 1@1,2@2,4@4,2@2,1@1"},
		{`"system": "hourglass", "hierarchy": "1@1,4@3,1@1", "attention": "window(64)", "positions": "rotary"`, "hourglass(window(64), rotary) 1@1,4@3,1@1"},
		{`"system": "hourglass", "hierarchy": "1@1,4@12,1@1", "attention": {"12": "relative", "1": "window(64)"}`, "hourglass(1: window(64), 12: relative) 1@1,4@12,1@1"},
		{`"system": "transformer", "hierarchy": "4@1", "attention": "relative", "positions": "none"`, "transformer(relative) 4@1"},
		{`"system": "transformer", "hierarchy": "4@1", "attention": "full", "positions": "relative"`, "transformer(relative) 4@1"},
		{`"system": "transformer", "hierarchy": "4@1", "attention": "full", "positions": "none"`, "transformer(full) 4@1"},
		{`"system": "transformer", "hierarchy": "4@1", "attention": "full", "positions": "absolute"`, "transformer(full, absolute) 4@1"},
		{`"system": "transformer-xl", "hierarchy": "4@1", "attention": "relative"`, "transformer-xl 4@1"},
	} {
		if got := of("{\"model\": {" + c.model + "}}").Label(); got != c.want {
			t.Errorf("%s: %q, want %q", c.model, got, c.want)
		}
	}
	for _, spec := range []string{"", "{", "{}", "3", `{"model": 3}`, `{"model": {"hierarchy": [1, null, {}]}}`} {
		_ = of(spec).Label() // does not panic
	}
}

func TestSetting(t *testing.T) {
	r := of(`{"data": "enwik7", "seed": 18446744073709551615, "model": {"attention": {"3": "full", "12": "x", "1": "y"}, "d_model": 128},
		"train": {"lr": 1e-3, "shorten_factors": [2, 3], "decay": true, "nothing": null}}`)
	for key, want := range map[string]string{
		"data": "enwik7", "seed": "18446744073709551615", "model.d_model": "128", "train.lr": "0.001",
		"model.attention": "1: y, 3: full, 12: x", "train.shorten_factors": "2, 3", "train.decay": "true",
		"train.nothing": "", "no.such": "", "model": "",
	} {
		if got := r.Setting(key); got != want {
			t.Errorf("Setting(%q) = %q, want %q", key, got, want)
		}
	}
	if got := r.Number("train.lr"); got != 0.001 {
		t.Errorf("Number(train.lr) = %g", got)
	}
	if got := r.Number("data"); !math.IsNaN(got) {
		t.Errorf("Number(data) = %g, want NaN", got)
	}
}

func TestVaryingAndLabels(t *testing.T) {
	spec := func(system, hierarchy, rest string) Record {
		shorten := ""
		if system == "hourglass" {
			shorten = `, "shorten": "average"`
		}
		return of(fmt.Sprintf(`{"model": {"system": %q, "hierarchy": %q, "attention": "relative"%s}, "eval": {"context": 504}, %s}`, system, hierarchy, shorten, rest))
	}
	rs := Records{
		spec("transformer", "4@1", `"train": {"lr": 1e-3}, "seed": 1`),
		spec("hourglass", "1@1,4@3,1@1", `"train": {"lr": 1e-3}, "seed": 1`),
		spec("hourglass", "1@1,4@3,1@1", `"train": {"lr": 1e-3}, "seed": 2`),
		spec("hourglass", "1@1,4@3,1@1", `"train": {"lr": 0.002, "shorten_factors": [2, 3]}, "seed": 2`),
	}
	if got, want := rs.Varying(), []string{"train.lr", "train.shorten_factors"}; !slices.Equal(got, want) {
		t.Errorf("Varying %q, want %q", got, want)
	}
	if got := rs[:3].Varying(); len(got) != 0 {
		t.Errorf("Varying %q, want none", got)
	}
	want := []string{
		"transformer(relative) 4@1",
		"hourglass 1@1,4@3,1@1 (lr 0.001)", "hourglass 1@1,4@3,1@1 (lr 0.001)",
		"hourglass 1@1,4@3,1@1 (lr 0.002, shorten factors 2, 3)",
	}
	if got := rs.Labels(); !slices.Equal(got, want) {
		t.Errorf("Labels %q, want %q", got, want)
	}
	groups := rs.OverSeeds()
	if len(groups) != 3 || len(groups[1].Records) != 2 || groups[1].Key != want[1] {
		t.Errorf("OverSeeds %v", groups)
	}
	methods := Records{
		of(`{"model": {"system": "hourglass", "shorten": "average"}, "seed": 1}`),
		of(`{"model": {"system": "hourglass", "shorten": "linear"}, "seed": 1}`),
		of(`{"model": {"system": "transformer"}, "seed": 1}`),
	}
	if got, want := methods.Varying(), []string{"model.shorten"}; !slices.Equal(got, want) {
		t.Errorf("Varying %q, want %q", got, want)
	}
	if ShortKey("eval.context") != "eval context" || ShortKey("train.micro_batch") != "micro batch" || ShortKey("data") != "data" {
		t.Error("ShortKey")
	}
}

// Runs on different corpora are never seeds of one another.
func TestOverSeedsKeepsCorporaApart(t *testing.T) {
	a, b := two()[0], two()[0]
	b.ID, b.Data.SHA256 = "b", "other"
	if n := len(Records{a, b}.OverSeeds()); n != 2 {
		t.Errorf("%d groups, want 2", n)
	}
}

// Two more runs lie within SeedReach of each other as often as it says,
// however few seeds it was computed from.
func TestSeedReachCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func() Record { return Record{ValidBPC: 3 + 0.02*rng.NormFloat64()} }
	for _, seeds := range []int{2, 3, 5, 20} {
		const times = 4000
		inside := 0
		for range times {
			var g Group
			for range seeds {
				g.Records = append(g.Records, draw())
			}
			if math.Abs(draw().ValidBPC-draw().ValidBPC) <= g.SeedReach(ValidBPC.Value) {
				inside++
			}
		}
		if share := float64(inside) / times; math.Abs(share-Confidence) > 0.01 {
			t.Errorf("%d seeds: %.3f are inside, want %.3f", seeds, share, Confidence)
		}
	}
	if reach := (Group{Records: Records{draw()}}).SeedReach(ValidBPC.Value); !math.IsNaN(reach) {
		t.Errorf("one seed reaches %g", reach)
	}
}
