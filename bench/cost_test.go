package bench

import (
	"fmt"
	"math"
	"testing"

	"hgbench/pkg/data"
	"hgbench/pkg/nn"
)

// shape of a model for the count below.
type shape struct{ batch, d, ff float64 }

// layer is the forward pass of one block over length positions and memory ones
// before them, in FLOPs of matrix products over the pairs that causality shows.
func (s shape) layer(length, memory float64, relative bool) float64 {
	return s.attention(length, memory+length, length*memory+length*(length+1)/2, memory+length, relative) + s.feedForward(length)
}

// attention with its projections; table is the number of relative positions,
// projected once for all sequences.
func (s shape) attention(queries, keys, pairs, table float64, relative bool) float64 {
	f := 2 * s.batch * queries * s.d * s.d * 2 // q, o
	f += 2 * s.batch * keys * s.d * s.d * 2    // k, v
	f += 2 * s.batch * pairs * s.d * 2         // q·k, p·v
	if relative {
		f += 2 * table * s.d * s.d     // r
		f += 2 * s.batch * pairs * s.d // q·r
	}
	return f
}

func (s shape) feedForward(length float64) float64 { return 2 * s.batch * length * s.d * s.ff * 2 }

func (s shape) head(length float64) float64 { return 2 * s.batch * length * s.d * data.Vocab }

// resample is shortening and upsampling between length and length/k positions.
func (s shape) resample(shorten, upsample nn.Resampling, length, k float64) float64 {
	short := length / k
	pairs := k * short * (short + 1) / 2 // query i of the shorter side sees, or is seen from, groups up to its own
	linear := 2 * s.batch * short * k * s.d * s.d
	var f float64
	for _, r := range []nn.Resampling{shorten, upsample} {
		if r.Plain == "linear" {
			f += linear
		}
	}
	if shorten.Attention {
		f += s.attention(short, length, pairs, length, true) + s.feedForward(short)
	}
	if upsample.Attention {
		f += s.attention(length, short, pairs, length, true) + s.feedForward(length)
	}
	return f
}

// Necessary FLOPs are three times an independent count of the forward pass.
func TestNecessaryFLOPs(t *testing.T) {
	sizes := []string{"model.d_model=32", "model.heads=4", "model.d_ff=40", "train.context=36", "train.batch=3", "train.micro_batch=1"}
	s := shape{3, 32, 40}
	check := func(name string, spec Spec, forward float64) {
		t.Helper()
		f := flops(t, spec)
		want := 3 * forward / float64(spec.TokensPerStep())
		if math.Abs(f.NecessaryPerToken/want-1) > 1e-12 {
			t.Errorf("%s: %.1f necessary FLOPs a token, counted %.1f", name, f.NecessaryPerToken, want)
		}
		if f.DensePerToken <= f.NecessaryPerToken {
			t.Errorf("%s: %.1f dense FLOPs a token, %.1f necessary", name, f.DensePerToken, f.NecessaryPerToken)
		}
	}
	for _, storage := range storages {
		with := append(sizes, "model.storage="+storage)
		for _, relative := range []bool{false, true} {
			kind := map[bool]string{false: "full", true: "relative"}[relative]
			check("transformer "+kind, tiny(t, "transformer", append(with, "model.hierarchy=5@1", "model.attention="+kind)...),
				5*s.layer(36, 0, relative)+s.head(36))
		}
		for _, shorten := range shortenings {
			for _, upsample := range upsamplings {
				down, err := nn.ParseShorten(shorten)
				if err != nil {
					t.Fatal(err)
				}
				up, err := nn.ParseUpsample(upsample)
				if err != nil {
					t.Fatal(err)
				}
				spec := tiny(t, "hourglass", append(with, `model.hierarchy="1@1,2@3,4@6,0@3,3@1"`, "model.shorten="+shorten, "model.upsample="+upsample)...)
				check(shorten+" "+upsample, spec, 4*s.layer(36, 0, true)+2*s.layer(12, 0, true)+4*s.layer(6, 0, true)+
					s.resample(down, up, 36, 3)+s.resample(down, up, 12, 2)+s.head(36))
			}
		}
		check("transformer-xl", tiny(t, "transformer-xl", append(with, "model.hierarchy=2@1", "model.memory=100")...),
			2*s.layer(36, 100, true)+s.head(36))
	}
}

