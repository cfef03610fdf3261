package cpu

import "sync/atomic"

// workCount counts what a run did of a node whose work depends on the data.
type workCount struct {
	pairs   atomic.Int64 // of queries and keys that were computed
	perPair float64      // floating-point operations in matrix products
}

func (c *workCount) add(pairs int) { c.pairs.Add(int64(pairs)) }

func (c *workCount) operations() float64 { return float64(c.pairs.Load()) * c.perPair }
