package sweeps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hgbench/bench"
	"hgbench/results"
)

// fake is a way to run points that trains nothing.
type fake struct {
	store  *results.Store
	ran    []uint64 // seeds, in the order of running
	fail   map[uint64]error
	before func(seed uint64)
	events []string
}

func newFake(t *testing.T) *fake {
	t.Helper()
	store, err := results.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &fake{store: store, fail: make(map[uint64]error)}
}

func (f *fake) options() Options {
	return Options{
		Store:  f.store,
		Corpus: func(_ context.Context, data string) (string, error) { return "sha of " + data, nil },
		Run: func(ctx context.Context, _ int, spec bench.Spec) (results.Record, error) {
			if f.before != nil {
				f.before(spec.Seed)
			}
			if err := ctx.Err(); err != nil {
				return results.Record{}, err
			}
			f.ran = append(f.ran, spec.Seed)
			return results.Record{ValidBPC: float64(spec.Seed), Parameters: 7}, f.fail[spec.Seed]
		},
		Progress: func(e Event) {
			f.events = append(f.events, fmt.Sprintf("%s %d/%d %s", e.State, e.Index, e.Total, e.Point.Name))
		},
	}
}

func seeds(t *testing.T) (*Sweep, []Point) {
	t.Helper()
	s := mustParse(t, "protocol: P1\nname: seeds\naxes: {seed: [1, 2, 3]}")
	points, err := Expand(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, points
}

func TestRunDoesWhatIsMissing(t *testing.T) {
	s, points := seeds(t)
	f := newFake(t)
	f.fail[2] = errors.New("loss is NaN at step 17")
	sum, err := Run(t.Context(), s, points, f.options())
	if err != nil {
		t.Fatal(err)
	}
	if sum.Done != 2 || sum.Failed != 1 || sum.Skipped != 0 || len(sum.Left) != 0 || len(sum.Records) != 3 {
		t.Errorf("summary %+v", sum)
	}
	bad := sum.Records[1]
	if bad.Status != results.Failed || bad.Error != "loss is NaN at step 17" || bad.Parameters != 7 || bad.Sweep != "seeds" || bad.ID != points[1].Spec.ID("sha of enwik7") {
		t.Errorf("failed record %+v", bad)
	}
	if bad.Data != (results.Data{Name: "enwik7", SHA256: "sha of enwik7"}) || bad.Time.IsZero() {
		t.Errorf("failed record %+v", bad)
	}
	var spec bench.Spec
	if err := json.Unmarshal(bad.Spec, &spec); err != nil || !spec.Equal(points[1].Spec) {
		t.Errorf("recorded spec %s, %v", bad.Spec, err)
	}
	want := []string{"started 0/3 seed=1", "done 0/3 seed=1", "started 1/3 seed=2", "failed 1/3 seed=2", "started 2/3 seed=3", "done 2/3 seed=3"}
	if d := cmp.Diff(want, f.events); d != "" {
		t.Errorf("events (-want +got)\n%s", d)
	}

	// Again: only the failed one, which now succeeds.
	f.fail, f.ran, f.events = nil, nil, nil
	sum, err = Run(t.Context(), s, points, f.options())
	if err != nil || sum.Done != 1 || sum.Skipped != 2 || sum.Failed != 0 || len(sum.Records) != 3 {
		t.Errorf("summary %+v, %v", sum, err)
	}
	if d := cmp.Diff([]uint64{2}, f.ran); d != "" {
		t.Errorf("ran (-want +got)\n%s", d)
	}
	stored, _, err := f.store.Read()
	if err != nil || len(stored.Done()) != 3 {
		t.Errorf("stored %+v, %v", stored, err)
	}
}

func TestRunStops(t *testing.T) {
	s, points := seeds(t)
	f := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.before = func(seed uint64) {
		if seed == 2 {
			cancel() // in the middle of the second point
		}
	}
	sum, err := Run(ctx, s, points, f.options())
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "sweep seeds: stopped with 2 of 3 points left (seed=2; seed=3); start it again to go on") {
		t.Errorf("error %v", err)
	}
	if sum.Done != 1 || sum.Failed != 0 || len(sum.Left) != 2 {
		t.Errorf("summary %+v", sum)
	}
	f.before = nil
	sum, err = Run(t.Context(), s, points, f.options())
	if err != nil || sum.Done != 2 || sum.Skipped != 1 || len(sum.Left) != 0 {
		t.Errorf("summary %+v, %v", sum, err)
	}
	if d := cmp.Diff([]uint64{1, 2, 3}, f.ran); d != "" {
		t.Errorf("ran (-want +got)\n%s", d)
	}
}

// A run that ends as the sweep is cancelled is done all the same.
func TestRunKeepsWhatEndedWhileStopping(t *testing.T) {
	s, points := seeds(t)
	f := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	o := f.options()
	o.Run = func(context.Context, int, bench.Spec) (results.Record, error) {
		cancel()
		return results.Record{}, nil
	}
	sum, err := Run(ctx, s, points, o)
	if !errors.Is(err, context.Canceled) || sum.Done != 1 || len(sum.Left) != 2 {
		t.Errorf("summary %+v, %v", sum, err)
	}
}

func TestRunNeedsItsCorpus(t *testing.T) {
	s, points := seeds(t)
	f := newFake(t)
	o := f.options()
	o.Corpus = func(context.Context, string) (string, error) { return "", errors.New("not there; get it first") }
	sum, err := Run(t.Context(), s, points, o)
	if err == nil || err.Error() != "sweep seeds: data enwik7: not there; get it first" || len(f.ran) != 0 || len(sum.Left) != 3 {
		t.Errorf("summary %+v, error %v", sum, err)
	}
}

