package bench

import (
	"context"
	"errors"
	"io/fs"

	"hgbench/pkg/data"
	"hgbench/pkg/graph"
	"hgbench/results"
)

// assumedShare of the machine's peak at which times of plans are estimated.
const assumedShare = 0.5

// PlanReport is what a spec costs, known without training.
type PlanReport struct {
	ID         string          `json:"id,omitempty"` // of the run; "" while the corpus is not here
	Spec       Spec            `json:"spec"`
	Parameters int64           `json:"parameters"`
	FLOPs      results.FLOPs   `json:"flops"`
	Memory     results.Planned `json:"memory"` // of training, on the threads given

	Steps  int   `json:"steps"` // of training; 0 when a budget in seconds decides
	Tokens int64 `json:"tokens"`

	EvalFLOPs  float64         `json:"eval_flops"` // necessary, of the final test
	EvalMemory results.Planned `json:"eval_memory"`

	PeakGFLOPS  float64 `json:"peak_gflops"`  // measured on those threads
	Seconds     float64 `json:"seconds"`      // of training, estimated at half of the peak
	EvalSeconds float64 `json:"eval_seconds"` // of the final test, likewise
}

// Plan costs a spec on so many threads (0: all cores).
func Plan(s Spec, threads int) (PlanReport, error) {
	if err := s.Validate(); err != nil {
		return PlanReport{}, err
	}
	if err := s.Resolve(NecessaryPerToken); err != nil {
		return PlanReport{}, err
	}
	threads = threadsOr(threads)
	p := PlanReport{Spec: s, Steps: s.Train.Steps, PeakGFLOPS: CurrentMachine(threads).PeakGFLOPS}
	corpus, here, err := plannedCorpus(s)
	if err != nil {
		return PlanReport{}, err
	}
	defer corpus.Close()
	if here {
		p.ID = s.ID(corpus.SHA256)
	}
	if err := corpus.Check(s.Train.Context, s.Train.Batch); err != nil {
		return PlanReport{}, err
	}
	t, err := newTraining(s, corpus.Vocab, graph.Float32)
	if err != nil {
		return PlanReport{}, err
	}
	e, err := newEvaluator(s, corpus, corpus.Test, s.Eval.Bytes, graph.Float32)
	if err != nil {
		return PlanReport{}, err
	}
	if p.FLOPs, err = flopsOf(s, corpus.Vocab); err != nil {
		return PlanReport{}, err
	}
	p.Tokens = int64(s.Train.Steps) * s.TokensPerStep()
	p.Parameters = parametersOf(t.variants[0].Program)
	p.Memory = planned(graph.PeakMemory(threads, t.programs()...))
	p.EvalMemory = planned(graph.PeakMemory(threads, e.list()...))
	p.EvalFLOPs = e.necessary()
	speed := assumedShare * p.PeakGFLOPS * 1e9
	p.Seconds, p.EvalSeconds = p.FLOPs.Total/speed, p.EvalFLOPs/speed
	return p, nil
}

// plannedCorpus is the corpus of a spec, or one of its size when it is known
// but has not been got yet.
func plannedCorpus(s Spec) (c *data.Corpus, here bool, err error) {
	if c, err = data.Open(context.Background(), s.Data); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return c, err == nil, err
	}
	for _, known := range data.List() {
		if known.Name == s.Data {
			return &data.Corpus{Name: s.Data, Vocab: data.Vocab, Train: make([]byte, known.Train), Test: make([]byte, known.Test)}, false, nil
		}
	}
	return nil, false, err
}

// NecessaryPerToken is the necessary FLOPs of training for one token: a Cost.
func NecessaryPerToken(s Spec) (float64, error) {
	f, err := flopsOf(s, data.Vocab)
	return f.NecessaryPerToken, err
}

// flopsOf counts the FLOPs of training. Necessary and dense ones are those of
// a whole batch at once, so that micro-batches change only the executed ones.
// Variants of a family that differ (in shortening factor) are averaged; with a
// memory that grows, the full one counts.
func flopsOf(s Spec, vocab int) (results.FLOPs, error) {
	whole := s
	whole.Train.MicroBatch = s.Train.Batch
	models, err := trainedModels(s, vocab)
	if err != nil {
		return results.FLOPs{}, err
	}
	if models[0].recurrent {
		models = models[len(models)-1:]
	}
	tokens := float64(s.TokensPerStep())
	var f results.FLOPs
	for _, m := range models {
		model := newVariant(whole, m, graph.Float32).FLOPs
		done := model
		if s.Train.MicroBatch != s.Train.Batch {
			done = newVariant(s, m, graph.Float32).FLOPs
		}
		n := float64(len(models))
		f.NecessaryPerToken += model.Necessary / tokens / n
		f.DensePerToken += model.Dense / tokens / n
		f.ExecutedPerToken += done.Executed / tokens / n
	}
	f.Total = f.NecessaryPerToken * tokens * float64(s.Train.Steps)
	return f, nil
}

func parametersOf(p *graph.Program) (n int64) {
	for _, v := range p.Persistent {
		if v.Role == graph.Weight && !v.Frozen {
			n += int64(v.Elements())
		}
	}
	return n
}

func planned(p graph.Peak) results.Planned {
	return results.Planned{
		Weights: p.Weights, Gradients: p.Gradients, Optimizer: p.Optimizer,
		Activations: p.Activations, Workspace: p.Workspace, Total: p.Total(),
	}
}
