package graph

// coupling is y = x + f(z) as one of the nodes [first, last] of a graph, the last of
// which is the sum.
type coupling struct {
	first, last int
	x, z, y     *Value
}

// Couple returns x + f(z). The backward pass keeps nothing of it: it computes f(z)
// again, and x from y and that, so that a stack of couplings in which each z is what
// another one returned needs the memory of one, however high (Gomez et al. 2017,
// arXiv 1707.04585; Kitaev et al. 2020, section 3).
func (g *Graph) Couple(x, z *Value, f func(z *Value) *Value) *Value {
	first := len(g.Nodes)
	y := g.Add(x, f(z))
	g.couplings = append(g.couplings, coupling{first, len(g.Nodes) - 1, x, z, y})
	return y
}

// copyOf is what a value was found to be in the backward pass, or the value itself.
func (t *Tape) copyOf(v *Value) *Value {
	if c, ok := t.copies[v]; ok {
		return c
	}
	return v
}

// uncouple appends the backward pass of a coupling. It runs on copies of the nodes of
// f, which have the adjoints of the originals.
func (t *Tape) uncouple(c coupling, forward []*Node) {
	copies := map[*Value]*Value{c.z: t.copyOf(c.z)}
	t.needs[copies[c.z]] = t.needs[c.z]
	var nodes []*Node
	for _, n := range forward[c.first:c.last] {
		again := &Node{Op: n.Op, Backward: true}
		for _, in := range n.Inputs {
			if copied, ok := copies[in]; ok {
				in = copied
			}
			again.Inputs = append(again.Inputs, in)
		}
		for i, out := range n.Outputs {
			v := *out
			v.Node, v.Index = again, i
			copies[out] = &v
			t.needs[&v] = t.needs[out]
			again.Outputs = append(again.Outputs, &v)
		}
		t.Nodes = append(t.Nodes, again)
		nodes = append(nodes, again)
	}
	sum := forward[c.last]
	f := sum.Inputs[1]
	dy := t.adjoint[c.y]
	t.copies[c.x] = t.Graph.Add(t.copyOf(c.y), t.Pool(copies[f], 1, -1))
	t.AddValue(c.x, dy)
	t.adjoint[copies[f]] = dy
	for i := len(nodes) - 1; i >= 0; i-- {
		if t.reached(nodes[i], nil) {
			nodes[i].Op.VJP(t, nodes[i])
		}
	}
	if z := copies[c.z]; z != c.z {
		if d := t.adjoint[z]; d != nil {
			t.AddValue(c.z, d)
		}
		delete(t.adjoint, z)
	}
}
