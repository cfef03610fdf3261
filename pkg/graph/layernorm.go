package graph

// LayerNorm normalises the last axis (Ba et al. 2016):
//
//	y = (x − mean) / sqrt(var + eps) · scale + bias
//
// with the biased variance and eps inside the root. Inputs: x, scale [D],
// bias [D]. Outputs: y, and per row the mean and 1/sqrt(var + eps), from which
// the backward pass recomputes y.
type LayerNorm struct{ Epsilon float64 }

// LayerNorm returns the normalised x.
func (g *Graph) LayerNorm(x, scale, bias *Value, epsilon float64) *Value {
	d := x.Cols()
	check(scale.Elements() == d && bias.Elements() == d, "layernorm %v with scale %v, bias %v", x, scale, bias)
	rows := x.Shape[:len(x.Shape)-1]
	return g.emit(LayerNorm{epsilon}, []*Value{x, scale, bias}, x.Shape, rows, rows).Outputs[0]
}

// Recall recomputes y from the statistics.
func (LayerNorm) Recall(t *Tape, n *Node, output int) *Value {
	if output != 0 {
		return nil
	}
	x, scale, bias := n.Inputs[0], n.Inputs[1], n.Inputs[2]
	inputs := []*Value{t.Recall(x), scale, bias, n.Outputs[1], n.Outputs[2]}
	return t.emit(Normalize{}, inputs, x.Shape).Outputs[0]
}

// VJP with x̂ = (x − mean)·r and g = dy·scale:
// dx = r·(g − mean(g) − x̂·mean(g·x̂)), dscale = Σ dy·x̂, dbias = Σ dy.
func (LayerNorm) VJP(t *Tape, n *Node) {
	x, scale, bias := n.Inputs[0], n.Inputs[1], n.Inputs[2]
	inputs := []*Value{t.Adjoint(n.Outputs[0]), t.Recall(x), n.Outputs[1], n.Outputs[2], scale}
	op := LayerNormGrad{}
	if acc := t.Adjoint(x); acc != nil && t.Needs(x) {
		op.Accumulate = true
		inputs = append(inputs, acc)
	}
	out := t.emit(op, inputs, x.Shape, scale.Shape, bias.Shape).Outputs
	t.AddValue(scale, out[1])
	t.AddValue(bias, out[2])
	t.Add(x, func(*Value) *Value { return out[0] })
}

// Normalize is LayerNorm with statistics that are known: the same bits.
// Inputs: x, scale, bias, mean, 1/sqrt(var + eps).
type Normalize struct{}

// VJP is not needed: it only appears in backward passes.
func (Normalize) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }

// InPlace lets y replace x.
func (Normalize) InPlace(*Node) []Sharing { return []Sharing{{0, 0}} }

// LayerNormGrad is the VJP of LayerNorm. Inputs: dy, x, mean, rstd, scale, and
// with Accumulate what dx is added to. Outputs: dx, dscale, dbias.
type LayerNormGrad struct{ Accumulate bool }

// VJP of a gradient is not needed.
func (LayerNormGrad) VJP(*Tape, *Node) { panic("graph: gradient of a gradient") }

// InPlace lets dx replace what it is added to, or dy.
func (op LayerNormGrad) InPlace(*Node) []Sharing {
	if op.Accumulate {
		return []Sharing{{0, 5}, {0, 0}}
	}
	return []Sharing{{0, 0}}
}
