package cpu

import "hgbench/pkg/graph"

func crossEntropy[T Float](n *graph.Node, op graph.CrossEntropy) kernel {
	vocab := n.Inputs[0].Cols()
	return kernel{scratch: int64(vocab) * int64(sizeOf[T]()), bind: func(m *memory) []phase {
		logits, targets, nll, grad := in[T](m, 0), in[int32](m, 1), out[T](m, 0), out[T](m, 1)
		k := kernelsFor[T]()
		return []phase{rowwise(len(targets), func(w *worker, lo, hi int) {
			for i := lo; i < hi; i++ {
				g := scratch[T](w)[:vocab] // where nobody reads the gradient
				if grad != nil {
					g = grad[i*vocab : (i+1)*vocab]
				}
				var loss float64
				if target := targets[i]; target >= 0 {
					loss = k.crossEntropy(g, logits[i*vocab:(i+1)*vocab], clip(target, vocab), T(op.Scale))
				} else {
					clear(g)
				}
				if nll != nil {
					nll[i] = T(loss)
				}
			}
		})}
	}}
}
