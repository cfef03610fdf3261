package bench

import "hgbench/pkg/graph"

// How long a program takes is estimated from two things that its plan tells: the
// matrix products, and the bytes that its ops read and write, which are what small
// models spend their time on. Over the recorded runs, whose steps take from 2 ms to
// 3 s, most estimates are within a quarter of what was measured on the idle machine.
const (
	productsShare = 0.75   // of the peak, at which products are made
	flopsOfByte   = 11.5   // products in the time in which a byte is moved: 25 GB/s of a thread whose peak is 290 GFLOP/s
	opSeconds     = 0.5e-6 // for the threads to find each other, once an op
)

// estimated seconds of one run of a program, at a peak in FLOP/s.
func estimated(p *graph.Program, peak float64) float64 {
	return (p.FLOPs.Executed/productsShare+float64(p.Moved())*flopsOfByte)/peak + float64(len(p.Nodes))*opSeconds
}

// estimated seconds of a step: the mean over variants, or that of a full memory.
func (t *training) estimated(peak float64) float64 {
	var sum float64
	for _, v := range t.counted() {
		sum += estimated(v.Program, peak)
	}
	return sum / float64(len(t.counted()))
}

// estimated seconds of the whole evaluation.
func (e *evaluator) estimated(peak float64) float64 {
	return estimated(e.full().Program, peak) * e.batches()
}

// validationsOf a run of so many steps, the one at its end included.
func (s Spec) validationsOf(steps int) int {
	if s.Eval.Every == 0 {
		return 1
	}
	return (steps + s.Eval.Every - 1) / s.Eval.Every
}
