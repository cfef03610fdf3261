package cpu

import (
	"slices"
	"unsafe"

	"hgbench/pkg/graph"
)

// attentionGrad computes the scores again, tile by tile, with tiles of keys in
// the outer loop: a tile of keys and its gradients stay in the cache while all
// queries that see it pass (Dao 2023, section 3.1). With p = exp(score − lse),
//
//	delta_i = Σ_e do_ie·o_ie
//	ds_ij   = p_ij·(do_i·v_j − delta_i)
//	dv_j    = Σ_i p_ij·do_i
//	dk_j    = Σ_i ds_ij·Scale·(q_i + u)
//	dr_t    = Σ ds_ij·Scale·(q_i + v)    over the pairs of position t
//	dq_i    = Scale·(Σ_j ds_ij·k_j + Σ_j ds_ij·r_rel(i,j))
//
// and du, dv-bias are the sums over i of the two terms of dq. As in the forward
// pass the shift is a matter of strides: ds with a row stride one longer is its
// own band of relative positions.
//
// A task is a head of some batches and, when these are few, a stripe of the
// tiles of keys. Tasks have partial sums of dr, du, dv-bias, and stripes of dq,
// which are then added in order.
func attentionGrad[T Float](n *graph.Node, op graph.AttentionGrad) kernel {
	s := shapeOfAttention[T](graph.Attention(op), n.Inputs[1], n.Inputs[2])
	var k kernel
	perKey, perBand := 10., 6.
	if op.Storage == graph.Materialised {
		perKey, perBand = 8, 4
	}
	k.executed = func() float64 { return s.executed(perKey, perBand) }
	g := &attentionBackward[T]{attentionShape: s}
	g.divide()
	size := int64(unsafe.Sizeof(T(0)))
	k.workspace = size * int64(g.layout(nil))
	c := carve[T]{}
	g.scratchLayout(&c)
	k.scratch = size * int64(c.size)
	k.bind = g.bind
	return k
}

// attentionBackward is the backward kernel with its memory.
type attentionBackward[T Float] struct {
	*attentionShape[T]
	do, q, k, v, o, lse []T
	r, u, vbias         []T
	probabilities       []T
	mask                mask // of dropout

	dq, dk, dv       []T
	dr, du, dvbias   []T
	delta            []T       // [B, H, Q]
	bandT            []T       // [bandIn] transposed in panels
	band             []T       // [bandIn] in panels, a band after the other
	bandGrad         []T       // [tasks, widest, size]
	biasGrad         []T       // [tasks, 2, size]
	partial          []T       // [stripes−1, B, Q, D] of dq
	batches, stripes int       // a head is cut into batches·stripes tasks
	work             []stripes // of each head
}

func (g *attentionBackward[T]) bind(m *memory) []phase {
	g.do, g.q, g.k, g.v = in[T](m, 0), in[T](m, 1), in[T](m, 2), in[T](m, 3)
	g.dq, g.dk, g.dv = out[T](m, 0), out[T](m, 1), out[T](m, 2)
	next := 4
	if g.Relative {
		g.r, g.u, g.vbias = in[T](m, 4), in[T](m, 5), in[T](m, 6)
		g.dr, g.du, g.dvbias = out[T](m, 3), out[T](m, 4), out[T](m, 5)
		next = 7
	}
	if g.Rate > 0 {
		g.mask = newMask(in[int32](m, next), g.Stream, g.Rate)
		next++
	}
	g.o, g.lse = in[T](m, next), in[T](m, next+1)
	if g.Storage == graph.Materialised {
		g.probabilities = in[T](m, next+2)
	}
	g.layout(work[T](m, g.layout(nil)))

	phases := []phase{together(g.prepareQueries(), g.prepareKeys(), g.packBands(), g.start())}
	for layer := range g.layers() {
		phases = append(phases, phase{tiles: g.tasks(), run: func(w *worker, tile int) {
			// The heads of a batch one after the other, as their rows share pages.
			per := g.Heads * g.stripes
			task := (tile%per/g.stripes*g.batches+tile/per)*g.stripes + tile%g.stripes
			x := g.scratch(w)
			g.task(&x, task, layer)
		}})
	}
	return append(phases, together(g.reduceQueries(), g.reducePositions(), g.reduceBiases()))
}

func (g *attentionBackward[T]) layout(memory []T) int {
	c := carve[T]{memory: memory}
	g.delta = c.next(g.batch * g.Heads * g.queries)
	g.bandT = c.next(g.bandIn * g.size)
	g.band = c.next(g.bandIn * g.width)
	g.bandGrad = c.next(g.tasks() * g.widest * g.size)
	g.biasGrad = c.next(g.tasks() * 2 * g.size)
	if slices.ContainsFunc(g.of, func(l *attentionLayout) bool { return !l.apart }) {
		g.partial = c.next((g.stripes - 1) * g.batch * g.queries * g.d)
	}
	return c.size
}
