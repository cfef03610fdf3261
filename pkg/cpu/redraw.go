package cpu

import "hgbench/pkg/graph"

func redraw[T Float](op graph.Redraw) kernel {
	return kernel{bind: func(m *memory) []phase {
		key, table := in[int32](m, 0), in[T](m, 1)
		shape := m.node.Inputs[1].Shape
		return []phase{{tiles: 1, run: func(*worker, int) {
			random, step := mask{key: key, stream: op.Stream}.generator()
			if step%uint64(op.Every) != 0 {
				return
			}
			for i, x := range random.Orthogonal(step, shape[0], shape[1]) {
				table[i] = T(x)
			}
		}}}
	}}
}
