package graph

// ClusterSums adds up the x of every cluster, and counts them: inputs x [B, L,
// H·size], clusters int32 [B, H, 1, L] of [0, Clusters). Output: [H, Clusters,
// size+1], the number last. Padding does not count. It has no gradient.
type ClusterSums struct{ Heads, Clusters int }

// ClusterSums returns the sums.
func (g *Graph) ClusterSums(op ClusterSums, x, clusters *Value) *Value {
	out := g.emit(op, []*Value{x, clusters}, []int{op.Heads, op.Clusters, x.Cols()/op.Heads + 1}).Outputs[0]
	out.Pad = 0
	return out
}

// VJP: nothing flows through a choice.
func (ClusterSums) VJP(*Tape, *Node) {}

// MoveMeans moves means towards those of what ClusterSums has added up: mean =
// Decay·mean + (1−Decay)·sum/number, where there is any. Inputs: sums, means, a buffer
// [H, clusters, size].
type MoveMeans struct{ Decay float64 }

// MoveMeans moves the means. It belongs after everything that reads them.
func (g *Graph) MoveMeans(op MoveMeans, sums, means *Value) {
	check(means.Role == Weight && means.Frozen && means.Rows() == sums.Rows() && means.Cols()+1 == sums.Cols(), "move %v by %v", means, sums)
	g.emit(op, []*Value{sums, means})
}

// VJP: nothing flows into the next run.
func (MoveMeans) VJP(*Tape, *Node) {}

// Effect marks a node that counts although nothing reads its outputs.
func (MoveMeans) Effect() {}
