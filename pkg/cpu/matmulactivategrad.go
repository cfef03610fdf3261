package cpu

import "hgbench/pkg/graph"

func matMulActivateGrad[T Float](n *graph.Node, op graph.MatMulActivateGrad) kernel {
	return productKernel(n, op.Product(), func(m *memory, g *product[T]) {
		g.f, g.grad, g.input, g.output = op.Func, true, in[T](m, 2), out[T](m, 1)
	})
}
