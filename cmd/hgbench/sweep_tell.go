package main

import (
	"time"

	"hgbench/bench"
	"hgbench/report/running"
)

// sweepTeller tells other processes, as "hgbench serve", of the point that runs.
type sweepTeller struct {
	dir, sweep string
	points     int
	now        *running.Teller // nil between points
	stepTokens int64
}

// begin tells that a point begins.
func (t *sweepTeller) begin(p pointState) error {
	spec, err := p.Spec.Canonical()
	if err != nil {
		return err
	}
	t.stepTokens = int64(p.Spec.Train.Context) * int64(p.Spec.Train.Batch)
	t.now, err = running.Tell(t.dir, running.Run{ID: p.ID, Sweep: t.sweep, Index: p.number, Points: t.points, Label: p.Name, Spec: spec})
	return err
}

// update tells how far it is; all is the time left for the sweep, 0 if unknown.
func (t *sweepTeller) update(p bench.Progress, all time.Duration) {
	if t.now == nil {
		return
	}
	t.now.Update(running.State{
		Phase: string(p.Phase), Done: p.Done, Total: p.Total,
		Training: p.Phase == bench.Training, StepTokens: t.stepTokens,
		TrainBPC: p.TrainBPC, ValidBPC: p.ValidBPC, TokensPerSecond: p.TokensPerSecond,
		Remaining: p.Remaining, Sweep: all,
	})
}

// end tells that the point has ended, in whatever way.
func (t *sweepTeller) end() error {
	if t.now == nil {
		return nil
	}
	now := t.now
	t.now = nil
	return now.Close()
}
