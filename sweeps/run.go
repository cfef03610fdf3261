package sweeps

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hgbench/bench"
	"hgbench/results"
)

// Options of Run. All but Progress are needed.
type Options struct {
	Store *results.Store

	// Corpus gives the SHA-256 of a corpus by the spec's data, and errs if the
	// corpus is not to be had.
	Corpus func(ctx context.Context, data string) (sha256 string, err error)

	// Run trains and evaluates one point. When ctx is cancelled it stops after
	// the current step and returns an error. A record beside an error holds
	// what is known of the failed run; Run of this package completes and stores
	// it.
	Run func(ctx context.Context, id string, spec bench.Spec) (results.Record, error)

	Progress func(Event) // told what happens, in order; may be nil
}

// State of a point in an Event.
type State string

const (
	Skipped State = "skipped" // the store has it
	Started State = "started"
	Done    State = "done"
	Failed  State = "failed"
)

// Event is a change of a point's state.
type Event struct {
	State  State
	Point  Point
	ID     string
	Index  int // of the point in the sweep, from 0
	Total  int
	Record results.Record // unless started
}

// Summary of a sweep's run.
type Summary struct {
	Skipped, Done, Failed int
	Left                  []Point         // not begun, or stopped half-way
	Records               results.Records // of all points but those left, in their order
}

// Run does those points of a sweep that the store has no done record of; so
// a sweep started again goes on where it stopped, and tries failed points anew.
// A failing point is recorded as failed, and the rest goes on.
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
	// Warnings of reading are for whoever shows the results.
	stored, _, err := o.Store.Read()
	if err != nil {
		return Summary{Left: points}, fmt.Errorf("sweep %s: %w", s.Name, err)
	}
	done := make(map[string]results.Record)
	for _, r := range stored {
		if r.Status == results.Done {
			done[r.ID] = r
		}
	}

	var sum Summary
	// stop is the summary of an end at a point: what is not stored is left.
	stop := func(at int) Summary {
		for i, p := range points[at:] {
			if _, ok := done[ids[at+i]]; !ok {
				sum.Left = append(sum.Left, p)
			}
		}
		return sum
	}
	for i, p := range points {
		tell := func(state State, r results.Record) {
			if o.Progress != nil {
				o.Progress(Event{State: state, Point: p, ID: ids[i], Index: i, Total: len(points), Record: r})
			}
		}
		if r, ok := done[ids[i]]; ok {
			sum.Skipped++
			sum.Records = append(sum.Records, r)
			tell(Skipped, r)
			continue
		}
		if ctx.Err() != nil {
			// Later points may be stored already, so the list goes to its end.
			sum.Left = append(sum.Left, p)
			continue
		}
		tell(Started, results.Record{})
		r, err := o.Run(ctx, ids[i], p.Spec)
		if err != nil && ctx.Err() != nil {
			sum.Left = append(sum.Left, p)
			continue
		}
		if r, err = complete(r, err, s, p, ids[i], shas[p.Spec.Data]); err != nil {
			return stop(i), fmt.Errorf("sweep %s: point %q: %w", s.Name, p.Name, err)
		}
		if err := o.Store.Append(r); err != nil {
			return stop(i), fmt.Errorf("sweep %s: point %q is done, but not stored: %w", s.Name, p.Name, err)
		}
		sum.Records = append(sum.Records, r)
		if r.Status == results.Done {
			sum.Done++
			tell(Done, r)
		} else {
			sum.Failed++
			tell(Failed, r)
		}
	}
	if len(sum.Left) > 0 {
		return sum, fmt.Errorf("sweep %s stopped with %d of %d points left (%s); start it again to go on: %w",
			s.Name, len(sum.Left), len(points), pointNames(sum.Left), context.Cause(ctx))
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
