package cpu

import "hgbench/pkg/graph"

func clusterSums[T Float](n *graph.Node, op graph.ClusterSums) kernel {
	x := n.Inputs[0]
	batch, length, pad, d := x.Shape[0], x.Shape[1], x.Pad, x.Cols()
	size := d / op.Heads
	return kernel{bind: func(m *memory) []phase {
		x, clusters, sums, ks := in[T](m, 0), in[int32](m, 1), out[T](m, 0), kernelsFor[T]()
		return []phase{{tiles: op.Heads, run: func(_ *worker, h int) {
			sums := sums[h*op.Clusters*(size+1):][:op.Clusters*(size+1)]
			clear(sums)
			for b := range batch {
				for i := range length - pad {
					to := sums[int(clusters[(b*op.Heads+h)*length+i])*(size+1):][:size+1]
					ks.add(to[:size], to[:size], x[(b*length+i)*d+h*size:][:size])
					to[size]++
				}
			}
		}}}
	}}
}

func moveMeans[T Float](n *graph.Node, op graph.MoveMeans) kernel {
	size := n.Inputs[1].Cols()
	return kernel{bind: func(m *memory) []phase {
		sums, means, ks := in[T](m, 0), in[T](m, 1), kernelsFor[T]()
		return []phase{rowwise(len(means)/size, func(_ *worker, lo, hi int) {
			for i := lo; i < hi; i++ {
				if count := sums[i*(size+1)+size]; count > 0 {
					mean := means[i*size:][:size]
					ks.scale(mean, mean, T(op.Decay))
					ks.axpy(mean, sums[i*(size+1):][:size], T(1-op.Decay)/count)
				}
			}
		})}
	}}
}
