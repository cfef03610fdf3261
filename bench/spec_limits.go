package bench

import (
	mathbits "math/bits"

	"hgbench/pkg/nn"
	"hgbench/results"
)

// Limits far above what any machine does, so that a slip of the keyboard is an
// error at once and not a plan that takes all of the memory or the day.
const (
	maxContext = 1 << 20 // tokens of a window

	// maxLayersBuilt bounds what is compiled: layers, times the micro-batches that
	// a step unrolls, times the programs of the family.
	maxLayersBuilt = 10_000

	// maxValue bounds the bytes of the largest activation, and so keeps sums of
	// them inside an int64.
	maxValue = 1 << 46
)

// limits holds the sizes to the limits, once each makes sense by itself.
func (v *validation) limits() {
	h, err := nn.ParseHierarchy(v.Model.Hierarchy)
	if err != nil || len(v.found) > 0 {
		return
	}
	m, t, e := v.Model, v.Train, v.Eval
	micro := t.Batch / t.MicroBatch
	layers := h.Layers()
	if n := product(layers, micro); n > maxLayersBuilt && micro > 1 {
		v.fail("train.micro_batch", "%d makes %d micro-batches of %d layers in one program; want at most %d layers in all, a larger micro_batch or a smaller batch", t.MicroBatch, micro, layers, maxLayersBuilt)
		return
	}
	if systems[m.System].recurrent {
		for _, r := range []struct {
			key                            string
			memory, context, micro, layers int
		}{{"model.memory", m.Memory, t.Context, micro, layers}, {"model.eval_memory", m.EvalMemory, e.Context, 1, layers}} {
			if programs := (r.memory+r.context-1)/r.context + 1; product(programs, r.micro*r.layers) > maxLayersBuilt && programs > 2 {
				v.fail(r.key, "%d grows over %d segments of %d tokens, with a program of %d layers for each; want at most %d layers in all, a smaller memory or longer segments", r.memory, programs, r.context, r.micro*r.layers, maxLayersBuilt)
				return
			}
		}
	}
	widest := max(m.DModel, m.DFF)
	if m.Storage == "materialised" {
		widest = max(widest, product(m.Heads, t.Context+m.Memory))
	}
	if bytes := product(product(t.MicroBatch, t.Context), 4*widest); bytes > maxValue {
		v.fail("train.batch", "a step holds %d windows of %d tokens in memory, of which one value alone takes %s; want at most %s, a smaller micro_batch or context",
			t.MicroBatch, t.Context, results.FormatBytes(int64(bytes)), results.FormatBytes(maxValue))
	}
}

// product of numbers that are not negative, the largest int where it is more.
func product(a, b int) int {
	hi, lo := mathbits.Mul64(uint64(a), uint64(b))
	if hi > 0 || lo > 1<<63-1 {
		return 1<<63 - 1
	}
	return int(lo)
}
