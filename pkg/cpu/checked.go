package cpu

import (
	"fmt"
	"reflect"
	"strings"

	"hgbench/pkg/graph"
)

// Fault is the first value of a run that holds a NaN or an infinity.
type Fault struct {
	Program *graph.Program
	Node    int          // position of the node that made it; −1: it was there before
	Value   *graph.Value // an output of the node, what it updates in place, or what was there before
	Element int
	Bad     float64
	Largest []float64 // magnitude in each real input of the node before it ran
}

// RunChecked is Run with a look at every value after the node that makes it,
// and returns the first fault, where it stops; nil when all is finite. It
// expects what Run does of inputs, and takes much longer.
func (m *Machine) RunChecked(p *graph.Program) *Fault {
	find := func(node int, values []*graph.Value) *Fault {
		for _, v := range values {
			if i, x := m.firstBad(p, v); i >= 0 {
				return &Fault{Program: p, Node: node, Value: v, Element: i, Bad: x}
			}
		}
		return nil
	}
	before := append(append([]*graph.Value{}, p.Inputs...), p.Persistent...)
	if f := find(-1, before); f != nil {
		return f
	}
	l := m.loaded[p]
	for i, n := range p.Nodes {
		largest := make([]float64, len(n.Inputs))
		for k, v := range n.Inputs {
			largest[k] = m.largest(p, v)
		}
		var phases []phase
		for k, of := range l.nodeOf {
			if of == i {
				phases = append(phases, l.job.phases[k])
			}
		}
		m.pool.run(newJob(phases))
		f := find(i, n.Outputs)
		if _, effect := n.Op.(interface{ Effect() }); effect && f == nil {
			f = find(i, n.Inputs)
		}
		if f != nil {
			f.Largest = largest
			return f
		}
	}
	return nil
}

// real views a value's numbers as float64; none of integers and of values that
// nothing reads.
func (m *Machine) real(p *graph.Program, v *graph.Value) []float64 {
	if v.DType == graph.Int32 || m.find(p, v) == nil {
		return nil
	}
	return m.Read(p, v)
}

func (m *Machine) firstBad(p *graph.Program, v *graph.Value) (element int, bad float64) {
	for i, x := range m.real(p, v) {
		if x-x != 0 {
			return i, x
		}
	}
	return -1, 0
}

func (m *Machine) largest(p *graph.Program, v *graph.Value) (most float64) {
	for _, x := range m.real(p, v) {
		most = max(most, x, -x)
	}
	return most
}

// String such as "the first bad value is NaN at element 5 of float32[4 14 24],
// made by node 35 of 210, MatMul (forward) of [4 14 16] up to 3.1e+38,
// 1.ff.in.w [16 24] up to 0.3".
func (f *Fault) String() string {
	if f.Node < 0 {
		return fmt.Sprintf("%g was at element %d of %v before the step began", f.Bad, f.Element, f.Value)
	}
	n := f.Program.Nodes[f.Node]
	pass := "forward"
	if n.Backward {
		pass = "backward"
	}
	var inputs []string
	for k, v := range n.Inputs {
		if v.DType != graph.Int32 {
			inputs = append(inputs, fmt.Sprintf("%s up to %.3g", strings.TrimSpace(v.Name+" "+fmt.Sprint(v.Shape)), f.Largest[k]))
		}
	}
	return fmt.Sprintf("the first bad value is %g at element %d of %s, made by node %d of %d, %s (%s) of %s",
		f.Bad, f.Element, strings.TrimSpace(f.Value.String()), f.Node+1, len(f.Program.Nodes), reflect.TypeOf(n.Op).Name(), pass, strings.Join(inputs, ", "))
}
