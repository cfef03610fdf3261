package cpu

import (
	"math"

	"hgbench/pkg/graph"
)

// segment is one weight with what Adam needs to update it.
type segment[T Float] struct {
	w, g, m, v []T
	decay      T
}

// adam cuts all weights into chunks: one pass for the norm of the gradients if
// it is wanted, one for the update.
func adam[T Float](n *graph.Node, op graph.Adam) kernel {
	tiles := 0
	for i := 1; i < len(n.Inputs); i += 4 {
		tiles += ceil(n.Inputs[i].Elements(), chunk)
	}
	return kernel{
		workspace: int64(tiles)*8 + graph.Align,
		bind: func(m *memory) []phase {
			hyper, norm := in[T](m, 0), out[T](m, 0)
			chunks := adamChunks[T](m, op)
			squares := work[float64](m, tiles+1)
			total := &squares[tiles]
			k := kernelsFor[T]()
			var phases []phase
			if op.Clip > 0 || norm != nil {
				phases = []phase{
					{tiles: tiles, run: func(_ *worker, t int) {
						squares[t] = float64(k.dot(chunks[t].g, chunks[t].g))
					}},
					{tiles: 1, run: func(*worker, int) {
						*total = 0
						for _, s := range squares[:tiles] {
							*total += s
						}
						*total = math.Sqrt(*total)
						if norm != nil {
							norm[0] = T(*total)
						}
					}},
				}
			}
			return append(phases, phase{tiles: tiles, run: func(_ *worker, t int) {
				c := chunks[t]
				step := adamStep[T]{
					gradScale: 1,
					beta1:     T(op.Beta1), rest1: T(1 - op.Beta1),
					beta2: T(op.Beta2), rest2: T(1 - op.Beta2),
					rate: hyper[0] / hyper[1], unbias: 1 / hyper[2],
					epsilon: T(op.Epsilon), decay: hyper[0] * c.decay,
				}
				if op.Clip > 0 && *total > op.Clip {
					step.gradScale = T(op.Clip / *total)
				}
				k.adam(c.w, c.g, c.m, c.v, &step)
			}})
		},
	}
}

func adamChunks[T Float](m *memory, op graph.Adam) []segment[T] {
	var chunks []segment[T]
	for i := 1; i < len(m.node.Inputs); i += 4 {
		s := segment[T]{in[T](m, i), in[T](m, i+1), in[T](m, i+2), in[T](m, i+3), 0}
		if len(m.node.Inputs[i].Shape) > 1 {
			s.decay = T(op.Decay)
		}
		for lo := 0; lo < len(s.w); lo += chunk {
			hi := min(lo+chunk, len(s.w))
			chunks = append(chunks, segment[T]{s.w[lo:hi], s.g[lo:hi], s.m[lo:hi], s.v[lo:hi], s.decay})
		}
	}
	return chunks
}
