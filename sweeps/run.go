package sweeps

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hgbench/bench"
	"hgbench/results"
)

// Options of Run. Store, Corpus and Run are needed.
type Options struct {
	Store *results.Store

	// Corpus gives the SHA-256 of a corpus by the spec's data, and errs if the
	// corpus is not to be had.
	Corpus func(ctx context.Context, data string) (sha256 string, err error)

	// Run trains and evaluates one point, its index given. When ctx is cancelled
	// it stops after the current step and returns an error. A record beside an
	// error holds what is known of the failed run; Run of this package completes
	// and stores it. An error that wraps results.ErrClaimed leaves the point to
	// the process that is at it.
	Run func(ctx context.Context, point int, spec bench.Spec) (results.Record, error)

	Progress func(Event) // told what happens, in order; may be nil

	// Jobs is how many points may run at once, 0 for 1. There are fewer while
	// the memory that another one needs, Bytes of its index, is more than what
	// those that run leave of Memory; 0 stands for no limit. A point that is too
	// large even alone is left to Run to refuse.
	Jobs   int
	Bytes  func(point int) int64
	Memory int64
}

// State of a point in an Event.
type State string

const (
	Skipped State = "skipped" // the store has it
	Started State = "started"
	Done    State = "done"
	Failed  State = "failed"
	Claimed State = "claimed" // another process is at it
	Stopped State = "stopped" // by ctx
)

// Event is a change of a point's state.
type Event struct {
	State  State
	Point  Point
	ID     string
	Index  int // of the point in the sweep, from 0
	Total  int
	Record results.Record // when skipped, done or failed
}

// Summary of a sweep's run.
type Summary struct {
	Skipped, Done, Failed int
	Left                  []Point         // not begun, stopped half-way, or left to another process
	Records               results.Records // of all points but those left, in their order
}

// Run does those points of a sweep that the store has no done record of; so
// a sweep started again goes on where it stopped, and tries failed points anew.
// A failing point is recorded as failed, and the rest goes on. Several
// processes may run the same sweep into the same store.
//
// Run errs when a corpus is missing or the store cannot be read, before
// anything runs; when a record cannot be stored; and when ctx is cancelled,
// with an error that wraps ctx's and says what is left. The summary tells what
// was done until then.
func Run(ctx context.Context, s *Sweep, points []Point, o Options) (Summary, error) {
	ids, shas, err := identify(ctx, points, o)
	if err != nil {
		return Summary{Left: points}, fmt.Errorf("sweep %s: %w", s.Name, err)
	}
	r := &runner{sweep: s, points: points, options: o, ids: ids, shas: shas,
		records: make([]*results.Record, len(points)), ended: make(chan ending)}
	err = r.run(ctx)
	sum := r.summary()
	if err == nil && len(sum.Left) > 0 {
		if cause := context.Cause(ctx); cause != nil {
			err = fmt.Errorf("stopped with %d of %d points left (%s); start it again to go on: %w",
				len(sum.Left), len(points), pointNames(sum.Left), cause)
		} else {
			err = fmt.Errorf("%d of %d points are left to other processes that run them (%s)", len(sum.Left), len(points), pointNames(sum.Left))
		}
	}
	if err != nil {
		return sum, fmt.Errorf("sweep %s: %w", s.Name, err)
	}
	return sum, nil
}

// identify gives the ids of the points and the hashes of their corpora.
func identify(ctx context.Context, points []Point, o Options) (ids []string, shas map[string]string, err error) {
	shas = make(map[string]string)
	ids = make([]string, len(points))
	for i, p := range points {
		sha, ok := shas[p.Spec.Data]
		if !ok {
			if sha, err = o.Corpus(ctx, p.Spec.Data); err != nil {
				return nil, nil, fmt.Errorf("data %s: %w", p.Spec.Data, err)
			}
			shas[p.Spec.Data] = sha
		}
		ids[i] = p.Spec.ID(sha)
	}
	return ids, shas, nil
}

// complete fills in what every record of a sweep has, and what a failed run
// could not know any more.
func complete(r results.Record, runErr error, s *Sweep, p Point, id, sha string) (results.Record, error) {
	r.ID, r.Sweep = id, s.Name
	if r.Time.IsZero() {
		r.Time = time.Now().UTC()
	}
	if len(r.Spec) == 0 {
		spec, err := p.Spec.Canonical()
		if err != nil {
			return r, err
		}
		r.Spec = spec
	}
	if r.Data == (results.Data{}) {
		r.Data = results.Data{Name: p.Spec.Data, SHA256: sha}
	}
	switch {
	case runErr != nil:
		r.Status, r.Error = results.Failed, runErr.Error()
	case r.Status == "":
		r.Status = results.Done
	}
	return r, nil
}

// pointNames lists the first few names.
func pointNames(points []Point) string {
	const few = 3
	var names []string
	for _, p := range points[:min(few, len(points))] {
		names = append(names, p.Name)
	}
	if more := len(points) - few; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, "; ")
}
