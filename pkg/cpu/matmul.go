package cpu

import "hgbench/pkg/graph"

func matMul[T Float](n *graph.Node, op graph.MatMul) kernel {
	rows, cols, inner := op.Dims(n)
	s := shape{m: rows, n: cols, k: inner, transA: op.TransA, transB: op.TransB}
	ks := kernelsFor[T]()
	size := int64(sizeOf[T]())
	return kernel{
		workspace: int64(ks.gemmWorkspace(s)) * size,
		scratch:   int64(ks.gemmScratch(s)) * size,
		executed:  func() float64 { return 2 * float64(rows) * float64(cols) * float64(inner) },
		bind: func(m *memory) []phase {
			a, b := n.Inputs[0], n.Inputs[1]
			g := product[T]{
				shape: s, a: in[T](m, 0), b: in[T](m, 1), c: out[T](m, 0),
				lda: a.Cols(), ldb: b.Cols(), ldc: cols,
				f: op.Func, workspace: work[T](m, ks.gemmWorkspace(s)),
			}
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
			return ks.phases(g)
		},
	}
}
