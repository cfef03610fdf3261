package graph

import "fmt"

// Target prices what only an executor knows.
type Target interface {
	// Workspace is the number of bytes that node n needs while it runs.
	Workspace(n *Node) int64
	// Executed is the number of floating-point operations that node n performs
	// in matrix products, padding and recomputation included.
	Executed(n *Node) float64
	// Scratch is the number of bytes that one thread needs to run these nodes.
	Scratch(nodes []*Node) int64
}

// Program is a graph that can run: live nodes in order and a place for every
// value.
type Program struct {
	Nodes   []*Node
	Inputs  []*Value
	Outputs []*Value
	Real    DType

	// Persistent values in order of declaration; each is stored under its role
	// and name, outside the arena, and shared with other programs.
	Persistent []*Value

	Plan  Plan
	FLOPs FLOPs
}

// FLOPs of one run of a program, in matrix products: see the package's design
// for the three counts.
type FLOPs struct {
	Necessary float64 // visible pairs, no padding, no recomputation; 3× forward when there is a backward pass
	Dense     float64 // the same with attention over all pairs
	Executed  float64 // what the executor does
}

// Compile removes nodes that nothing needs, plans memory and counts FLOPs.
func Compile(g *Graph, target Target) *Program {
	p := &Program{Inputs: g.Inputs, Outputs: g.Outputs, Real: g.Real}
	live := map[*Value]bool{}
	for _, v := range g.Outputs {
		live[v] = true
	}
	keep := make([]bool, len(g.Nodes))
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		_, keep[i] = n.Op.(interface{ Effect() })
		for _, out := range n.Outputs {
			keep[i] = keep[i] || live[out]
		}
		if keep[i] {
			for _, in := range n.Inputs {
				live[in] = true
			}
		}
	}
	factor := 1.0
	for i, n := range g.Nodes {
		if keep[i] {
			p.Nodes = append(p.Nodes, n)
			if n.Backward {
				factor = 3
			}
		}
	}
	for _, n := range p.Nodes {
		if op, ok := n.Op.(interface {
			FLOPs(*Node) (necessary, dense float64)
		}); ok && !n.Backward {
			necessary, dense := op.FLOPs(n)
			p.FLOPs.Necessary += factor * necessary
			p.FLOPs.Dense += factor * dense
		}
		p.FLOPs.Executed += target.Executed(n)
	}
	for _, v := range g.order {
		if live[v] || v.Role == Weight {
			p.Persistent = append(p.Persistent, v)
		}
	}
	p.Plan = plan(p, live, target)
	return p
}

// Moved is the number of bytes that the nodes read and write in one run.
func (p *Program) Moved() (bytes int64) {
	for _, n := range p.Nodes {
		if _, view := n.Op.(Reshape); view {
			continue
		}
		for _, v := range n.Inputs {
			bytes += v.Bytes()
		}
		for _, v := range n.Outputs {
			bytes += v.Bytes()
		}
	}
	return bytes
}

// OutputNamed returns the output of that name.
func (p *Program) OutputNamed(name string) *Value {
	for _, v := range p.Outputs {
		if v.Name == name {
			return v
		}
	}
	panic(fmt.Sprintf("graph: no output %q", name))
}

// InputNamed returns the input of that name.
func (p *Program) InputNamed(name string) *Value {
	for _, v := range p.Inputs {
		if v.Name == name {
			return v
		}
	}
	panic(fmt.Sprintf("graph: no input %q", name))
}
