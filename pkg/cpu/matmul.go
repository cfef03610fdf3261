package cpu

import "hgbench/pkg/graph"

func matMul[T Float](n *graph.Node, op graph.MatMul) kernel {
	return productKernel(n, op, func(m *memory, g *product[T]) {
		g.f = op.Func
		if op.Func != graph.None {
			g.z = out[T](m, 1)
		}
		if g.c == nil { // a program that reads z alone
			g.c, g.z, g.f = g.z, nil, graph.None
		}
		next := 2
		if op.Bias {
			g.bias, next = in[T](m, next), next+1
		}
		if op.Residual {
			g.residual = in[T](m, next)
		}
	})
}

// productKernel is the kernel of a node whose first two inputs are multiplied as
// op says, into its first output; finish sets the epilogue.
func productKernel[T Float](n *graph.Node, op graph.MatMul, finish func(m *memory, g *product[T])) kernel {
	rows, cols, inner := op.Dims(n)
	s := shape{m: rows, n: cols, k: inner, transA: op.TransA, transB: op.TransB}
	ks := kernelsFor[T]()
	size := int64(sizeOf[T]())
	return kernel{
		workspace: int64(ks.gemmWorkspace(s)) * size,
		scratch:   int64(ks.gemmScratch(s)) * size,
		executed:  func() float64 { return 2 * float64(rows) * float64(cols) * float64(inner) },
		bind: func(m *memory) []phase {
			g := product[T]{
				shape: s, a: in[T](m, 0), b: in[T](m, 1), c: out[T](m, 0),
				lda: n.Inputs[0].Cols(), ldb: n.Inputs[1].Cols(), ldc: cols,
				workspace: work[T](m, ks.gemmWorkspace(s)),
			}
			finish(m, &g)
			return ks.phases(g)
		},
	}
}
