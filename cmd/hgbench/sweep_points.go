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
	states := make([]pointState, len(points))
	for i, p := range points {
		if err := cmd.Context().Err(); err != nil {
			return nil, &interruption{"nothing was started"}
		}
		plan, err := bench.Plan(p.Spec, o.Threads)
		if err != nil { // the run will fail, and be recorded with the reason
			plan = bench.PlanReport{Spec: p.Spec}
		}
		states[i] = pointState{Name: points[i].Name, ID: plan.ID, State: "missing", Seconds: planSeconds(plan), Bytes: max(plan.Memory.Total, plan.EvalMemory.Total), Spec: plan.Spec}
		if s.PlanOnly {
			states[i].Seconds = plan.Seconds / float64(max(1, plan.Steps)) * measuredSteps
		}
		if r, ok := records.Find(plan.ID); ok {
			states[i].State = r.Status
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
	return nil
}
