package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/report/tensorboard"
	"hgbench/results"
	"hgbench/sweeps"
)

// runSweep runs what is missing of a sweep, and shows what all of it says.
func runSweep(cmd *cobra.Command, s *sweeps.Sweep, points []sweeps.Point, o sweepOptions) error {
	states, err := surveyPoints(cmd, s, points, o)
	if err != nil {
		return err
	}
	for _, p := range states {
		if p.ID == "" { // the corpus is not here, and this says what to do about it
			if _, err := corpusHash(cmd.Context(), p.Spec.Data); err != nil {
				return err
			}
		}
	}
	store, weights, err := openResults(o.out)
	if err != nil {
		return err
	}
	w := &sweepWatch{progress: newProgress(cmd), states: states, teller: sweepTeller{dir: o.out, sweep: s.Name, points: len(points)}}
	if o.tensorboard {
		w.events = eventsFolder(o.out)
	}
	w.note(w.opening(s, o.out))
	options := o.Options
	options.Sweep, options.SaveDir, options.Checkpoints = s.Name, weights, checkpointsFolder(o.out)
	options.Progress, options.Note = w.update, w.note
	w.options = options
	done, err := sweeps.Run(cmd.Context(), s, points, sweeps.Options{
		Store:    store,
		Corpus:   corpusHash,
		Progress: w.event,
		Run: func(ctx context.Context, _ string, spec bench.Spec) (results.Record, error) {
			if s.PlanOnly {
				return survey(ctx, spec, options)
			}
			return bench.Run(ctx, spec, options)
		},
	})
	w.warn(w.teller.end())
	w.end()
	if err != nil {
		return stoppedBy(cmd, err, fmt.Sprintf("%d of %d points are done and recorded in %s; the same command goes on with the rest",
			done.Skipped+done.Done, len(points), store.Path()))
	}
	if err := showSweep(cmd, s, done.Records, o); err != nil {
		return err
	}
	if done.Failed > 0 {
		return fmt.Errorf("sweep %s: %d of %d points failed, as recorded in %s; the same command tries them again", s.Name, done.Failed, len(points), store.Path())
	}
	return nil
}

// shown is what a sweep says, for programs.
type shown struct {
	Sweep    string           `json:"sweep"`
	Protocol results.Protocol `json:"protocol,omitempty"`
	Records  results.Records  `json:"records"`
	Summary  []string         `json:"summary"`
	Figures  []string         `json:"figures"` // paths without .png and .svg
}

// showSweep shows table, summary and figures of a sweep.
func showSweep(cmd *cobra.Command, s *sweeps.Sweep, records results.Records, o sweepOptions) error {
	var figures []string
	if len(records.Done()) > 0 {
		var err error
		if figures, err = saveFigures(records, s.Protocol, figuresFolder(o.out)); err != nil {
			return err
		}
	}
	if o.json {
		return writeJSON(cmd, shown{s.Name, s.Protocol, records, results.Summarise(records, s.Protocol).Lines, figures})
	}
	printTable(cmd, records)
	if !s.PlanOnly {
		printSummary(cmd, records, s.Protocol)
	}
	if len(figures) > 0 {
		fmt.Fprintln(cmd.OutOrStdout())
		printFigures(cmd, figures)
	}
	return nil
}

// sweepWatch shows the progress of a sweep.
type sweepWatch struct {
	progress
	options bench.Options
	teller  sweepTeller
	events  string // folder for TensorBoard; empty: none
	states  []pointState
	current int
	started time.Time // of the current point
}

// opening says what is ahead.
func (w *sweepWatch) opening(s *sweeps.Sweep, out string) string {
	left := w.left(0)
	return fmt.Sprintf("sweep %s: %s, %d to do, about %s; results in %s",
		s.Name, count(len(w.states)), len(left), formatDuration(sum(left)), out)
}

// left are the estimated times of the points from i on that are to do.
func (w *sweepWatch) left(i int) (times []time.Duration) {
	for _, p := range w.states[i:] {
		if p.State != results.Done {
			times = append(times, seconds(p.Seconds))
		}
	}
	return times
}

func sum(times []time.Duration) (total time.Duration) {
	for _, t := range times {
		total += t
	}
	return total
}

func (w *sweepWatch) event(e sweeps.Event) {
	title := fmt.Sprintf("[%d/%d] %s", e.Index+1, e.Total, e.Point.Name)
	switch e.State {
	case sweeps.Skipped:
		w.note(title + ": " + outcome(e.Record) + ", done before")
		w.warn(w.writeEvents(e.Record))
	case sweeps.Started:
		w.current, w.started = e.Index, time.Now()
		w.begin(title)
		w.warn(w.teller.begin(e.Index, w.states[e.Index]))
	case sweeps.Done:
		w.warn(w.teller.end())
		w.warn(w.writeEvents(e.Record))
		w.note(title + ": " + outcome(e.Record) + ", in " + formatDuration(time.Since(w.started)))
		if err := dropCheckpoints(w.options, e.Record); err != nil {
			w.note(err.Error())
		}
	case sweeps.Failed:
		w.warn(w.teller.end())
		w.note(title + ": failed: " + e.Record.Error)
	}
}

// warn notes what went wrong beside the work itself, which goes on.
func (w *sweepWatch) warn(err error) {
	if err != nil {
		w.note("warning: " + err.Error())
	}
}

// writeEvents writes a done run for TensorBoard, if that was asked for.
func (w *sweepWatch) writeEvents(r results.Record) error {
	if w.events == "" {
		return nil
	}
	return tensorboard.Write(w.events, r)
}

// eventsFolder is where TensorBoard finds the runs of a results folder.
func eventsFolder(dir string) string { return filepath.Join(dir, "tensorboard") }

// outcome of a done run in a few words.
func outcome(r results.Record) string {
	if r.ValidBPC == 0 {
		return fmt.Sprintf("%s planned, %s", results.FormatBytes(r.Memory.Planned.Total), results.FormatSI(r.TokensPerSecond, "tok/s"))
	}
	return fmt.Sprintf("validation BPC %.3f, test BPC %.3f", r.ValidBPC, r.TestBPC)
}

// update shows a run's progress, and the time left for the whole sweep: the
// estimates of the points to come, scaled by how far that of the current one
// is from the truth.
func (w *sweepWatch) update(now bench.Progress) {
	var all time.Duration
	later, estimate := w.left(w.current+1), w.states[w.current].Seconds
	if now.Remaining > 0 && estimate > 0 && len(later) > 0 {
		truth := (time.Since(w.started) + now.Remaining).Seconds() / estimate
		all = now.Remaining + seconds(sum(later).Seconds()*truth)
	}
	w.show(int64(now.Done), int64(now.Total), runState(now, all))
	w.teller.update(now, all)
}
