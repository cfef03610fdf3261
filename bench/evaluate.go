package bench

import (
	"context"
	"fmt"

	"hgbench/pkg/data"
	"hgbench/pkg/graph"
	"hgbench/results"
)

// Scored is the result of an evaluation.
type Scored struct {
	Split   string  `json:"split"`
	BPC     float64 `json:"bpc"`
	Stderr  float64 `json:"stderr,omitzero"` // block bootstrap over windows; 0, and not written, when there are too few
	Windows int     `json:"windows"`
	results.Evaluation
}

// Evaluate scores weights on a split (train, valid or test), as eval says.
func Evaluate(ctx context.Context, s Spec, weights, split string, o Options) (Scored, error) {
	if err := s.Validate(); err != nil {
		return Scored{}, err
	}
	corpus, err := data.Open(ctx, s.Data)
	if err != nil {
		return Scored{}, err
	}
	defer corpus.Close()
	text, bytes := corpus.Test, s.Eval.Bytes
	switch split {
	case "test":
	case "valid":
		text, bytes = corpus.Valid, s.Eval.ValidBytes
	case "train":
		text = corpus.Train
	default:
		return Scored{}, fmt.Errorf("split %q: want train, valid or test", split)
	}
	e, err := newEvaluator(s, corpus, text, bytes, graph.Float32)
	if err != nil {
		return Scored{}, err
	}
	m, err := newMachine(threadsOr(o.Threads), e.list()...)
	if err != nil {
		return Scored{}, err
	}
	defer m.Close()
	if err := loadWeights(m, e.programs[0].Program, weights); err != nil {
		return Scored{}, err
	}
	found, err := e.run(ctx, m, newTally(), func(done, total int) error {
		if o.Progress != nil {
			o.Progress(Progress{Phase: Testing, Done: done, Total: total})
		}
		return nil
	})
	if err != nil {
		return Scored{}, err
	}
	how := e.evaluation(s)
	stderr, err := results.TestStderr(found.windows, how)
	return Scored{Split: split, BPC: found.bpc, Stderr: stderr, Evaluation: how, Windows: len(found.windows)}, err
}
