package cpu

import "hgbench/pkg/graph"

func matMulActivateGrad[T Float](n *graph.Node, op graph.MatMulActivateGrad) kernel {
	rows, cols, inner := op.Product().Dims(n)
	s := shape{m: rows, n: cols, k: inner, transB: op.TransB}
	ks := kernelsFor[T]()
	size := int64(sizeOf[T]())
	return kernel{
		workspace: int64(ks.gemmWorkspace(s)) * size,
		scratch:   int64(ks.gemmScratch(s)) * size,
		executed:  func() float64 { return 2 * float64(rows) * float64(cols) * float64(inner) },
		bind: func(m *memory) []phase {
			return ks.phases(product[T]{
				shape: s, a: in[T](m, 0), b: in[T](m, 1), c: out[T](m, 0),
				lda: n.Inputs[0].Cols(), ldb: n.Inputs[1].Cols(), ldc: cols,
				f: op.Func, grad: true, input: in[T](m, 2), output: out[T](m, 1),
				workspace: work[T](m, ks.gemmWorkspace(s)),
			})
		},
	}
}