// Necessary and dense FLOPs are a property of the model: neither how its
// programs are cut and stored, nor dropout, nor padding change them.
func TestWhatFLOPsDependOn(t *testing.T) {
	base := flops(t, tiny(t, "hourglass", "model.shorten=linear"))
	for _, change := range []string{"train.micro_batch=2", "model.storage=materialised", "model.dropout=0.1", "train.clip=1", "eval.context=99", "model.upsample=attention(none)"} {
		f := flops(t, tiny(t, "hourglass", "model.shorten=linear", change))
		if f.NecessaryPerToken != base.NecessaryPerToken || f.DensePerToken != base.DensePerToken {
			t.Errorf("%s: %+v, without %+v", change, f, base)
		}
	}
	// One token more than the factor divides: necessary grows by what a token
	// takes, executed by what a group takes.
	at := func(context int) (necessary, executed float64) {
		f := flops(t, tiny(t, "hourglass", fmt.Sprint("train.context=", context), "model.attention=full"))
		n := float64(4 * context)
		return f.NecessaryPerToken * n, f.ExecutedPerToken * n
	}
	n36, e36 := at(36)
	n37, e37 := at(37)
	n39, e39 := at(39)
	if math.Abs(e37/e39-1) > 1e-12 {
		t.Errorf("executed for 37 tokens %g, for 39 %g: want the same, as both are padded to 39", e37, e39)
	}
	if !(n36 < n37 && n37 < n39 && e36 < e37) || (n37-n36)/(n39-n36) > 0.6 {
		t.Errorf("necessary for 36, 37, 39 tokens: %g, %g, %g", n36, n37, n39)
	}
}

// Padding counts as executed only: a window of 37 tokens needs what 37 tokens
// need, at the inner level what their 13 groups need.
func TestPaddingIsNotNecessary(t *testing.T) {
	s := shape{3, 32, 40}
	linear := nn.Resampling{Plain: "linear"}
	for _, relative := range []bool{false, true} {
		spec := tiny(t, "hourglass", "model.d_model=32", "model.heads=4", "model.d_ff=40", "train.context=37", "train.batch=3",
			"model.shorten=linear", "model.upsample=linear", "model.attention="+map[bool]string{false: "full", true: "relative"}[relative])
		forward := 2*s.layer(37, 0, relative) + s.layer(13, 0, relative) + s.resample(linear, linear, 39, 3) + s.head(37)
		got, want := flops(t, spec).NecessaryPerToken*3*37, 3*forward
		if math.Abs(got/want-1) > 1e-12 {
			t.Errorf("relative %v: %.0f necessary FLOPs a step, counted %.0f", relative, got, want)
		}
	}
}

// With several factors a step costs the mean over them.
func TestFLOPsOfFactors(t *testing.T) {
	with := func(change string) float64 {
		return flops(t, tiny(t, "hourglass", "train.context=30", "model.shorten=average", "model.upsample=repeat", change)).NecessaryPerToken
	}
	two, three := with(`model.hierarchy="1@1,1@2,1@1"`), with(`model.hierarchy="1@1,1@3,1@1"`)
	if got, want := with("train.shorten_factors=[2, 3]"), (two+three)/2; math.Abs(got/want-1) > 1e-12 {
		t.Errorf("%g FLOPs a token with factors 2 and 3, want the mean %g", got, want)
	}
}

// Streaming attention needs memory linear in the context, materialised
// attention quadratic.
func TestGrowthOfMemory(t *testing.T) {
	for _, system := range []string{"transformer", "hourglass", "transformer-xl"} {
		activations := func(storage string, context int) float64 {
			s := tiny(t, system, "model.storage="+storage, "train.batch=1", fmt.Sprint("train.context=", context))
			if system == "transformer" {
				if err := s.Set("model.hierarchy=6@1"); err != nil {
					t.Fatal(err)
				}
			}
			return float64(memory(t, s).Activations)
		}
		// Second differences: zero for a linear function, constant for a quadratic.
		for _, n := range []int{510, 1020} {
			a, b, c := activations("streaming", n), activations("streaming", 2*n), activations("streaming", 3*n)
			if bend := c - 2*b + a; math.Abs(bend) > 0.01*b {
				t.Errorf("%s, streaming: %g, %g, %g bytes at %d, %d, %d tokens: not linear", system, a, b, c, n, 2*n, 3*n)
			}
			a, b, c = activations("materialised", n), activations("materialised", 2*n), activations("materialised", 4*n)
			if growth := (c - b) / (b - a); growth < 3.7 || growth > 4.1 {
				t.Errorf("%s, materialised: %g, %g, %g bytes at %d, %d, %d tokens: not quadratic", system, a, b, c, n, 2*n, 4*n)
			}
		}
	}
}
