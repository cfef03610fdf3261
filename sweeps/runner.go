package sweeps

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"hgbench/bench"
	"hgbench/results"
)

// runner runs points, several at once, and stores what they come to.
type runner struct {
	sweep   *Sweep
	points  []Point
	options Options
	ids     []string
	shas    map[string]string

	stored  results.Records   // done ones, when the store had size bytes
	size    int64             // of the store's file
	records []*results.Record // of the points that are stored
	skipped int               // of those, stored before
	running int
	bytes   int64 // planned by what is running
	ended   chan ending
	claimed []int // points that another process was at
}

// ending is how the run of a point ended.
type ending struct {
	point  int
	record results.Record
	err    error
}

// patience is for a process that has been told to stop, or is about to store
// its record.
const patience = 3 * time.Second

// run starts points in their order, as many at once as may be, and stores
// what comes back. What another process is at is tried once more in the end.
// When something cannot be stored, what is running is stopped.
func (r *runner) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	queue := make([]int, len(r.points))
	for i := range queue {
		queue[i] = i
	}
	for again := true; ; {
		for len(queue) > 0 && failed == nil && r.fits(queue[0]) {
			if failed = r.start(ctx, queue[0]); failed != nil {
				stop()
			}
			queue = queue[1:]
		}
		switch {
		case r.running > 0:
			e := <-r.ended
			r.running--
			r.bytes -= r.planned(e.point)
			if err := r.store(ctx, e); err != nil {
				failed = errors.Join(failed, err)
				stop()
			}
		case again && failed == nil && len(r.claimed) > 0:
			again, queue = false, r.claimed
			select {
			case <-time.After(patience):
			case <-ctx.Done():
			}
		default:
			return failed
		}
	}
}

// fits says whether one more point may run now.
func (r *runner) fits(i int) bool {
	o := r.options
	return r.running == 0 || r.running < o.Jobs && (o.Memory == 0 || r.bytes+r.planned(i) <= o.Memory)
}

func (r *runner) planned(i int) int64 {
	if r.options.Bytes == nil {
		return 0
	}
	return r.options.Bytes(i)
}

// start starts a point unless the store has it by now.
func (r *runner) start(ctx context.Context, i int) error {
	done, err := r.done(r.ids[i])
	if err != nil {
		return err
	}
	if done != nil {
		r.records[i] = done
		r.skipped++
		r.tell(i, Skipped, *done)
		return nil
	}
	if ctx.Err() != nil { // but later points may be stored already
		return nil
	}
	r.tell(i, Started, results.Record{})
	r.running++
	r.bytes += r.planned(i)
	go func(spec bench.Spec) {
		record, err := r.options.Run(ctx, i, spec)
		r.ended <- ending{i, record, err}
	}(r.points[i].Spec)
	return nil
}

// done finds a done record in the store, to which others may have added.
func (r *runner) done(id string) (*results.Record, error) {
	var size int64
	if info, err := os.Stat(r.options.Store.Path()); err == nil {
		size = info.Size()
	}
	if size != r.size {
		// Warnings of reading are for whoever shows the results.
		stored, _, err := r.options.Store.Read()
		if err != nil {
			return nil, err
		}
		r.size, r.stored = size, stored.Where(func(r results.Record) bool { return r.Status == results.Done })
	}
	for _, record := range r.stored {
		if record.ID == id {
			return &record, nil
		}
	}
	return nil, nil
}

// store stores the record of a point that ended, unless it is left.
func (r *runner) store(ctx context.Context, e ending) error {
	p := r.points[e.point]
	switch {
	case errors.Is(e.err, results.ErrClaimed):
		r.claimed = append(r.claimed, e.point)
		r.tell(e.point, Claimed, results.Record{})
		return nil
	case e.err != nil && ctx.Err() != nil:
		r.tell(e.point, Stopped, results.Record{})
		return nil
	}
	record, err := complete(e.record, e.err, r.sweep, p, r.ids[e.point], r.shas[p.Spec.Data])
	if err != nil {
		return fmt.Errorf("point %q: %w", p.Name, err)
	}
	if err := r.options.Store.Append(record); err != nil {
		return fmt.Errorf("point %q has ended, but is not stored: %w", p.Name, err)
	}
	r.records[e.point] = &record
	state := Done
	if record.Status != results.Done {
		state = Failed
	}
	r.tell(e.point, state, record)
	return nil
}

func (r *runner) tell(i int, state State, record results.Record) {
	if r.options.Progress != nil {
		r.options.Progress(Event{State: state, Point: r.points[i], ID: r.ids[i], Index: i, Total: len(r.points), Record: record})
	}
}

func (r *runner) summary() Summary {
	sum := Summary{Skipped: r.skipped, Done: -r.skipped}
	for i, record := range r.records {
		switch {
		case record == nil:
			sum.Left = append(sum.Left, r.points[i])
			continue
		case record.Status == results.Done:
			sum.Done++
		default:
			sum.Failed++
		}
		sum.Records = append(sum.Records, *record)
	}
	return sum
}
