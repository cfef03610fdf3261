package bench

import (
	"path/filepath"
	"testing"

	"hgbench/pkg/data"
	"hgbench/pkg/graph"
	"hgbench/results"
)

// What steps were measured to take on an idle machine is about what is estimated
// from their plans and the peak of that machine, for models small and large.
func TestEstimateOfRecordedSteps(t *testing.T) {
	for folder, every := range map[string]int{"quick": 1, "vanilla-layers": 4, "context-memory": 13} {
		path := filepath.Join("..", "results", "recorded", folder, results.FileName)
		records, _, err := results.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(records); i += every {
			r := records[i]
			var s Spec
			if err := s.UnmarshalJSON(r.Spec); err != nil {
				t.Fatal(err)
			}
			if r.TokensPerSecond == 0 || r.Machine.Threads != 2 {
				continue
			}
			tr, err := newTraining(s, data.Vocab, graph.Float32)
			if err != nil {
				t.Fatal(err)
			}
			took := float64(s.TokensPerStep()) / r.TokensPerSecond
			if ratio := tr.estimated(r.Machine.PeakGFLOPS*1e9) / took; ratio < 0.5 || ratio > 1.7 {
				t.Errorf("%s, %s: estimated %.2f of the %.3g seconds of a step", folder, r.Label(), ratio, took)
			}
		}
	}
}

// Small models take longer than their FLOPs say, and validations count.
func TestEstimateOfSmallModels(t *testing.T) {
	path := "data=" + textFile(t)
	few, err := Plan(tiny(t, "transformer", path, "train.steps=1000", "eval.every=0"), 1)
	if err != nil {
		t.Fatal(err)
	}
	if fromFLOPs := few.FLOPs.Total / few.PeakGFLOPS / 1e9; few.Seconds < 3*fromFLOPs || few.Seconds < 1000*40*opSeconds {
		t.Errorf("%g seconds for 1000 steps, of which the products at the peak take %g", few.Seconds, fromFLOPs)
	}
	often, err := Plan(tiny(t, "transformer", path, "train.steps=1000", "eval.every=1"), 1)
	if err != nil || often.EvalSeconds < 10*few.EvalSeconds || often.Seconds > 2*few.Seconds {
		t.Errorf("validated after each step %+v, at the end %+v, %v", often, few, err)
	}
	budget, err := Plan(tiny(t, "transformer", path, "eval.every=1", "budget.seconds=60"), 1)
	if err != nil || budget.EvalSeconds < 10*few.EvalSeconds {
		t.Errorf("in 60 seconds %+v, %v", budget, err)
	}
}
