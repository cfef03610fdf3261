package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"hgbench/bench"
	"hgbench/report/tensorboard"
	"hgbench/results"
	"hgbench/sweeps"
)

// sweepWatch shows the progress of a sweep.
type sweepWatch struct {
	progress
	options bench.Options // of all points
	states  []pointState
	all     int // points of the sweep
	jobs    int
	teller  sweepTeller // of no point yet
	events  string      // folder for TensorBoard; empty: none

	mu      sync.Mutex // points that run at once report at once
	next    int        // index of the first point not begun
	running map[int]*runningPoint
}

// runningPoint is a point under way.
type runningPoint struct {
	teller    sweepTeller
	started   time.Time
	state     string
	remaining time.Duration // 0 while unknown
}

// optionsOf are those of one point.
func (w *sweepWatch) optionsOf(i int) bench.Options {
	o := w.options
	o.Progress = func(p bench.Progress) { w.update(i, p) }
	o.Note = func(note string) {
		if w.jobs > 1 {
			note = w.number(i) + " " + note
		}
		w.note(note)
	}
	return o
}

// number of a point, as "[2/6]".
func (w *sweepWatch) number(i int) string { return fmt.Sprintf("[%d/%d]", w.states[i].number, w.all) }

// opening says what is ahead.
func (w *sweepWatch) opening(s *sweeps.Sweep, out string) string {
	left := w.left(0)
	at := triedAgain(w.states)
	if w.jobs > 1 {
		at += fmt.Sprintf(", %d at once (--threads %d)", w.jobs, w.options.Threads)
	}
	return fmt.Sprintf("sweep %s: %s, %d to do%s, about %s; results in %s",
		s.Name, count(len(w.states)), len(left), at, formatDuration(sum(left)/time.Duration(max(1, w.jobs))), out)
}

// triedAgain tells of points that failed when the sweep ran before; empty where
// none did.
func triedAgain(points []pointState) string {
	failed := 0
	for _, p := range points {
		if p.State == results.Failed {
			failed++
		}
	}
	if failed == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d of them failed before)", failed)
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

// event shows what became of a point.
func (w *sweepWatch) event(e sweeps.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	title := w.number(e.Index) + " " + e.Point.Name
	w.next = max(w.next, e.Index+1)
	if e.State == sweeps.Started {
		w.begun(e.Index, title)
		return
	}
	p := w.running[e.Index]
	if p != nil {
		delete(w.running, e.Index)
		w.warn(p.teller.end())
	}
	switch e.State {
	case sweeps.Skipped:
		w.note(title + ": " + outcome(e.Record) + ", done before")
		w.warn(w.writeEvents(e.Record))
		w.warn(dropCheckpoints(w.options, e.Record)) // if it was killed just after recording
	case sweeps.Done:
		w.warn(w.writeEvents(e.Record))
		w.note(title + ": " + outcome(e.Record) + ", in " + formatDuration(time.Since(p.started)))
		w.warn(dropCheckpoints(w.options, e.Record))
	case sweeps.Failed:
		w.note(title + ": failed: " + e.Record.Error)
	case sweeps.Claimed:
		w.note(title + ": another process runs it")
	}
}

// begun shows that a point begins.
func (w *sweepWatch) begun(i int, title string) {
	switch {
	case w.jobs <= 1:
		w.begin(title)
	case len(w.running) == 0:
		w.begin(fmt.Sprintf("%d points at once", w.jobs))
		fallthrough
	default:
		w.note(title)
	}
	if w.states[i].State == results.Failed {
		w.note(title + ": tried again, it failed before: " + w.states[i].reason)
	}
	p := &runningPoint{teller: w.teller, started: time.Now()}
	w.running[i] = p
	w.warn(p.teller.begin(w.states[i]))
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

// update shows a point's progress, and the time left for the whole sweep: the
// estimates of the points to come, scaled by how far that of this one is from
// the truth.
func (w *sweepWatch) update(i int, now bench.Progress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.running[i]
	if p == nil { // a last word of one that has ended
		return
	}
	p.remaining = now.Remaining
	var all time.Duration
	later, estimate := w.left(w.next), w.states[i].Seconds
	if now.Remaining > 0 && estimate > 0 && len(later)+len(w.running) > 1 {
		truth := (time.Since(p.started) + now.Remaining).Seconds() / estimate
		for _, other := range w.running {
			all += other.remaining
		}
		all = (all + seconds(sum(later).Seconds()*truth)) / time.Duration(max(1, w.jobs))
	}
	p.teller.update(now, all)
	if w.jobs <= 1 {
		w.show(int64(now.Done), int64(now.Total), runState(now, all))
		return
	}
	p.state = runState(now, 0)
	var states []string
	for j := range w.states {
		if q := w.running[j]; q != nil {
			states = append(states, w.number(j)+" "+q.state)
		}
	}
	w.show(int64(w.next-len(w.running)), int64(len(w.states)), strings.Join(states, "; "))
}

// outcome of a done run in a few words.
func outcome(r results.Record) string {
	if r.ValidBPC == 0 {
		return fmt.Sprintf("%s planned, %s", results.FormatBytes(r.Memory.Planned.Total), results.FormatSI(r.TokensPerSecond, "tok/s"))
	}
	unit := r.Evaluation.Bits().Name
	return fmt.Sprintf("validation %s %.3f, test %s %.3f", unit, r.ValidBPC, unit, r.TestBPC)
}
