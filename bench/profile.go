package bench

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"time"

	"hgbench/pkg/cpu"
	"hgbench/pkg/data"
	"hgbench/pkg/graph"
)

// OpTime is the time of all ops of one kind in one pass of a training step.
type OpTime struct {
	Op      string  `json:"op"`      // as pkg/graph calls it
	Pass    string  `json:"pass"`    // forward, backward (what it recomputes included) or update
	Nodes   int     `json:"nodes"`   // of the program
	Seconds float64 `json:"seconds"` // of a step, mean
	Share   float64 `json:"share"`   // of the time of all ops

	FLOPsExecuted float64 `json:"flops_executed"` // of a step, in matrix products
	ShareOfPeak   float64 `json:"share_of_peak"`  // at which they run; 0 for ops without
}

// Profile trains so many steps after a warm-up and times their ops, the
// slowest kind first. peak is the machine's, in GFLOP/s.
func Profile(ctx context.Context, s Spec, steps int, peak float64, o Options) ([]OpTime, error) {
	s, err := timed(s, steps)
	if err != nil {
		return nil, err
	}
	corpus, err := data.Open(ctx, s.Data)
	if err != nil {
		return nil, err
	}
	defer corpus.Close()
	trial, err := newTrial(s, corpus, threadsOr(o.Threads))
	if err != nil {
		return nil, err
	}
	defer trial.machine.Close()
	kinds := map[[2]string]*OpTime{}
	var total time.Duration
	for step := range warmupSteps + steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v := trial.training.load(corpus, trial.machine, step)
		times := trial.machine.Profile(v.Program)
		if step < warmupSteps {
			continue
		}
		for _, n := range v.Nodes {
			k := [2]string{reflect.TypeOf(n.Op).Name(), passOf(n)}
			kind := kinds[k]
			if kind == nil {
				kind = &OpTime{Op: k[0], Pass: k[1]}
				kinds[k] = kind
			}
			kind.Nodes++
			kind.Seconds += times[n].Seconds()
			kind.FLOPsExecuted += cpu.Target(graph.Float32).Executed(n)
			total += times[n]
		}
	}
	var found []OpTime
	for k := range maps.Values(kinds) {
		if k.Seconds == 0 { // a view of memory, which takes no time
			continue
		}
		k.Share = k.Seconds / total.Seconds()
		k.ShareOfPeak = k.FLOPsExecuted / k.Seconds / 1e9 / peak
		k.Nodes /= steps
		k.Seconds /= float64(steps)
		k.FLOPsExecuted /= float64(steps)
		found = append(found, *k)
	}
	slices.SortFunc(found, func(a, b OpTime) int {
		return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), cmp.Compare(a.Op+a.Pass, b.Op+b.Pass))
	})
	return found, nil
}

func passOf(n *graph.Node) string {
	if _, ok := n.Op.(graph.Adam); ok {
		return "update"
	}
	if n.Backward {
		return "backward"
	}
	return "forward"
}
