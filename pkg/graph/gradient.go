package graph

import "slices"

// Recaller is an op whose outputs are cheap to compute again. Recall appends
// that computation and returns the new value, or nil when this output is to be
// kept.
type Recaller interface {
	Recall(t *Tape, n *Node, output int) *Value
}

// Tape walks a graph backwards and collects adjoints.
type Tape struct {
	*Graph
	adjoint  map[*Value]*Value
	needs    map[*Value]bool   // lies between the root and what is asked for
	recalled map[*Value]*Value // recomputed copies of forward values
	copies   map[*Value]*Value // those of couplings
}

// Gradients appends the backward pass and returns the adjoint of each value of
// wrt, nil where the roots do not depend on it.
//
// The adjoint of roots[i] is seeds[i]. A CrossEntropy loss is its own root and
// takes a nil seed. Where acc[i] is not nil the gradient of wrt[i] is added to
// it: micro-batches accumulate so.
func (g *Graph) Gradients(roots, seeds, wrt, acc []*Value) []*Value {
	t := &Tape{Graph: g, adjoint: map[*Value]*Value{}, needs: map[*Value]bool{}, recalled: map[*Value]*Value{}, copies: map[*Value]*Value{}}
	for i, v := range wrt {
		t.needs[v] = true
		if acc != nil && acc[i] != nil {
			t.adjoint[v] = acc[i]
		}
	}
	forward := g.Nodes
	earliest := g.earliest(roots)
	for _, n := range forward[earliest:] {
		for _, in := range n.Inputs {
			if t.needs[in] && !n.Backward {
				for _, out := range n.Outputs {
					t.needs[out] = true
				}
			}
		}
	}
	started := map[*Node]bool{}
	for i, root := range roots {
		started[root.Node] = true
		if seeds != nil && seeds[i] != nil {
			t.adjoint[root] = seeds[i]
		}
	}

	g.backward = true
	defer func() { g.backward = false }()
	couplings := map[int]coupling{}
	for _, c := range slices.Backward(g.couplings) {
		if c.last < earliest {
			break
		}
		couplings[c.last] = c
	}
	for i := len(forward) - 1; i >= earliest; i-- {
		n := forward[i]
		if c, ok := couplings[i]; ok {
			if t.reached(n, started) {
				t.uncouple(c, forward)
			}
			i = c.first
			continue
		}
		if n.Backward || !t.reached(n, started) {
			continue
		}
		n.Op.VJP(t, n)
	}
	grads := make([]*Value, len(wrt))
	for i, v := range wrt {
		grads[i] = t.adjoint[v]
		if grads[i] != nil && v.Role == Weight {
			grads[i].Role = Gradient
		}
	}
	return grads
}

// earliest is the position of the first node that the roots depend on: what comes
// before, such as other micro-batches, has no part in their gradients.
func (g *Graph) earliest(roots []*Value) int {
	seen := map[*Node]bool{}
	var todo []*Node
	visit := func(values []*Value) {
		for _, v := range values {
			if n := v.Node; n != nil && !seen[n] {
				seen[n] = true
				todo = append(todo, n)
			}
		}
	}
	for visit(roots); len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		visit(n.Inputs)
	}
	at := len(g.Nodes)
	for left := len(seen); left > 0 && at > 0; {
		if at--; seen[g.Nodes[at]] {
			left--
		}
	}
	return at
}

func (t *Tape) reached(n *Node, started map[*Node]bool) bool {
	needed, has := false, started[n]
	for _, out := range n.Outputs {
		needed = needed || t.needs[out]
		has = has || t.adjoint[out] != nil
	}
	return needed && has
}

// Adjoint of an output, nil when nothing depends on it.
func (t *Tape) Adjoint(v *Value) *Value { return t.adjoint[v] }

// Needs reports whether the adjoint of v is wanted.
func (t *Tape) Needs(v *Value) bool { return t.needs[v] }

// Add adds a contribution to the adjoint of v. The function gets what has been
// collected so far (nil at first) and returns the sum, so that an op that can
// accumulate does so in its own pass.
func (t *Tape) Add(v *Value, contribute func(acc *Value) *Value) {
	if t.needs[v] {
		t.adjoint[v] = contribute(t.adjoint[v])
	}
}

// AddValue adds a finished contribution.
func (t *Tape) AddValue(v, contribution *Value) {
	t.Add(v, func(acc *Value) *Value {
		if acc == nil {
			return contribution
		}
		return t.Graph.Add(acc, contribution)
	})
}

// Recall returns a forward value for use in the backward pass: v itself when
// it is kept, a recomputed copy when its op is cheap.
func (t *Tape) Recall(v *Value) *Value {
	if v.Node == nil || v.Node.Backward {
		return v
	}
	r, ok := v.Node.Op.(Recaller)
	if !ok {
		return v
	}
	if again, ok := t.recalled[v]; ok {
		return again
	}
	again := r.Recall(t, v.Node, v.Index)
	if again == nil {
		again = v
	}
	t.recalled[v] = again
	return again
}
