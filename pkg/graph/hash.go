package graph

// Hash sorts positions into buckets, in several rounds, such that vectors of
// similar direction share one (Andoni et al. 2015; Reformer, Kitaev et al. 2020,
// arXiv 2001.04451, section 2): for x [size] of one head and the rotation R [size,
// Buckets/2] of a round
//
//	bucket = argmax [x·R, −x·R]
//
// or, for Factors f_0, f_1, …, the number whose digits are such buckets, the first
// the lowest, each of its own f_i/2 columns.
//
// Inputs: x [B, L, H·size]; rotations [G, size, Rounds·Σ f_i/2], which heads take in
// turns, the heads of the first batch row first. Output: int32 [B, H, Rounds, L]. It
// has no gradient.
type Hash struct {
	Heads, Rounds int
	Factors       []int // even numbers, whose product is the number of buckets
}

// Hash returns the buckets.
func (g *Graph) Hash(op Hash, x, rotations *Value) *Value {
	columns := 0
	for _, f := range op.Factors {
		check(f > 0 && f%2 == 0, "hash into %d buckets", f)
		columns += f / 2
	}
	size := x.Cols() / op.Heads
	check(len(rotations.Shape) == 3 && rotations.Shape[1] == size && rotations.Shape[2] == op.Rounds*columns, "hash of %v by %v", x, rotations)
	return g.integers(op, []*Value{x, rotations}, x.Shape[0], op.Heads, op.Rounds, x.Shape[1])
}

// VJP: nothing flows through a choice.
func (Hash) VJP(*Tape, *Node) {}

// FLOPs of the rotations.
func (op Hash) FLOPs(n *Node) (necessary, dense float64) {
	x, r := n.Inputs[0], n.Inputs[1]
	flops := 2 * float64(x.necessaryRows()) * float64(x.Cols()) * float64(r.Cols())
	return flops, flops
}

// Nearest finds the cluster of every position: that whose mean has the largest
// product with x, the lowest of equals. Inputs: x [B, L, H·size], means [H,
// clusters, size]. Output: int32 [B, H, 1, L]. It has no gradient.
type Nearest struct{ Heads int }

// Nearest returns the clusters.
func (g *Graph) Nearest(op Nearest, x, means *Value) *Value {
	check(len(means.Shape) == 3 && means.Shape[0] == op.Heads && means.Shape[2]*op.Heads == x.Cols(), "nearest of %v to %v", means, x)
	return g.integers(op, []*Value{x, means}, x.Shape[0], op.Heads, 1, x.Shape[1])
}

// VJP: nothing flows through a choice.
func (Nearest) VJP(*Tape, *Node) {}

// FLOPs of the products.
func (op Nearest) FLOPs(n *Node) (necessary, dense float64) {
	x := n.Inputs[0]
	flops := 2 * float64(x.necessaryRows()) * float64(x.Cols()) * float64(n.Inputs[1].Shape[1])
	return flops, flops
}