func TestRunStopsWhenNothingCanBeStored(t *testing.T) {
	s, points := seeds(t)
	f := newFake(t)
	f.before = func(seed uint64) {
		if seed == 2 {
			if err := os.RemoveAll(f.store.Dir()); err != nil {
				t.Fatal(err)
			}
		}
	}
	sum, err := Run(t.Context(), s, points, f.options())
	if err == nil || !strings.Contains(err.Error(), `sweep seeds: point "seed=2" has ended, but is not stored`) {
		t.Errorf("error %v", err)
	}
	if sum.Done != 1 || len(sum.Left) != 2 || len(f.ran) != 2 {
		t.Errorf("summary %+v after running %v", sum, f.ran)
	}
}

// parallel is a way to run points that end when they are told to.
type parallel struct {
	mu      sync.Mutex
	running map[int]bool
	most    int
}

func (p *parallel) run(_ context.Context, point int, _ bench.Spec) (results.Record, error) {
	p.mu.Lock()
	p.running[point] = true
	p.most = max(p.most, len(p.running))
	p.mu.Unlock()
	time.Sleep(time.Second) // of a synctest bubble
	p.mu.Lock()
	delete(p.running, point)
	p.mu.Unlock()
	return results.Record{}, nil
}

// Points run at once as far as their number and their memory allow; one that
// never fits runs alone, and may say so.
func TestRunSeveralAtOnce(t *testing.T) {
	s := mustParse(t, "protocol: P1\nname: seeds\naxes: {seed: [1, 2, 3, 4, 5, 6]}")
	points, err := Expand(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		jobs          int
		memory        int64
		bytes         []int64
		most, seconds int
	}{
		{0, 0, nil, 1, 6},
		{1, 0, nil, 1, 6},
		{2, 0, nil, 2, 3},
		{9, 0, nil, 6, 1},
		{3, 100, []int64{40, 40, 40, 40, 40, 40}, 2, 3},
		{3, 100, []int64{10, 10, 10, 10, 10, 10}, 3, 2},
		{3, 100, []int64{60, 60, 500, 40, 40, 20}, 3, 4},
		{3, 0, []int64{60, 60, 500, 40, 40, 20}, 3, 2},
	} {
		f := newFake(t)
		o := f.options()
		synctest.Test(t, func(t *testing.T) {
			p := &parallel{running: make(map[int]bool)}
			o.Run, o.Jobs, o.Memory = p.run, c.jobs, c.memory
			if c.bytes != nil {
				o.Bytes = func(i int) int64 { return c.bytes[i] }
			}
			start := time.Now()
			sum, err := Run(t.Context(), s, points, o)
			if err != nil || sum.Done != len(points) {
				t.Errorf("%+v: summary %+v, %v", c, sum, err)
			}
			if took := time.Since(start); p.most != c.most || took != time.Duration(c.seconds)*time.Second {
				t.Errorf("%+v: %d at once, %v in all", c, p.most, took)
			}
		})
	}
}

// A point that another process is at is left to it, unless that stops; one that
// it has done meanwhile is not done again.
func TestRunBesideAnotherProcess(t *testing.T) {
	for name, c := range map[string]struct {
		stops bool
		err   string
		want  []string
	}{
		"that goes on": {false, "sweep seeds: 1 of 3 points are left to other processes that run them (seed=2)",
			[]string{"started 1/3 seed=2", "claimed 1/3 seed=2"}},
		"that stops": {true, "<nil>", []string{"started 1/3 seed=2", "done 1/3 seed=2"}},
	} {
		s, points := seeds(t)
		f := newFake(t)
		o := f.options()
		synctest.Test(t, func(t *testing.T) {
			claimed := 0
			o.Run = func(_ context.Context, i int, spec bench.Spec) (results.Record, error) {
				if i == 1 {
					if claimed++; claimed > 1 && c.stops {
						return results.Record{}, nil
					}
					return results.Record{}, fmt.Errorf("run: %w", results.ErrClaimed)
				}
				r := results.Record{ID: points[2].Spec.ID("sha of enwik7"), Status: results.Done, Spec: []byte("{}")}
				return results.Record{}, f.store.Append(r) // by the other process
			}
			sum, err := Run(t.Context(), s, points, o)
			if fmt.Sprint(err) != c.err {
				t.Errorf("%s: error %v", name, err)
			}
			if sum.Skipped != 1 || sum.Done+len(sum.Left) != 2 || claimed != 2 {
				t.Errorf("%s: summary %+v", name, sum)
			}
		})
		want := append([]string{"started 0/3 seed=1", "done 0/3 seed=1", "started 1/3 seed=2", "claimed 1/3 seed=2", "skipped 2/3 seed=3"}, c.want...)
		if d := cmp.Diff(want, f.events); d != "" {
			t.Errorf("%s: events (-want +got)\n%s", name, d)
		}
	}
}

// When a record cannot be stored, points under way are stopped and left.
func TestRunStopsOthersWhenNothingCanBeStored(t *testing.T) {
	s, points := seeds(t)
	f := newFake(t)
	o := f.options()
	o.Jobs = 2
	started := make(chan bool)
	o.Run = func(ctx context.Context, i int, _ bench.Spec) (results.Record, error) {
		if i == 1 {
			close(started)
			<-ctx.Done()
			return results.Record{}, ctx.Err()
		}
		<-started
		return results.Record{}, os.RemoveAll(f.store.Dir())
	}
	sum, err := Run(t.Context(), s, points, o)
	if err == nil || !strings.Contains(err.Error(), `point "seed=1" has ended, but is not stored`) || len(sum.Left) != 3 {
		t.Errorf("summary %+v, error %v", sum, err)
	}
}
