package graph

// Storage says what attention keeps for its backward pass.
type Storage uint8

// Storages. Streaming keeps the output and the log-sum-exp of every row, O(L·D),
// and computes the probabilities again (Rabe and Staats 2021; Dao et al. 2022).
// Materialised keeps the matrix of probabilities, O(L²), as code of the
// Hourglass paper's generation did.
const (
	Streaming Storage = iota
	Materialised
)

func (s Storage) String() string { return [...]string{"streaming", "materialised"}[s] }

// Attention is scaled dot-product attention of all heads over a pattern:
//
//	score[i, j] = Scale · (q_i · k_j)                              plain
//	score[i, j] = Scale · ((q_i + u)·k_j + (q_i + v)·r_rel(i, j))  relative
//	o_i = Σ_j softmax_j(score[i, ·]) · v_j
//
// per head, over the keys that the pattern shows to query i (Dai et al. 2019,
// eq. for A^rel, with the table r already projected). Heads are consecutive
// slices of the last axis.
//
// Inputs: q [B, Q, D], k [B, K, D], v [B, K, D]; then, if Relative, r [R, D],
// u [H, D/H], v-bias [H, D/H]; then, if Rate > 0, the dropout key.
// Outputs: o [B, Q, D]; the log-sum-exp [B, H, Q] of the scores of each row;
// and, if Materialised, the probabilities [B, H, Q, K].
type Attention struct {
	Heads    int
	Scale    float64
	Pattern  Pattern
	Relative bool
	Storage  Storage
	Rate     float64 // dropout on the probabilities
	Stream   uint64  // of its random numbers, see Dropout
}

// Positions are the inputs of relative attention.
type Positions struct {
	R    *Value // [R, D] projected table, rows as the pattern says
	U, V *Value // [H, D/H] biases of content and position
}

// Attention returns o. key is nil without dropout, rel is nil without relative
// positions.
func (g *Graph) Attention(op Attention, q, k, v *Value, rel *Positions, key *Value) *Value {
	d := q.Cols()
	check(d%op.Heads == 0 && len(q.Shape) == 3 && k.Cols() == d && v.Cols() == d, "attention of %v, %v, %v", q, k, v)
	check(q.Shape[1] == op.Pattern.Queries && k.Shape[1] == op.Pattern.Keys && sameShape(k, v), "attention pattern for %v, %v", q, k)
	inputs := []*Value{q, k, v}
	if op.Relative = rel != nil; op.Relative {
		check(rel.R.Rows() == op.Pattern.Rel && rel.R.Cols() == d, "attention positions %v", rel.R)
		check(rel.U.Elements() == d && rel.V.Elements() == d, "attention biases %v, %v", rel.U, rel.V)
		inputs = append(inputs, rel.R, rel.U, rel.V)
		rel.R.Pad = q.Pad * op.Pattern.Rel / op.Pattern.Queries // positions that only padding has
	}
	if op.Rate > 0 {
		inputs = append(inputs, key)
	}
	shapes := [][]int{q.Shape, {q.Shape[0], op.Heads, q.Shape[1]}}
	if op.Storage == Materialised {
		shapes = append(shapes, []int{q.Shape[0], op.Heads, op.Pattern.Queries, op.Pattern.Keys})
	}
	o := g.emit(op, inputs, shapes...).Outputs[0]
	o.Pad = q.Pad
	return o
}

// VJP hands q, k, v, the positions, and what the forward pass kept to
// AttentionGrad.
func (op Attention) VJP(t *Tape, n *Node) {
	inputs := []*Value{t.Adjoint(n.Outputs[0])}
	for _, in := range n.Inputs {
		inputs = append(inputs, t.Recall(in))
	}
	inputs = append(inputs, n.Outputs...)
	shapes := [][]int{n.Inputs[0].Shape, n.Inputs[1].Shape, n.Inputs[2].Shape}
	if op.Relative {
		shapes = append(shapes, n.Inputs[3].Shape, n.Inputs[4].Shape, n.Inputs[5].Shape)
	}
	grad := t.emit(AttentionGrad(op), inputs, shapes...)
	for i, g := range grad.Outputs {
		t.AddValue(n.Inputs[i], g)
	}
}

// FLOPs of the products q·k, (q+v)·r and p·v: over visible pairs if necessary,
// over all pairs if dense.
func (op Attention) FLOPs(n *Node) (necessary, dense float64) {
	q := n.Inputs[0]
	perPair := 4 * float64(q.Cols()/op.Heads)
	if op.Relative {
		perPair = 6 * float64(q.Cols()/op.Heads)
	}
	batch := float64(q.Shape[0])
	pairs := float64(op.Pattern.Visible(op.Pattern.Queries-q.Pad, op.Heads))
	all := float64(op.Heads) * float64(op.Pattern.Queries-q.Pad) * float64(op.Pattern.Keys-n.Inputs[1].Pad)
	return batch * pairs * perPair, batch * all * perPair
}

// AttentionGrad is the VJP of Attention. Inputs: do, then the inputs of
// Attention, then its outputs. Outputs: dq, dk, dv, and dr, du, dv-bias if
// Relative.
type AttentionGrad Attention

// VJP of a gradient is not needed.
func (AttentionGrad) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }
