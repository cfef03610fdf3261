package cpu

import (
	"hgbench/pkg/graph"
	"hgbench/pkg/philox"
)

// mask draws the decisions of a dropout: element e is kept when bits of the
// block e/4 say so.
type mask struct {
	key       []int32
	stream    uint64
	threshold uint32 // of 32 random bits, below which an element is dropped
}

func newMask(key []int32, stream uint64, rate float64) mask {
	return mask{key, stream, uint32(rate * (1 << 32))}
}

func (m mask) generator() (s philox.Stream, step uint64) {
	join := func(lo, hi int32) uint64 { return uint64(uint32(lo)) | uint64(uint32(hi))<<32 }
	return philox.New(join(m.key[0], m.key[1]), m.stream), join(m.key[2], m.key[3])
}

func dropout[T Float](n *graph.Node, op graph.Dropout) kernel {
	return kernel{bind: func(m *memory) []phase {
		x, y := in[T](m, 0), out[T](m, 0)
		mask := newMask(in[int32](m, 1), op.Stream, op.Rate)
		var residual []T
		if len(n.Inputs) == 3 {
			residual = in[T](m, 2)
		}
		keep := T(1 / (1 - op.Rate))
		return elementwise(len(x), func(lo, hi int) {
			random, step := mask.generator()
			for e := lo; e < hi; e += 4 { // chunks start at multiples of 4
				block := random.Block(step, uint64(e/4))
				for i := e; i < min(e+4, hi); i++ {
					var v T
					if block[i-e] >= mask.threshold {
						v = T(x[i] * keep)
					}
					if residual != nil {
						v += residual[i]
					}
					y[i] = v
				}
			}
		})
	}}
}
