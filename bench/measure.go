package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hgbench/pkg/cpu"
	"hgbench/pkg/data"
	"hgbench/pkg/graph"
	"hgbench/results"
)

// Measurement is the speed of training a spec on this machine.
type Measurement struct {
	StepSeconds       []float64 `json:"step_seconds"` // of each step
	StepSecondsMedian float64   `json:"step_seconds_median"`
	StepSecondsMin    float64   `json:"step_seconds_min"`
	StepSecondsMax    float64   `json:"step_seconds_max"`
	TokensPerSecond   float64   `json:"tokens_per_second"` // at the median

	FLOPsNecessary float64 `json:"flops_necessary"` // of a step
	FLOPsDense     float64 `json:"flops_dense"`
	FLOPsExecuted  float64 `json:"flops_executed"`      // of the plan
	FLOPsDone      float64 `json:"flops_done,omitzero"` // where that depends on the data, and so is the most it can be: what it was

	GFLOPS      float64 `json:"gflops"` // necessary, per second
	PeakGFLOPS  float64 `json:"peak_gflops"`
	ShareOfPeak float64 `json:"share_of_peak"`

	PlannedBytes int64 `json:"planned_bytes"`
	IdleBytes    int64 `json:"idle_bytes"`
	PeakRSSBytes int64 `json:"peak_rss_bytes"`

	ISA     string `json:"isa"`
	Threads int    `json:"threads"`
	Steps   int    `json:"steps"`
}

// warmupSteps are made before any is timed: they fault memory in.
const warmupSteps = 2

// Measure trains so many steps after a warm-up and times each.
func Measure(ctx context.Context, s Spec, steps int, o Options) (Measurement, error) {
	s, err := timed(s, steps)
	if err != nil {
		return Measurement{}, err
	}
	corpus, err := data.Open(ctx, s.Data)
	if err != nil {
		return Measurement{}, err
	}
	defer corpus.Close()
	machine := CurrentMachine(o.Threads)
	f, err := flopsOf(s, corpus.Vocab)
	if err != nil {
		return Measurement{}, err
	}
	tokens := float64(s.TokensPerStep())
	m := Measurement{
		FLOPsNecessary: f.NecessaryPerToken * tokens, FLOPsDense: f.DensePerToken * tokens, FLOPsExecuted: f.ExecutedPerToken * tokens,
		ISA: machine.ISA, Threads: machine.Threads, PeakGFLOPS: machine.PeakGFLOPS, Steps: steps,
	}
	trial, err := newTrial(s, corpus, machine.Threads)
	if err != nil {
		return m, err
	}
	defer trial.machine.Close()
	m.StepSeconds, err = trial.time(ctx, func(done int, _ time.Duration) bool { return done >= steps })
	if err != nil {
		return m, err
	}
	m.FLOPsDone = trial.training.done / float64(warmupSteps+len(m.StepSeconds))
	m.PlannedBytes, m.IdleBytes, m.PeakRSSBytes = trial.planned.Total, trial.memory.idle, trial.memory.peak()
	m.StepSecondsMedian, m.StepSecondsMin, m.StepSecondsMax = median(m.StepSeconds), slices.Min(m.StepSeconds), slices.Max(m.StepSeconds)
	m.TokensPerSecond = tokens / m.StepSecondsMedian
	m.GFLOPS = m.FLOPsNecessary / m.StepSecondsMedian / 1e9
	m.ShareOfPeak = m.GFLOPS / m.PeakGFLOPS
	return m, nil
}

// timed is a spec of which so many steps are to be timed.
func timed(s Spec, steps int) (Spec, error) {
	if err := s.Validate(); err != nil {
		return s, err
	}
	if steps < 1 {
		return s, fmt.Errorf("measure %d steps: want at least 1", steps)
	}
	s.Budget, s.Train.Steps = Budget{}, max(s.Train.Steps, s.Train.Warmup, steps)
	return s, nil
}

// trial is a training that is only timed.
type trial struct {
	training *training
	corpus   *data.Corpus
	machine  *cpu.Machine
	planned  results.Planned
	memory   resident
}

func newTrial(s Spec, c *data.Corpus, threads int) (*trial, error) {
	t, err := newTraining(s, c.Vocab, graph.Float32)
	if err != nil {
		return nil, err
	}
	if err := t.bind(c); err != nil {
		return nil, err
	}
	found := &trial{training: t, corpus: c, planned: planned(graph.PeakMemory(threads, t.programs()...)), memory: startResident()}
	found.machine, err = newMachine(threads, t.programs()...)
	if err != nil {
		return nil, err
	}
	found.machine.Init(s.Seed)
	return found, nil
}

// time makes steps until enough says so, and returns the seconds of each.
func (t *trial) time(ctx context.Context, enough func(done int, spent time.Duration) bool) (seconds []float64, err error) {
	var start time.Time
	for step := 0; step < warmupSteps || !enough(len(seconds), time.Since(start)); step++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if step == warmupSteps {
			start = time.Now()
		}
		before := time.Now()
		t.training.step(t.corpus, t.machine, step)
		if step >= warmupSteps {
			seconds = append(seconds, time.Since(before).Seconds())
		}
	}
	return seconds, nil
}

// measureSteps is the median time of a step in seconds.
func measureSteps(ctx context.Context, s Spec, c *data.Corpus, threads int, enough func(done int, spent time.Duration) bool) (float64, error) {
	t, err := newTrial(s, c, threads)
	if err != nil {
		return 0, err
	}
	defer t.machine.Close()
	seconds, err := t.time(ctx, enough)
	if err != nil {
		return 0, err
	}
	return median(seconds), nil
}

func median(x []float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
