package cpu

import (
	"math"

	"hgbench/pkg/graph"
)

// mergeShape is the sizes of a merge.
type mergeShape[T Float] struct {
	graph.Merge
	heads, pairs, entries, size, length int
}

func newMergeShape[T Float](op graph.Merge, o, y *graph.Value) *mergeShape[T] {
	s := o.Shape
	return &mergeShape[T]{Merge: op, heads: s[1], pairs: s[0] * s[1], entries: s[2], size: s[3], length: y.Shape[1]}
}

func (s *mergeShape[T]) workspace() int64 { return 2 * int64(sizeOf[T]()) * int64(s.pairs*s.length) }

// weights calls f with every entry of a head, its position, and its weight. memory
// holds the largest log-sum-exp of every position of a head and the sum of weights.
func (s *mergeShape[T]) weights(memory []T, pair int, lse []T, list []int32, f func(entry int, position int32, weight T)) {
	high, sum := memory[2*pair*s.length:][:s.length], memory[(2*pair+1)*s.length:][:s.length]
	lse, list = lse[pair*s.entries:][:s.entries], list[pair*s.entries:][:s.entries]
	fill(high, T(math.Inf(-1)))
	clear(sum)
	if !s.Mean {
		for e, p := range list {
			if p >= 0 {
				high[p] = max(high[p], lse[e])
			}
		}
	}
	weight := func(e int, p int32) T {
		if s.Mean {
			return 1
		}
		return T(math.Exp(float64(lse[e] - high[p])))
	}
	for e, p := range list {
		if p >= 0 {
			sum[p] += weight(e, p)
		}
	}
	for e, p := range list {
		if p >= 0 {
			f(e, p, weight(e, p)/(sum[p]+T(s.Epsilon)))
		}
	}
}

func merge[T Float](n *graph.Node, op graph.Merge) kernel {
	s := newMergeShape[T](op, n.Inputs[0], n.Outputs[0])
	return kernel{workspace: s.workspace(), bind: func(m *memory) []phase {
		o, lse, list, y, ks := in[T](m, 0), in[T](m, 1), in[int32](m, 2), out[T](m, 0), kernelsFor[T]()
		memory := work[T](m, 2*s.pairs*s.length)
		return []phase{{tiles: s.pairs, run: func(_ *worker, pair int) {
			for p := range s.length {
				clear(y[s.row(pair, int32(p)):][:s.size])
			}
			s.weights(memory, pair, lse, list, func(e int, p int32, weight T) {
				ks.axpy(y[s.row(pair, p):][:s.size], o[(pair*s.entries+e)*s.size:][:s.size], weight)
			})
		}}}
	}}
}

func (s *mergeShape[T]) row(pair int, position int32) int {
	return ((pair/s.heads*s.length+int(position))*s.heads + pair%s.heads) * s.size
}

func mergeGrad[T Float](n *graph.Node, op graph.MergeGrad) kernel {
	s := newMergeShape[T](graph.Merge(op), n.Inputs[2], n.Inputs[1])
	return kernel{workspace: s.workspace(), bind: func(m *memory) []phase {
		dy, y, o, lse, list, ks := in[T](m, 0), in[T](m, 1), in[T](m, 2), in[T](m, 3), in[int32](m, 4), kernelsFor[T]()
		do, dlse := out[T](m, 0), out[T](m, 1)
		memory := work[T](m, 2*s.pairs*s.length)
		return []phase{{tiles: s.pairs, run: func(_ *worker, pair int) {
			for i, d := range [][]T{do, dlse} { // entries of no position
				if n := s.entries * []int{s.size, 1}[i]; d != nil {
					clear(d[pair*n:][:n])
				}
			}
			s.weights(memory, pair, lse, list, func(e int, p int32, weight T) {
				at, from := (pair*s.entries+e)*s.size, s.row(pair, p)
				dy := dy[from:][:s.size]
				if do != nil {
					ks.scale(do[at:][:s.size], dy, weight)
				}
				if dlse != nil {
					dlse[pair*s.entries+e] = weight * (ks.dot(dy, o[at:][:s.size]) - ks.dot(dy, y[from:][:s.size]))
				}
			})
		}}}
	}}
}
