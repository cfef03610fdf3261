package bench

import (
	"fmt"
	"slices"
	"time"
)

// A step that takes so many times the median of recent ones, and no less than a
// moment, is worth a word: a disk that sleeps, a machine that swaps or shares
// its cores, a deadlock.
const (
	hangFactor = 20
	hangLeast  = 2 * time.Second
	hangWindow = 51 // steps that the median is over
	hangEnough = 5  // steps before there is one
)

// watchdog says when a step takes too long, while it does.
type watchdog struct {
	note   func(string)
	recent []time.Duration // a ring once it is full
	steps  int             // that have ended
	began  time.Time
	timer  *time.Timer
}

func (w *watchdog) begin(step int) {
	w.began = time.Now()
	if len(w.recent) < hangEnough {
		return
	}
	sorted := slices.Sorted(slices.Values(w.recent))
	median := sorted[len(sorted)/2]
	limit := max(hangFactor*median, hangLeast)
	w.timer = time.AfterFunc(limit, func() {
		w.note(fmt.Sprintf("step %d has taken %v so far, the median is %v: is the machine busy with something else, or out of memory?",
			step+1, limit.Round(time.Millisecond), median.Round(time.Microsecond)))
	})
}

func (w *watchdog) end() {
	took := time.Since(w.began)
	if w.timer != nil && !w.timer.Stop() {
		w.note(fmt.Sprintf("that step took %v; going on", took.Round(time.Millisecond)))
	}
	w.timer = nil
	if len(w.recent) < hangWindow {
		w.recent = append(w.recent, took)
	} else {
		w.recent[w.steps%hangWindow] = took
	}
	w.steps++
}
