package cpu

import (
	"math"

	"hgbench/pkg/graph"
)

// products calls run with those of rows of a head and a matrix [size, count] of
// the group that the head belongs to, of which there are several.
func products[T Float](n *graph.Node, heads, size, count, groups int, transposed bool, use func(b, h, row int, products []T)) kernel {
	x := n.Inputs[0]
	s := featureShape{x.Shape[0], x.Shape[1], heads, size, count}
	ks := kernelsFor[T]()
	packed := roundUp(ks.packedSize(size, count), 16)
	return kernel{
		workspace: int64(sizeOf[T]()) * int64(groups*packed),
		scratch:   int64(sizeOf[T]()) * int64(rowTile*count),
		executed:  func() float64 { return s.project() },
		bind: func(m *memory) []phase {
			x, table := in[T](m, 0), in[T](m, 1)
			right := work[T](m, groups*packed)
			return []phase{
				{tiles: groups, run: func(_ *worker, g int) {
					if transposed {
						ks.pack(size, count, table[g*size*count:], 1, size, right[g*packed:])
					} else {
						ks.pack(size, count, table[g*size*count:], count, 1, right[g*packed:])
					}
				}},
				s.each(func(w *worker, b, h, from, rows int) {
					memory := scratch[T](w)[:rows*count]
					g := (b*heads + h) % groups
					ks.tile(rows, count, size, x[s.at(b, h, from, size):], heads*size, 1, ks.packed(right[g*packed:][:packed], size), memory, count, false)
					for i := range rows {
						use(b, h, from+i, memory[i*count:][:count])
					}
				}),
			}
		},
	}
}

func hash[T Float](n *graph.Node, op graph.Hash) kernel {
	rotations := n.Inputs[1]
	length := n.Inputs[0].Shape[1]
	var buckets []int32
	columns := rotations.Cols() / op.Rounds
	rotated := attentionRowsOf(kernelsFor[T]()).rotated
	k := products(n, op.Heads, rotations.Shape[1], rotations.Cols(), rotations.Shape[0], false, func(b, h, row int, x []T) {
		for r := range op.Rounds {
			x := x[r*columns:][:columns]
			bucket, unit := 0, 1
			for _, f := range op.Factors {
				bucket += unit * rotated(x[:f/2])
				unit *= f
				x = x[f/2:]
			}
			buckets[((b*op.Heads+h)*op.Rounds+r)*length+row] = int32(bucket)
		}
	})
	return bound(k, func(m *memory) { buckets = outInts(m, 0) })
}

// bound is a kernel that looks at its memory before it is bound.
func bound(k kernel, look func(m *memory)) kernel {
	bind := k.bind
	k.bind = func(m *memory) []phase {
		look(m)
		return bind(m)
	}
	return k
}

// outInts is out for integers, which are there even if nobody reads them.
func outInts(m *memory, i int) []int32 {
	if x := out[int32](m, i); x != nil {
		return x
	}
	return make([]int32, m.node.Outputs[i].Elements())
}

// rotatedPortable is the definition of attentionRows.rotated.
func rotatedPortable[T Float](x []T) int {
	var best uint64
	at := 0
	for i, y := range x {
		// Numbers that are not negative are in the order of their bits.
		bits := math.Float64bits(float64(y))
		if size := bits<<1 | (^bits >> 63); size > best {
			best, at = size, i
		}
	}
	if best&1 == 0 {
		at += len(x)
	}
	return at
}

func nearest[T Float](n *graph.Node, op graph.Nearest) kernel {
	means := n.Inputs[1]
	length := n.Inputs[0].Shape[1]
	var clusters []int32
	k := products(n, op.Heads, means.Shape[2], means.Shape[1], op.Heads, true, func(b, h, row int, x []T) {
		best := 0
		for i, y := range x {
			if y > x[best] {
				best = i
			}
		}
		clusters[(b*op.Heads+h)*length+row] = int32(best)
	})
	return bound(k, func(m *memory) { clusters = outInts(m, 0) })
}
