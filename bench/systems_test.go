package bench

import (
	"context"
	"math"
	"strings"
	"testing"
)

// everySystem calls f for each system × shortening × upsampling × attention
// kind × positions × storage.
func everySystem(t *testing.T, f func(name string, s Spec)) {
	for _, storage := range storages {
		for _, attention := range sortedKeys(attentionKinds) {
			for _, position := range positions {
				if attentionKinds[attention].relative && position != "none" {
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
		for _, norm := range norms {
			f("transformer-xl "+norm+" "+storage, tiny(t, "transformer-xl", "model.storage="+storage, "model.norm="+norm))
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
	if want := 2 * (5*(1+4*5) + 2); count != want {
		t.Errorf("%d systems, want %d", count, want)
	}
}
