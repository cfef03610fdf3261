package graph

// CrossEntropy is the negative log-likelihood in nats of each target:
// nll[b, l] = −log softmax(logits[b, l])[target[b, l]]. A negative target is
// not scored: its nll and gradient are 0.
//
// It is a root: the loss is Scale · Σ nll, and the gradient of the loss with
// respect to the logits is its second output, made in the same pass and only
// when something reads it.
type CrossEntropy struct{ Scale float64 }

// CrossEntropy returns nll [B, L] for logits [B, L, V] and targets [B, L].
func (g *Graph) CrossEntropy(logits, targets *Value, scale float64) *Value {
	check(targets.DType == Int32 && logits.Rows() == targets.Elements(), "cross-entropy of %v, %v", logits, targets)
	return g.emit(CrossEntropy{scale}, []*Value{logits, targets}, targets.Shape, logits.Shape).Outputs[0]
}

// VJP hands on the gradient that the forward pass made.
func (CrossEntropy) VJP(t *Tape, n *Node) { t.AddValue(n.Inputs[0], n.Outputs[1]) }

// InPlace lets the gradient replace the logits.
func (CrossEntropy) InPlace(*Node) []Sharing { return []Sharing{{1, 0}} }
