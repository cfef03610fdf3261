package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/report/running"
	"hgbench/results"
	"hgbench/sweeps"
	"hgbench/sweeps/slurm"
)

// States of a point, for people and programs.
const (
	isDone    = "done"
	isRunning = "running"
	isFailed  = "failed"  // recorded so; a sweep started again tries it again
	isQueued  = "queued"  // by Slurm
	isWaiting = "waiting" // for a sweep to be started again
)

// sweepStatus is how far a sweep is.
type sweepStatus struct {
	Sweep       string         `json:"sweep,omitempty"`
	Folder      string         `json:"folder"`
	Counts      map[string]int `json:"counts"`       // of points, by state
	SecondsLeft float64        `json:"seconds_left"` // if as many go on at once as do now
	Points      []pointStatus  `json:"points"`
}

// pointStatus is how far a point is.
type pointStatus struct {
	Number      int     `json:"number"`
	Name        string  `json:"name"`
	ID          string  `json:"id"`
	State       string  `json:"state"`
	SecondsLeft float64 `json:"seconds_left"`

	Phase    string  `json:"phase,omitempty"` // of a running point
	Done     int     `json:"done,omitempty"`  // steps or windows of the phase; else steps up to the last checkpoint
	Total    int     `json:"total,omitempty"`
	TrainBPC float64 `json:"train_bpc,omitempty"`
	ValidBPC float64 `json:"valid_bpc,omitempty"`
	Silent   float64 `json:"silent,omitempty"` // seconds since a running point was last heard of, when too many

	Task  *slurm.Task `json:"task,omitempty"` // that has it queued or running
	Error string      `json:"error,omitempty"`

	record *results.Record // of a done point
}

// readStatus reads how far the sweep in a folder is.
func readStatus(cmd *cobra.Command, dir string, now time.Time) (sweepStatus, error) {
	roster, ok, err := sweeps.ReadRoster(dir)
	if err != nil {
		return sweepStatus{}, err
	}
	var records results.Records
	if isFile(filepath.Join(dir, results.FileName)) {
		if records, err = readResults(cmd, dir); err != nil {
			return sweepStatus{}, err
		}
	}
	if !ok { // single runs, or results of elsewhere
		labels := records.Labels()
		for i, r := range records {
			roster.Points = append(roster.Points, sweeps.Entry{Number: i + 1, Name: labels[i], ID: r.ID})
		}
		roster.Points = append(roster.Points, begun(dir, records)...)
	}
	var queued map[string]slurm.Task
	if isDir(slurmFolder(dir)) {
		if queued, err = queuedPoints(cmd.Context(), dir); err != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "warning: what Slurm has queued is not known: %v\n", err)
		}
	}
	byID := make(map[string]*results.Record)
	for i, r := range records {
		byID[r.ID] = &records[i]
	}
	s := sweepStatus{Sweep: roster.Sweep, Folder: dir, Counts: make(map[string]int)}
	for _, e := range roster.Points {
		var task *slurm.Task
		if t, ok := queued[e.ID]; ok {
			task = &t
		}
		p, err := statusOf(e, dir, byID[e.ID], task, now)
		if err != nil {
			fmt.Fprintln(cmd.ErrOrStderr(), "warning:", err)
		}
		if claimed, _ := bench.IsClaimed(checkpointsFolder(dir), e.ID); claimed && !ok {
			p.State = isRunning // and tells nobody, being alone
		}
		s.Counts[p.State]++
		s.Points = append(s.Points, p)
	}
	s.estimate(roster)
	return s, nil
}

// begun are the runs with checkpoints in a folder that have no record there.
func begun(dir string, records results.Records) (points []sweeps.Entry) {
	// Without checkpoints there is none to tell of.
	folders, _ := os.ReadDir(checkpointsFolder(dir))
	for _, f := range folders {
		recorded := slices.ContainsFunc(records, func(r results.Record) bool { return r.ID == f.Name() })
		if f.IsDir() && !recorded {
			points = append(points, sweeps.Entry{Number: len(records) + len(points) + 1, Name: "run", ID: f.Name()})
		}
	}
	return points
}

// statusOf is the status of a point: what is recorded of it, what its process
// tells, and the task that has it at Slurm. record and task may be nil. An
// error is about its checkpoint, and leaves the rest right.
func statusOf(e sweeps.Entry, dir string, record *results.Record, task *slurm.Task, now time.Time) (p pointStatus, err error) {
	p = pointStatus{Number: e.Number, Name: e.Name, ID: e.ID, State: isWaiting}
	if record != nil && record.Status == results.Done {
		p.State, p.ValidBPC, p.record = isDone, record.ValidBPC, record
		return p, nil
	}
	p.Task = task
	run, told := running.ReadOne(dir, e.ID)
	switch lives := told && !run.Stale(now); {
	case lives || task != nil && task.Running():
		p.State = isRunning
		p.Phase, p.Done, p.Total, p.SecondsLeft = run.Phase, run.Done, run.Total, run.RemainingSeconds
		p.TrainBPC, p.ValidBPC = run.TrainBPC, run.ValidBPC
		if told && !lives {
			p.Silent = now.Sub(run.Updated).Seconds()
		}
		return p, nil
	case task != nil:
		p.State = isQueued
	case record != nil:
		p.State, p.Error = isFailed, record.Error
	}
	reached, err := bench.ReadReached(checkpointsFolder(dir), e.ID)
	if reached.Step > 0 {
		p.Done, p.Total = reached.Step, e.Spec.Train.Steps
	}
	return p, err
}

// estimate fills in the times left that no process tells: what was thought
// before the sweep began, times what the done points' training took against it.
func (s *sweepStatus) estimate(roster sweeps.Roster) {
	var thought, took float64
	for i, p := range s.Points {
		if p.record != nil && p.record.Seconds > 0 {
			thought += roster.Points[i].Seconds
			took += p.record.Seconds
		}
	}
	truth := 1.0
	if thought > 0 && took > 0 {
		truth = took / thought
	}
	var sum, longest float64
	for i := range s.Points {
		p := &s.Points[i]
		if p.State == isDone || p.State == isFailed {
			continue
		}
		if p.SecondsLeft == 0 {
			p.SecondsLeft = roster.Points[i].Seconds * truth
			if p.Phase == "" && p.Total > 0 {
				p.SecondsLeft *= 1 - float64(p.Done)/float64(p.Total)
			}
		}
		sum += p.SecondsLeft
		longest = max(longest, p.SecondsLeft)
	}
	s.SecondsLeft = max(longest, sum/float64(max(1, s.Counts[isRunning])))
}
