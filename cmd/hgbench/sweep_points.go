package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
	"hgbench/sweeps"
)

// pointState is a point of a sweep before it runs.
type pointState struct {
	Name    string     `json:"name"`
	ID      string     `json:"id,omitempty"` // empty while the corpus is not here
	State   string     `json:"state"`        // done, failed or missing
	Seconds float64    `json:"seconds"`      // estimated on this machine
	Bytes   int64      `json:"bytes"`        // of memory, planned
	Spec    bench.Spec `json:"spec"`

	number int    // in the sweep, from 1
	reason string // why it failed, where it did
}

// prepareSweep surveys the points of a sweep and opens their corpora, whose
// SHA-256 it returns by name. Then every point has an id.
func prepareSweep(cmd *cobra.Command, s *sweeps.Sweep, points []sweeps.Point, o sweepOptions) (states []pointState, corpora map[string]string, err error) {
	if states, err = surveyPoints(cmd, s, points, o); err != nil {
		return nil, nil, err
	}
	corpora = make(map[string]string)
	for i, p := range states {
		if corpora[p.Spec.Data] == "" { // one that is not here is an error that says what to do
			if corpora[p.Spec.Data], err = corpusHash(cmd.Context(), p.Spec.Data); err != nil {
				return nil, nil, err
			}
		}
		states[i].ID = points[i].Spec.ID(corpora[p.Spec.Data])
	}
	return states, corpora, checkCausal(s, states, o)
}

// checkCausal errs when points that are to do are known to look ahead and may
// not: better now than after those before them have been trained.
func checkCausal(s *sweeps.Sweep, states []pointState, o sweepOptions) error {
	if o.AllowLeak || s.PlanOnly {
		return nil
	}
	var first error
	leaking := 0
	for _, p := range states {
		if p.State == results.Done {
			continue
		}
		if err := p.Spec.CheckCausal(); err != nil {
			if leaking++; first == nil {
				first = err
			}
		}
	}
	if first == nil {
		return nil
	}
	return fmt.Errorf("sweep %s: %d of %s would fail: %w", s.Name, leaking, count(len(states)), first)
}

// rosterOf lists all points of a sweep as they are now.
func rosterOf(s *sweeps.Sweep, points []sweeps.Point, states []pointState) sweeps.Roster {
	r := sweeps.Roster{Sweep: s.Name, PlanOnly: s.PlanOnly, Total: len(points)}
	for i, p := range states {
		r.Points = append(r.Points, sweeps.Entry{Number: p.number, Name: p.Name, ID: p.ID, Seconds: p.Seconds, Bytes: p.Bytes, Spec: points[i].Spec})
	}
	return r
}

// surveyPoints plans the points of a sweep, and looks up which of them the
// folder o.out has. It writes nothing.
func surveyPoints(cmd *cobra.Command, s *sweeps.Sweep, points []sweeps.Point, o sweepOptions) ([]pointState, error) {
	var records results.Records
	if isFile(filepath.Join(o.out, results.FileName)) {
		var err error
		if records, err = readResults(cmd, o.out); err != nil {
			return nil, err
		}
	}
	planner := bench.NewPlanner(o.Threads)
	defer planner.Close()
	states := make([]pointState, len(points))
	for i, p := range points {
		if err := cmd.Context().Err(); err != nil {
			return nil, &interruption{"nothing was started"}
		}
		plan, err := planner.Plan(p.Spec)
		if err != nil { // the run will fail, and be recorded with the reason
			plan = bench.PlanReport{ID: plan.ID, Spec: p.Spec}
		}
		states[i] = pointState{Name: points[i].Name, ID: plan.ID, State: "missing", Seconds: planSeconds(plan), Bytes: max(plan.Memory.Total, plan.EvalMemory.Total), Spec: plan.Spec, number: i + 1}
		if s.PlanOnly {
			states[i].Seconds = plan.Seconds / float64(max(1, plan.Steps)) * measuredSteps
		}
		if r, ok := records.Find(plan.ID); ok {
			states[i].State, states[i].reason = r.Status, r.Error
		}
	}
	return states, nil
}

// listPoints shows the points of a sweep, and which of them are done.
func listPoints(cmd *cobra.Command, s *sweeps.Sweep, points []sweeps.Point, o sweepOptions) error {
	states, err := surveyPoints(cmd, s, points, o)
	if err != nil {
		return err
	}
	if o.json {
		return writeJSON(cmd, states)
	}
	var rows [][]string
	var left int
	var total float64
	for i, p := range states {
		rows = append(rows, []string{fmt.Sprint(i + 1), p.Name, p.ID, p.State, formatDuration(seconds(p.Seconds))})
		if p.State != results.Done {
			left++
			total += p.Seconds
		}
	}
	if err := writeGrid(cmd.OutOrStdout(), "rlllr", []string{"", "point", "id", "", "time"}, rows); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: %d of %d points are to do in %s, about %s\n", s.Name, left, len(states), o.out, formatDuration(seconds(total)))
	if err := checkCausal(s, states, o); err != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "warning: it will not start:", err)
	}
	return nil
}
