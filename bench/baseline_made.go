package bench

import (
	"context"
	"fmt"
	"os"
	"strings"

	"hgbench/pkg/cpu"
	"hgbench/results"
)

// made are the runs of an update so far, in a results folder beside the
// baseline, so that an update which is stopped or killed loses one run at most.
type made struct {
	store   *results.Store
	records results.Records // that this update may take
}

// openMade finds what an update of a baseline has left. Only runs of the very
// same source and instruction set count: a baseline is of one.
func openMade(path string) (*made, error) {
	store, err := results.Open(path + ".part")
	if err != nil {
		return nil, err
	}
	records, _, err := store.Read() // a run whose line is torn is made again
	if err != nil {
		return nil, err
	}
	return &made{store, reusable(records, CurrentVersions(), cpu.Current().String())}, nil
}

// reusable are the records that this source would make again to the bit.
func reusable(records results.Records, v results.Versions, isa string) results.Records {
	if v.Commit == "" || strings.HasSuffix(v.Commit, "+dirty") {
		return nil // there is no telling
	}
	return records.Where(func(r results.Record) bool { return r.Versions == v && r.Machine.ISA == isa })
}

// run is a run that was made already, or is made now.
func (m *made) run(ctx context.Context, s Spec, corpus string, o Options) (results.Record, error) {
	id := s.ID(corpus)
	for _, r := range m.records {
		if r.ID == id && r.Machine.Threads == threadsOr(o.Threads) && usable(r) == nil {
			return r, nil
		}
	}
	r, err := Run(ctx, s, o)
	if err == nil {
		err = usable(r)
	}
	if err != nil {
		return r, err
	}
	return r, m.store.Append(r)
}

func (m *made) remove() error {
	if err := os.RemoveAll(m.store.Dir()); err != nil {
		return fmt.Errorf("the baseline is written, but what it was made of is still there: %w", err)
	}
	return nil
}
