package verify

import (
	"context"
	"fmt"
	"math"

	"hgbench/pkg/cpu"
	"hgbench/pkg/philox"
)

// proof is one run of a Prover. A chunk of probes is one for each row of the
// batch: row b probes token chunk[b].
type proof struct {
	*Prover
	ctx     context.Context
	machine *cpu.Machine
	random  philox.Stream
	step    uint64 // of random
	base    []int32
	logits  []float64 // of base, [B, L, V]
	report  CausalityReport
}

func (r *proof) padded() int { return r.forward.tokens.Shape[1] }
func (r *proof) vocab() int  { return r.forward.logits.Cols() }

// window pads tokens, or draws them; padding is drawn too, as nothing may
// depend on it.
func (r *proof) window(tokens []int32) []int32 {
	out := make([]int32, r.batch*r.padded())
	for i := range out {
		b, l := i/r.padded(), i%r.padded()
		switch {
		case tokens == nil:
			out[i] = int32(r.random.Uint64n(r.step, uint64(i), uint64(r.vocab())))
		case l < r.length:
			out[i] = tokens[b*r.length+l]
		}
	}
	return out
}

// replaced is base with tokens from(b) … to(b)−1 of each probed row replaced by
// others.
func (r *proof) replaced(chunk []int, span func(t int) (from, to int)) []int32 {
	out := append([]int32(nil), r.base...)
	r.step++
	vocab := uint64(r.vocab())
	for b, t := range chunk {
		from, to := span(t)
		for l := from; l < to; l++ {
			i := b*r.padded() + l
			other := 1 + r.random.Uint64n(r.step, uint64(i), max(vocab-1, 1))
			out[i] = int32((uint64(out[i]) + other) % vocab)
		}
	}
	return out
}

func (r *proof) write(d direction, tokens []int32) {
	copy(r.machine.Ints(d.program, d.tokens), tokens)
	if d.key != nil {
		copy(r.machine.Ints(d.program, d.key), []int32{1, 2, 3, 4})
	}
}

func (r *proof) forwardPass(tokens []int32) ([]float64, error) {
	r.write(r.forward, tokens)
	if err := r.machine.RunContext(r.ctx, r.forward.program); err != nil {
		return nil, err
	}
	return r.machine.Read(r.forward.program, r.forward.logits), nil
}

// same compares logits from … to of row b to those of base, bit for bit.
func (r *proof) same(logits []float64, b, from, to int) bool {
	lo, hi := (b*r.padded()+from)*r.vocab(), (b*r.padded()+to+1)*r.vocab()
	for i := lo; i < hi; i++ {
		if math.Float64bits(logits[i]) != math.Float64bits(r.logits[i]) {
			return false
		}
	}
	return true
}

func (r *proof) violation(t int, format string, args ...any) {
	r.report.Violations = append(r.report.Violations, Violation{t, fmt.Sprintf(format, args...)})
}

// future is part 1 of the proof.
func (r *proof) future(chunk []int) error {
	logits, err := r.forwardPass(r.replaced(chunk, func(t int) (int, int) { return t, r.padded() }))
	if err != nil {
		return err
	}
	for b, t := range chunk {
		for l := 0; l <= t; l++ {
			if !r.same(logits, b, l, l) {
				r.violation(t, "logits[%d] change with the tokens from %d on", l, t)
				break
			}
		}
	}
	return nil
}

// gradient is part 2.
func (r *proof) gradient(chunk []int) error {
	d := r.backward
	r.write(d, r.base)
	r.step++
	seed := make([]float64, d.seed.Elements())
	for b, t := range chunk {
		for i := range r.vocab() {
			seed[(b*r.padded()+t)*r.vocab()+i] = r.random.Normal(r.step, uint64(b*r.vocab()+i))
		}
	}
	r.machine.Write(d.program, d.seed, seed)
	if err := r.machine.RunContext(r.ctx, d.program); err != nil {
		return err
	}
	for _, e := range d.embedded {
		grad, width := r.machine.Read(d.program, e.grad), e.grad.Cols()
		for b, t := range chunk {
			for l := max(t+e.shift, 0); l < r.padded(); l++ {
				at := (b*r.padded() + l) * width
				if x := nonzero(grad[at : at+width]); x != 0 {
					r.violation(t, "gradient %g with respect to the embedding of token %d", x, l-e.shift)
					break
				}
			}
		}
	}
	return nil
}

func nonzero(xs []float64) float64 {
	for _, x := range xs {
		if x != 0 {
			return x
		}
	}
	return 0
}

// past is part 3.
func (r *proof) past(chunk []int) error {
	if r.vocab() < 2 {
		return nil // no token can be replaced
	}
	logits, err := r.forwardPass(r.replaced(chunk, func(t int) (int, int) { return max(t-1, 0), t }))
	if err != nil {
		return err
	}
	for b, t := range chunk {
		if t > 0 && r.same(logits, b, t, t) {
			r.violation(t, "logits do not change with token %d", t-1)
		}
	}
	return nil
}
