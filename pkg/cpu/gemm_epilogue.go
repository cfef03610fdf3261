package cpu

import "hgbench/pkg/graph"

// prologue starts the sums of a block with residual and bias, and reports
// whether there is anything to accumulate onto.
func (ks *kernels[T]) prologue(g *product[T], i0, j0, m, n int) bool {
	sums := g.sums()
	inPlace := g.residual != nil && &g.residual[0] == &sums[0]
	if g.bias == nil && (g.residual == nil || inPlace) {
		return inPlace
	}
	for i := i0; i < i0+m; i++ {
		row := sums[i*g.ldc+j0:][:n]
		switch {
		case g.residual == nil:
			copy(row, g.bias[j0:])
		case g.bias == nil:
			copy(row, g.residual[i*g.ldc+j0:])
		default:
			ks.add(row, g.residual[i*g.ldc+j0:][:n], g.bias[j0:][:n])
		}
	}
	return true
}

// epilogue applies the function to the finished sums of a block.
func (ks *kernels[T]) epilogue(g *product[T], i0, j0, m, n int) {
	if g.f == graph.None {
		return
	}
	sums := g.sums()
	for i := i0; i < i0+m; i++ {
		row := func(x []T) []T { return x[i*g.ldc+j0:][:n] }
		switch {
		case g.f == graph.GELU && !g.grad:
			ks.gelu(row(g.c), row(sums))
		case g.f == graph.GELU && g.output == nil:
			ks.geluGrad(row(g.c), row(sums), row(g.input))
		case g.f == graph.GELU:
			ks.geluBoth(row(g.c), row(g.output), row(sums), row(g.input))
		case !g.grad:
			ks.relu(row(g.c), row(sums))
		default:
			if g.output != nil {
				ks.relu(row(g.output), row(g.input))
			}
			ks.reluGrad(row(g.c), row(sums), row(g.input))
		}
	}
}
