package bench

import (
	"context"
	"math"
	"strings"
	"testing"

	"hgbench/pkg/baselines"
	"hgbench/pkg/nn"
)

// sparseKinds fit to the tiny spec.
var sparseKinds = []string{
	"window(2..5, dilation: 2, dilated: 1)", "local(3)", "strided(3)", "strided(3, heads: merged)", "fixed(4, 2)",
	"fixed(4, 1, heads: split)", "bigbird(2, random: 1)", "favor(12)", "favor(12, redraw: 3)", "relu",
	"lsh(4, hashes: 2, chunk: 3)", "routing(2, 4)",
}

// recurrentKinds fit to the tiny spec with memory.
var recurrentKinds = []string{"window(3..5, dilation: 2, dilated: 1)", "full", "strided(3)", "local(7)", "fixed(7, 1)"}

// everySystem calls f for each system × shortening × upsampling × attention
// kind × positions × storage.
func everySystem(t *testing.T, f func(name string, s Spec)) {
	for system := range baselines.Sparse {
		kind := map[string]string{
			"sparse-transformer": "fixed(4, 2)", "longformer": "window(3..6)", "bigbird": "bigbird(3)",
			"reformer": "lsh(4, chunk: 4)", "routing-transformer": "routing(3, 4)", "performer": "favor(16)",
		}[system]
		f(system, tiny(t, "transformer", `model.attention="`+kind+`"`, "model.system="+system))
	}
	for _, storage := range storages {
		for _, attention := range []string{"full", "relative"} {
			for _, position := range positions {
				if attention == "relative" && position != "none" {
					continue // the kind brings its own
				}
				common := []string{"model.storage=" + storage, "model.attention=" + attention, "model.positions=" + position}
				name := strings.Join([]string{attention, position, storage}, " ")
				f("transformer "+name, tiny(t, "transformer", common...))
				for _, shorten := range shortenings {
					for _, upsample := range upsamplings {
						s := tiny(t, "hourglass", append(common, "model.shorten="+shorten, "model.upsample="+upsample)...)
						f(strings.Join([]string{"hourglass", shorten, upsample, name}, " "), s)
					}
				}
			}
		}
		for i, attention := range sparseKinds {
			position := []string{"none", "rotary", "relative"}[i%3]
			if a, err := nn.ParseAttention(attention); err != nil || a.Absolute && position == "relative" {
				position = "absolute"
			}
			common := []string{"model.storage=" + storage, `model.attention="` + attention + `"`, "model.positions=" + position}
			f("transformer "+attention+" "+storage, tiny(t, "transformer", common...))
			f("hourglass "+attention+" "+storage, tiny(t, "hourglass", common...))
		}
		for _, norm := range norms {
			f("transformer-xl "+norm+" "+storage, tiny(t, "transformer-xl", "model.storage="+storage, "model.norm="+norm))
		}
		for i, attention := range recurrentKinds {
			position := []string{"relative", "rotary", "none"}[i%3]
			f("transformer-xl "+attention+" "+storage, tiny(t, "transformer-xl", "model.storage="+storage, `model.attention="`+attention+`"`, "model.positions="+position, "model.memory=28"))
		}
	}
}

// Every system trains, learns something in a few steps, and is evaluated.
func TestEverySystemLearns(t *testing.T) {
	corpus := inMemory(0)
	count := 0
	everySystem(t, func(name string, s Spec) {
		count++
		t.Run(name, func(t *testing.T) {
			s.Train.Steps, s.Train.LearningRate = 8, 1e-2
			e := evaluatorOf(t, s, corpus, corpus.Test, 50)
			run := start(t, s, corpus, 1, e.list()...)
			losses := run.steps(8)
			if last := losses[7]; !(last < losses[0]-0.3) {
				t.Errorf("losses %.3f, want the last well below the first", losses)
			}
			found, err := e.run(context.Background(), run.machine, newTally(), nil)
			if err != nil || math.Abs(found.bpc-bits(losses[7])) > 1.2 {
				t.Errorf("%.3f bits in the test, %.3f in training, %v", found.bpc, bits(losses[7]), err)
			}
		})
	})
	if want := 2*(5*(1+4*5)+2*len(sparseKinds)+2+len(recurrentKinds)) + len(baselines.Sparse); count != want {
		t.Errorf("%d systems, want %d", count, want)
	}
}
