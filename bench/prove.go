package bench

import (
	"fmt"

	"hgbench/pkg/baselines"
	"hgbench/pkg/cpu"
	"hgbench/pkg/nn"
	"hgbench/pkg/verify"
	"hgbench/results"
)

// The proof of causality may cost a hundredth of a run's work each time, or
// what takes about a second, and probes at most so many tokens at the run's
// own shape.
const (
	proofShare  = 0.01
	proofFLOPs  = 3e10
	proofProbes = 64
)

// exhaustiveLength is a window that is probed at every token: more than two
// tiles of attention, groups of every usual factor cut, an odd number.
const exhaustiveLength = 139

// proveInitial proves the model before training, with weights in which every
// term is active: at every token of a short window of a narrow copy, which has
// all of the model's layers, and at some tokens of the run's own shape.
func (r *run) proveInitial() error {
	r.tell(Progress{Phase: Proving})
	narrow := r.spec
	narrow.Model.DModel, narrow.Model.DFF = 8*r.spec.Model.Heads, 16
	narrow.Train.Context, narrow.Eval.Context = exhaustiveLength, exhaustiveLength
	models, err := provenModels(narrow, r.corpus.Vocab)
	if err != nil {
		return err
	}
	for _, model := range models {
		short, err := verify.Causality(r.ctx, model, 8, exhaustiveLength, false, r.record.Machine.Threads, r.spec.Seed)
		if err != nil {
			return err
		}
		if err := r.verdict(&r.record.Causality.Init, short); err != nil {
			return err
		}
	}
	return r.proveShape(&r.record.Causality.Init, nil)
}

// proveFinal proves the trained weights on windows of the validation split.
func (r *run) proveFinal() error {
	r.progress.Phase, r.progress.Done, r.progress.Total = Proving, 0, 0
	r.tell(r.progress)
	return r.proveShape(&r.record.Causality.Final, r.machine)
}

// proveShape probes the run's own shape, with the weights of a machine or
// random ones.
func (r *run) proveShape(verdict *string, trained *cpu.Machine) error {
	models, err := provenModels(r.spec, r.corpus.Vocab)
	if err != nil {
		return err
	}
	model := models[0]
	length := r.spec.Train.Context
	p, err := verify.NewProver(model, 1, length, false)
	if err != nil {
		return err
	}
	m, err := cpu.New(r.record.Machine.Threads, p.Programs()...)
	if err != nil {
		return err
	}
	defer m.Close()
	var window []int32
	if trained == nil {
		verify.Activate(m, p.Programs()[0], r.spec.Seed)
	} else {
		m.CopyWeights(trained)
		window = make([]int32, length)
		for i := range window {
			window[i] = int32(r.corpus.Valid[i%len(r.corpus.Valid)])
		}
	}
	forward := p.Programs()[0].FLOPs.Necessary
	budget := max(proofShare*r.record.FLOPs.Total, proofFLOPs)
	limit := int(min(max(budget/(5*forward), 1), proofProbes))
	strides := []int{64}
	if d := model.Divisor(); d > 1 {
		strides = append(strides, d)
	}
	report, err := p.Prove(r.ctx, m, window, verify.Probes(length, limit, r.spec.Seed, strides...), r.spec.Seed)
	if err != nil {
		return err
	}
	return r.verdict(verdict, report)
}

func (r *run) verdict(verdict *string, report verify.CausalityReport) error {
	r.record.Causality.Probes += report.Probes
	if report.Pass() {
		*verdict = results.Pass
		return nil
	}
	*verdict = report.String()
	if r.options.AllowLeak {
		r.record.Causality.Leak = true
		return nil
	}
	return fmt.Errorf("the proof of causality failed, so the loss means nothing: %v", report)
}

// provenModels are the model of a spec, a recurrent one in the middle of a
// stream, and what it becomes at other shortening factors.
func provenModels(s Spec, vocab int) ([]nn.Model, error) {
	m, err := NewModel(s, vocab)
	if err != nil {
		return nil, err
	}
	if xl, ok := m.(baselines.TransformerXL); ok {
		memory := baselines.Memory{Stream: "proof", Length: s.Model.Memory, Valid: s.Model.Memory}
		return []nn.Model{verify.WithMemory(xl, memory)}, nil
	}
	models := []nn.Model{m}
	trained, err := trainedModels(s, vocab)
	for _, t := range trained {
		if t.model.Divisor() != m.Divisor() {
			models = append(models, t.model)
		}
	}
	return models, err
}
