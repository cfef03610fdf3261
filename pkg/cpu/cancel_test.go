package cpu

import (
	"context"
	"sync/atomic"
	"testing"
)

// A job that is cancelled in the midst of a phase leaves out the rest of it and
// all phases behind, on every thread, and is whole when it is run again.
func TestCancel(t *testing.T) {
	const tiles, at = 1000, 10
	for _, threads := range []int{1, 4} {
		p := newPool(threads)
		ctx, cancel := context.WithCancel(t.Context())
		var first, second atomic.Int64
		j := newJob([]phase{
			{tiles, func(*worker, int) {
				if first.Add(1) == at {
					cancel()
				}
			}},
			{tiles, func(*worker, int) { second.Add(1) }},
		})
		j.cancel = ctx.Done()
		p.run(j)
		if n := first.Load(); n < at || n > at+int64(threads) || second.Load() != 0 {
			t.Errorf("%d threads: %d and %d tiles were run after it was cancelled in tile %d", threads, n, second.Load(), at)
		}
		first.Store(at) // does not cancel again
		j.cancel = nil
		p.run(j)
		if first.Load() != at+tiles || second.Load() != tiles {
			t.Errorf("%d threads, again: %d and %d tiles; want all", threads, first.Load()-at, second.Load())
		}
		p.close()
	}
}
