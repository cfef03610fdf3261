package main

import (
	"context"

	"hgbench/bench"
	"hgbench/results"
)

// measuredSteps are timed at each point of a sweep that trains nothing.
const measuredSteps = 3

// survey plans a spec and times a few of its steps: a record of cost, without
// BPC. Where it cannot be timed, as when its memory is more than there is, the
// record has the plan alone and says why.
func survey(ctx context.Context, spec bench.Spec, o bench.Options) (results.Record, error) {
	plan, err := bench.Plan(spec, o.Threads)
	if err != nil {
		return results.Record{}, err
	}
	r := results.Record{
		Status: results.Done, Versions: bench.CurrentVersions(), Machine: bench.CurrentMachine(o.Threads),
		Parameters: plan.Parameters, FLOPs: plan.FLOPs, Memory: results.Memory{Planned: plan.Memory},
	}
	r.FLOPs.Total = 0 // nothing is trained
	m, err := bench.Measure(ctx, spec, measuredSteps, o)
	if ctx.Err() != nil {
		return r, err
	}
	if err != nil {
		r.Error = "not timed: " + err.Error()
		return r, nil
	}
	r.Memory.MeasuredPeak, r.Memory.Idle = m.PeakRSSBytes, m.IdleBytes
	r.FLOPs.DonePerToken = m.FLOPsDone / float64(spec.TokensPerStep())
	r.TokensPerSecond, r.ShareOfPeak = m.TokensPerSecond, m.ShareOfPeak
	return r, nil
}
