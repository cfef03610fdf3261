package cpu

import "hgbench/pkg/graph"

func activate[T Float](n *graph.Node, op graph.Activate) kernel {
	return kernel{bind: func(m *memory) []phase {
		x, y, k := in[T](m, 0), out[T](m, 0), kernelsFor[T]()
		return elementwise(n.Inputs[0].Elements(), func(lo, hi int) {
			if op.Func == graph.GELU {
				k.gelu(y[lo:hi], x[lo:hi])
				return
			}
			k.relu(y[lo:hi], x[lo:hi])
		})
	}}
}

func activateGrad[T Float](n *graph.Node, op graph.ActivateGrad) kernel {
	return kernel{bind: func(m *memory) []phase {
		x, dy, dx, k := in[T](m, 0), in[T](m, 1), out[T](m, 0), kernelsFor[T]()
		return elementwise(n.Inputs[0].Elements(), func(lo, hi int) {
			if op.Func == graph.GELU {
				k.geluGrad(dx[lo:hi], dy[lo:hi], x[lo:hi])
				return
			}
			k.reluGrad(dx[lo:hi], dy[lo:hi], x[lo:hi])
		})
	}}
}
