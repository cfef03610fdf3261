package running

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hgbench/results"
)

// State is how far a run has come.
type State struct {
	Phase              string
	Done, Total        int
	TrainBPC, ValidBPC float64
	TokensPerSecond    float64
	Remaining          time.Duration // of the run
	Sweep              time.Duration // of all of the sweep
	Training           bool          // Done counts steps of training
	StepTokens         int64         // tokens of a step
}

// Every is how often a Teller writes.
const Every = time.Second

// maxCurve bounds the points of a curve so far: where there are more, every
// other one is dropped.
const maxCurve = 240

// Teller tells of one run until it is closed. That it writes by a clock of its
// own shows that the process lives, however long a step takes.
type Teller struct {
	dir  string
	stop chan struct{}
	done chan struct{}

	mu    sync.Mutex
	run   Run
	every int // steps between points of the curve
}

// Tell begins to tell of a run in a results folder.
func Tell(dir string, r Run) (*Teller, error) {
	if !isID(r.ID) {
		return nil, fmt.Errorf("progress of run %q: want an id of letters and digits", r.ID)
	}
	r.Started = time.Now()
	t := &Teller{dir: dir, run: r, every: 1, stop: make(chan struct{}), done: make(chan struct{})}
	if err := t.write(); err != nil {
		return nil, err
	}
	go t.keepTelling()
	return t, nil
}

func (t *Teller) keepTelling() {
	defer close(t.done)
	clock := time.NewTicker(Every)
	defer clock.Stop()
	for {
		select {
		case <-t.stop:
			return
		case <-clock.C:
			// A full disk or a folder gone is told by the store, which must
			// write; here the next second may succeed.
			_ = t.write()
		}
	}
}

func (t *Teller) write() error {
	t.mu.Lock()
	r := t.run
	r.Curve = append([]results.Point(nil), r.Curve...)
	t.mu.Unlock()
	r.Updated = time.Now()
	return r.write(t.dir)
}

// Update is cheap: it keeps the state for the next write.
func (t *Teller) Update(s State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &t.run
	r.Phase, r.Done, r.Total = s.Phase, s.Done, s.Total
	r.TrainBPC, r.TokensPerSecond = s.TrainBPC, s.TokensPerSecond
	r.RemainingSeconds, r.SweepSeconds = s.Remaining.Seconds(), s.Sweep.Seconds()
	if s.Training {
		t.extend(s)
	}
	if s.ValidBPC != r.ValidBPC && isFinite(s.ValidBPC) {
		r.ValidBPC = s.ValidBPC
		if n := len(r.Curve); n > 0 && s.ValidBPC > 0 {
			v := s.ValidBPC
			r.Curve[n-1].ValidBPC = &v
		}
	}
}

// extend adds a point to the curve so far.
func (t *Teller) extend(s State) {
	r := &t.run
	last := 0
	if n := len(r.Curve); n > 0 {
		last = r.Curve[n-1].Step
	}
	if s.Done < last { // training began anew
		r.Curve, last = nil, 0
	}
	if s.Done < last+t.every || !(s.TrainBPC > 0) || !isFinite(s.TrainBPC) {
		return
	}
	r.Curve = append(r.Curve, results.Point{
		Step: s.Done, Tokens: int64(s.Done) * s.StepTokens,
		Seconds: time.Since(r.Started).Seconds(), TrainBPC: s.TrainBPC,
	})
	if len(r.Curve) > maxCurve {
		r.Curve = thin(r.Curve)
		t.every *= 2
	}
}

// thin drops every other point, but for those of validation where they are few.
func thin(curve []results.Point) []results.Point {
	validated := 0
	for _, p := range curve {
		if p.ValidBPC != nil {
			validated++
		}
	}
	few := validated <= maxCurve/4
	var kept []results.Point
	for i, p := range curve {
		if i%2 == 1 || few && p.ValidBPC != nil {
			kept = append(kept, p)
		}
	}
	return kept
}

// Close ends the telling and removes the file.
func (t *Teller) Close() error {
	close(t.stop)
	<-t.done
	if err := os.Remove(file(t.dir, t.run.ID)); err != nil {
		return fmt.Errorf("progress of run %s: %w", t.run.ID, err)
	}
	_ = os.Remove(filepath.Join(t.dir, Folder)) // goes with the last file in it
	return nil
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
