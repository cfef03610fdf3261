package graph

import (
	"fmt"
	"slices"
)

// Op is what a node does: a struct of attributes. VJP appends to the tape's
// graph what turns the adjoints of the node's outputs into adjoints of its
// inputs.
type Op interface {
	VJP(t *Tape, n *Node)
}

// Node is one operation of the program.
type Node struct {
	Op       Op
	Inputs   []*Value // an optional input that is absent is left out, see the op
	Outputs  []*Value
	Backward bool // appended by differentiation
}

// Graph is a program under construction. All its real values have type Real.
type Graph struct {
	Real    DType
	Nodes   []*Node
	Inputs  []*Value
	Outputs []*Value // kept until the end of the run, readable by name

	persistent map[string]*Value
	order      []*Value // persistent values in order of declaration
	backward   bool
	couplings  []coupling
}

// New returns an empty graph of real type Float32 or Float64.
func New(real DType) *Graph {
	return &Graph{Real: real, persistent: map[string]*Value{}}
}

// Input declares a value that is written from outside before each run.
func (g *Graph) Input(name string, dtype DType, shape ...int) *Value {
	v := &Value{Name: name, Shape: shape, DType: dtype, Role: Input}
	g.Inputs = append(g.Inputs, v)
	return v
}

// Parameter declares a weight, or returns it when it has been declared: ops
// share weights by name.
func (g *Graph) Parameter(name string, init Init, shape ...int) *Value {
	return g.persist(&Value{Name: name, Shape: shape, DType: g.Real, Role: Weight, Init: init})
}

// Buffer declares a weight that is not trained, but changed by a rule of its own:
// it has no gradient.
func (g *Graph) Buffer(name string, init Init, shape ...int) *Value {
	return g.persist(&Value{Name: name, Shape: shape, DType: g.Real, Role: Weight, Init: init, Frozen: true})
}

// State declares a value that one run leaves to the next, such as the memory
// of Transformer-XL. It starts as zeros.
func (g *Graph) State(name string, shape ...int) *Value {
	return g.persist(&Value{Name: name, Shape: shape, DType: g.Real, Role: State})
}

// Constant declares a table whose element i is fill(i). The name must identify
// the contents: programs of a family share constants by name.
func (g *Graph) Constant(name string, fill func(i int) float64, shape ...int) *Value {
	return g.persist(&Value{Name: name, Shape: shape, DType: g.Real, Role: Constant, Fill: fill})
}

func (g *Graph) persist(v *Value) *Value {
	key := fmt.Sprint(v.Role, v.Name)
	if old, ok := g.persistent[key]; ok {
		if !sameShape(old, v) {
			panic(fmt.Sprintf("graph: %v declared again as %v", old, v))
		}
		return old
	}
	g.persistent[key] = v
	g.order = append(g.order, v)
	return v
}

// Persistent lists the values that outlive a run, in order of declaration.
func (g *Graph) Persistent() []*Value { return g.order }

// Parameters lists the weights that are trained, in order of declaration.
func (g *Graph) Parameters() []*Value {
	return slices.DeleteFunc(slices.Clone(g.order), func(v *Value) bool { return v.Role != Weight || v.Frozen })
}

// Output keeps v readable by name after a run.
func (g *Graph) Output(name string, v *Value) {
	v.Name = name
	g.Outputs = append(g.Outputs, v)
}

// emit appends a node with outputs of the given shapes and the graph's real
// type.
func (g *Graph) emit(op Op, inputs []*Value, shapes ...[]int) *Node {
	n := &Node{Op: op, Inputs: inputs, Backward: g.backward}
	for i, shape := range shapes {
		n.Outputs = append(n.Outputs, &Value{
			Shape: slices.Clone(shape), DType: g.Real, Node: n, Index: i, Pad: padOf(shape, inputs),
		})
	}
	g.Nodes = append(g.Nodes, n)
	return n
}

// padOf carries the number of padded time steps from inputs [B, L, D] to an
// output [B, L', D']: L'/L of it, rounded down, since a group that is padding
// only in part is needed; and the most of all inputs that have a time axis (a
// residual restores what pooling rounded).
func padOf(shape []int, inputs []*Value) int {
	pad := 0
	if len(shape) < 3 {
		return pad
	}
	for _, in := range inputs {
		if len(in.Shape) < 2 || in.Role.Persistent() || in.Shape[0] != shape[0] || in.Shape[1] == 0 {
			continue
		}
		pad = max(pad, in.Pad*shape[1]/in.Shape[1])
	}
	return pad
}

func check(ok bool, format string, args ...any) {
	if !ok {
		panic("graph: " + fmt.Sprintf(format, args...))
	}
}
