package bench

import (
	"context"
	"errors"
	"io/fs"

	"hgbench/pkg/data"
	"hgbench/pkg/graph"
	"hgbench/results"
)

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
	Seconds     float64 `json:"seconds"`      // of training, estimated from that
	EvalSeconds float64 `json:"eval_seconds"` // of validations and the final test, likewise
}

// Plan costs a spec on so many threads (0: all cores).
func Plan(s Spec, threads int) (PlanReport, error) {
	p := NewPlanner(threads)
	defer p.Close()
	return p.Plan(s)
}

// Planner costs specs one after another. It reads each corpus that they name
// once: to check its hash takes longer than all else about a small spec.
type Planner struct {
	threads int
	corpora map[string]*data.Corpus // by name, SHA256 "" of those that are not here
}

// NewPlanner plans for so many threads (0: all cores).
func NewPlanner(threads int) *Planner {
	return &Planner{threadsOr(threads), map[string]*data.Corpus{}}
}

// Close gives the corpora back.
func (p *Planner) Close() error {
	var errs []error
	for _, c := range p.corpora {
		errs = append(errs, c.Close())
	}
	clear(p.corpora)
	return errors.Join(errs...)
}

// Plan costs a spec. What cannot be planned, such as a context longer than the
// data, has its id beside the error, if its corpus is here.
func (p *Planner) Plan(s Spec) (PlanReport, error) {
	if err := s.Validate(); err != nil {
		return PlanReport{}, err
	}
	if err := s.Resolve(NecessaryPerToken); err != nil {
		return PlanReport{}, err
	}
	r := PlanReport{Spec: s, Steps: s.Train.Steps, PeakGFLOPS: CurrentMachine(p.threads).PeakGFLOPS}
	corpus, err := p.corpus(s.Data)
	if err != nil {
		return PlanReport{}, err
	}
	if corpus.SHA256 != "" {
		r.ID = s.ID(corpus.SHA256)
	}
	if err := corpus.Check(s.Train.Context, s.Train.Batch); err != nil {
		return r, err
	}
	t, err := newTraining(s, corpus.Vocab, graph.Float32)
	if err != nil {
		return r, err
	}
	e, err := newEvaluator(s, corpus, corpus.Test, s.Eval.Bytes, graph.Float32)
	if err != nil {
		return r, err
	}
	if r.FLOPs, err = t.flops(corpus.Vocab); err != nil {
		return r, err
	}
	r.Tokens = int64(s.Train.Steps) * s.TokensPerStep()
	r.Parameters = parametersOf(t.variants[0].Program)
	r.Memory = planned(graph.PeakMemory(p.threads, t.programs()...))
	r.EvalMemory = planned(graph.PeakMemory(p.threads, e.list()...))
	r.EvalFLOPs = e.necessary()
	p.estimate(&r, t, e, corpus)
	return r, nil
}

// estimate how long it takes. A validation takes as long as the test for each of
// its targets.
func (p *Planner) estimate(r *PlanReport, t *training, test *evaluator, c *data.Corpus) {
	s, peak := r.Spec, r.PeakGFLOPS*1e9
	step := t.estimated(peak)
	steps := s.Train.Steps
	if s.Budget.Seconds > 0 {
		steps = int(min(s.Budget.Seconds/step, maxInt))
	}
	r.Seconds = step * float64(s.Train.Steps)
	tested := test.estimated(peak)
	targets := float64(min(s.Eval.ValidBytes, int64(len(c.Valid)))) / float64(test.evaluation(s).Bytes)
	r.EvalSeconds = tested * (1 + targets*float64(s.validationsOf(steps)))
}

// corpus opens one, or makes one of its size when it is known but has not been
// got yet.
func (p *Planner) corpus(name string) (*data.Corpus, error) {
	if c, ok := p.corpora[name]; ok {
		return c, nil
	}
	c, err := data.Open(context.Background(), name)
	if errors.Is(err, fs.ErrNotExist) {
		for _, known := range data.List() {
			if known.Name == name {
				c, err = &data.Corpus{Name: name, Vocab: data.Vocab, Train: make([]byte, known.Train), Valid: make([]byte, known.Valid), Test: make([]byte, known.Test)}, nil
			}
		}
	}
	if err != nil {
		return nil, err
	}
	p.corpora[name] = c
	return c, nil
}

func planned(p graph.Peak) results.Planned {
	return results.Planned{
		Weights: p.Weights, Gradients: p.Gradients, Optimizer: p.Optimizer,
		Activations: p.Activations, Workspace: p.Workspace, Total: p.Total(),
	}
}
