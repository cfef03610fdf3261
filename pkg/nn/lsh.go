package nn

import (
	"fmt"

	"hgbench/pkg/graph"
	"hgbench/pkg/philox"
)

// lsh is attention among positions whose vectors hash to the same bucket, in any of
// so many hashes, with one matrix for queries and keys (Reformer, Kitaev et al.
// 2020, arXiv 2001.04451; google/trax, LSHSelfAttention): keys are queries made
// unit vectors, and a position sees itself only where it sees no other. The
// rotations that hash are drawn once for each layer and head.
//
// Only every so-many-th layer hashes, the others have attention inside chunks of half
// the size and to the chunk before; every: 4 is the paper's.
//
// The original sorts the whole sequence by bucket and attends inside chunks of what
// comes out, whose borders depend on later positions. Here a position sees the last
// 2·chunk positions of its bucket.
func lsh(p *parameters) Attention {
	buckets := p.number("buckets", 2, 1<<20)
	hashes := p.numberOr("hashes", 1, 1, 64)
	chunk := p.numberOr("chunk", 64, 1, maxParameter)
	if !p.spelled("chunk") { // its cost: the name always tells it
		p.spell(fmt.Sprintf("chunk: %d", chunk))
	}
	every := p.numberOr("every", 1, 1, maxParameter)
	seed := p.numberOr("seed", 1, 0, maxParameter)
	original := p.word("selection", "causal", "original") == "original"
	near := patterned(func(_ int, _ Place, length int) graph.Pattern { return LocalPattern(length, (chunk+1)/2, 1) })
	factors := bucketFactors(buckets)
	if p.err == nil && factors == nil {
		p.fail("buckets %d: want an even number, above %d a multiple of 4", buckets, mostBuckets)
	}
	return Attention{
		Absolute: true, Leaks: original,
		check: func(_, layers, length int) error {
			if layers > 0 && every/2 >= layers {
				return fmt.Errorf("every %d: no layer of %d would hash; want at most %d", every, layers, 2*layers-1)
			}
			if err := within("buckets", buckets, length); err != nil {
				return err
			}
			return within("chunk", chunk, length)
		},
		attend: func(l *Layers, at Place, h *graph.Value) *graph.Value {
			if at.Layer%every != every/2 {
				return near.attend(l, at, h)
			}
			qk, v := l.shared(at, h)
			hash := graph.Hash{Heads: l.Heads, Rounds: hashes, Factors: factors}
			chosen := l.Hash(hash, qk, l.rotations(at, hash, uint64(seed)))
			k := l.Unit(TraxUnit(l.Heads, l.Model/l.Heads), qk)
			if original {
				list := l.Order(graph.Order{Buckets: buckets, Multiple: chunk}, chosen)
				op := graph.ListAttention{Heads: l.Heads, Chunk: chunk, Before: true, Penalty: -1e5, Scale: 1}
				o, lse := l.ListAttention(op, qk, k, v, list)
				return l.Merge(graph.Merge{}, o, lse, list, qk.Shape[1])
			}
			op := graph.BucketAttention{Heads: l.Heads, Rounds: hashes, Buckets: buckets, Window: 2 * chunk, Scale: 1}
			return l.BucketAttention(op, qk, k, v, chosen)
		},
	}
}

// mostBuckets that hash in one step, as in Trax.
const mostBuckets = 128

// bucketFactors are those that Trax hashes by: two even numbers close to each other
// where there are many; nil if there are none.
func bucketFactors(buckets int) []int {
	if buckets%2 != 0 {
		return nil
	}
	if buckets <= mostBuckets {
		return []int{buckets}
	}
	low := 0
	for f := 2; f*f <= buckets; f += 2 {
		if buckets%f == 0 && buckets/f%2 == 0 {
			low = f
		}
	}
	if low == 0 {
		return nil
	}
	return []int{low, buckets / low}
}

// shared are the vectors that are queries and keys, and the values.
func (l *Layers) shared(at Place, h *graph.Value) (qk, v *graph.Value) {
	qk = l.Dense(at.Prefix+".qk", l.Model, h, graph.Epilogue{})
	v = l.Dense(at.Prefix+".v", l.Model, h, graph.Epilogue{})
	return l.turn(qk, at), v
}

// rotations of each head of a layer: [H, size, columns].
func (l *Layers) rotations(at Place, op graph.Hash, seed uint64) *graph.Value {
	columns := 0
	for _, f := range op.Factors {
		columns += op.Rounds * f / 2
	}
	size := l.Model / l.Heads
	random := philox.New(seed, at.stream(1))
	name := fmt.Sprintf("rotations[%d %d]×%d×%d×%d", seed, at.stream(1), l.Heads, size, columns)
	return l.Constant(name, func(i int) float64 { return random.Normal(0, uint64(i)) }, l.Heads, size, columns)
}

// TraxUnit is how Trax makes keys of queries.
func TraxUnit(heads, size int) graph.Unit {
	return graph.Unit{Heads: heads, Epsilon: 1e-6 * float64(size)}
}

// UnscaledNorm normalises every head of x [B, L, H·size] to mean 0 and variance 1.
func UnscaledNorm(g *graph.Graph, x *graph.Value, heads int) *graph.Value {
	b, l, size := x.Shape[0], x.Shape[1], x.Cols()/heads
	one := g.Constant(fmt.Sprintf("ones×%d", size), func(int) float64 { return 1 }, size)
	zero := g.Constant(fmt.Sprintf("zeros×%d", size), func(int) float64 { return 0 }, size)
	return g.Reshape(g.LayerNorm(g.Reshape(x, b, l*heads, size), one, zero, 1e-6), b, l, heads*size)
}
