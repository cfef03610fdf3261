package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/plots"
	"hgbench/results"
	"hgbench/sweeps"
)

// runSweep runs what is missing of a sweep, and shows what all of it says.
func runSweep(cmd *cobra.Command, s *sweeps.Sweep, points []sweeps.Point, o sweepOptions) error {
	defer takeSignals(cmd)()
	o.share(s)
	states, corpora, err := prepareSweep(cmd, s, points, o)
	if err != nil {
		return err
	}
	store, _, err := openResults(o.out)
	if err != nil {
		return err
	}
	if err := sweeps.WriteJSON(filepath.Join(o.out, sweeps.RosterFile), rosterOf(s, points, states)); err != nil {
		return fmt.Errorf("list of points: %w", err)
	}
	done, err := runPoints(cmd, s, points, states, len(points), corpora, o)
	if err != nil {
		return stoppedBy(cmd, err, fmt.Sprintf("%d of %d points are done and recorded in %s; the same command goes on with the rest",
			done.Skipped+done.Done, len(points), store.Path()))
	}
	err = showSweep(cmd, s, points, done.Records, o)
	if done.Failed > 0 {
		err = errors.Join(err, fmt.Errorf("sweep %s: %d of %d points failed, as recorded in %s; the same command tries them again", s.Name, done.Failed, len(points), store.Path()))
	}
	return err
}

// runPoints runs those points, of all that the sweep has, that the folder o.out
// has no done record of. corpora are their SHA-256 by name.
func runPoints(cmd *cobra.Command, s *sweeps.Sweep, points []sweeps.Point, states []pointState, all int, corpora map[string]string, o sweepOptions) (sweeps.Summary, error) {
	store, weights, err := openResults(o.out)
	if err != nil {
		return sweeps.Summary{}, err
	}
	for name, sha256 := range corpora {
		warnChanged(cmd, store, name, sha256)
	}
	w := &sweepWatch{progress: newProgress(cmd), states: states, all: all, options: o.Options, jobs: o.jobs,
		teller: sweepTeller{dir: o.out, sweep: s.Name, points: all}, running: make(map[int]*runningPoint)}
	defer w.end()
	w.options.Sweep, w.options.SaveDir, w.options.Checkpoints = s.Name, weights, checkpointsFolder(o.out)
	if o.tensorboard {
		w.events = eventsFolder(o.out)
	}
	w.note(w.opening(s, o.out))
	return sweeps.Run(cmd.Context(), s, points, sweeps.Options{
		Store:    store,
		Corpus:   func(_ context.Context, name string) (string, error) { return corpora[name], nil },
		Progress: w.event,
		Jobs:     o.jobs,
		Bytes:    func(i int) int64 { return states[i].Bytes },
		Memory:   bench.AvailableMemory(),
		Run: func(ctx context.Context, i int, spec bench.Spec) (results.Record, error) {
			switch {
			case s.PlanOnly:
				return survey(ctx, spec, w.optionsOf(i))
			case o.jobs > 1:
				return startPoint(ctx, assignment{spec, w.optionsOf(i)})
			}
			return bench.Run(ctx, spec, w.optionsOf(i))
		},
	})
}

// shown is what a sweep says, for programs.
type shown struct {
	Sweep    string           `json:"sweep"`
	Protocol results.Protocol `json:"protocol,omitempty"`
	Records  results.Records  `json:"records"`
	Summary  []string         `json:"summary"`
	Figures  []string         `json:"figures"` // paths without .png and .svg
}

// showSweep shows table, summary and figures of a sweep. Figures that cannot be
// drawn or saved are an error, after all the rest.
func showSweep(cmd *cobra.Command, s *sweeps.Sweep, points []sweeps.Point, records results.Records, o sweepOptions) error {
	var figures []string
	var failed error
	if len(records.Done()) > 0 {
		figures, failed = saveFigures(records, s.Protocol, figuresFolder(o.out))
	}
	if failed == nil && len(records.Done()) > 0 && !s.PlanOnly {
		var path string
		if path, failed = saveContexts(points, o); path != "" && failed == nil {
			figures = append(figures, path)
		}
	}
	if o.json {
		return errors.Join(writeJSON(cmd, shown{s.Name, s.Protocol, records, results.Summarise(records, s.Protocol).Lines, figures}), failed)
	}
	printTable(cmd, records)
	printSummary(cmd, records, s.Protocol)
	if len(figures) > 0 {
		fmt.Fprintln(cmd.OutOrStdout())
		printFigures(cmd, figures)
	}
	return failed
}

// saveContexts draws memory against context from plans, and returns the path
// without extension; none where there is nothing to draw.
func saveContexts(points []sweeps.Point, o sweepOptions) (string, error) {
	records, err := contextCosts(points, o.Threads)
	if err != nil {
		return "", err
	}
	figure, err := plots.MemoryContext(records, plots.Options{})
	if err != nil { // the data is too short for a longer context
		return "", nil
	}
	return filepath.Join(figuresFolder(o.out), figure.Name), plots.Save(figure, figuresFolder(o.out), "")
}
