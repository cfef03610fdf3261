package graph

// Adam updates all weights in one pass (Kingma and Ba 2015, with the decoupled
// weight decay of Loshchilov and Hutter 2019):
//
//	m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²
//	w ← w − lr·(m̂/(√v̂ + ε) + decay·w)
//
// where m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ), and g is first scaled so that the
// Euclidean norm of all gradients is at most Clip (0: never). Decay applies to
// matrices only, not to biases and norms.
//
// Inputs: hyper [3] (lr, 1−β₁ᵗ, 1−β₂ᵗ), then w, g, m, v for every weight, each
// of w, m, v updated in place. Output: the gradient norm [1].
type Adam struct {
	Beta1, Beta2, Epsilon, Clip, Decay float64
}

// Adam appends the update of weights by their gradients (nil: unused, left
// alone) and returns the gradient norm [1].
func (g *Graph) Adam(op Adam, hyper *Value, weights, grads []*Value) *Value {
	check(hyper.Elements() == 3 && len(weights) == len(grads), "adam of %d weights, %d gradients", len(weights), len(grads))
	inputs := []*Value{hyper}
	for i, w := range weights {
		if grads[i] == nil {
			continue
		}
		check(sameShape(w, grads[i]), "adam of %v by %v", w, grads[i])
		m := g.persist(&Value{Name: "adam.m/" + w.Name, Shape: w.Shape, DType: g.Real, Role: Optimizer})
		v := g.persist(&Value{Name: "adam.v/" + w.Name, Shape: w.Shape, DType: g.Real, Role: Optimizer})
		inputs = append(inputs, w, grads[i], m, v)
	}
	return g.emit(op, inputs, []int{1}).Outputs[0]
}

// VJP of an optimiser is not needed.
func (Adam) VJP(*Tape, *Node) { panic("graph: gradient of an optimiser") }

// Effect marks a node that counts although nothing reads its outputs.
func (Adam) Effect() {}
