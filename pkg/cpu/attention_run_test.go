package cpu

import (
	"fmt"
	"math"
	"testing"

	"hgbench/pkg/graph"
)

// attentionData is inputs and adjoint of the output of a case, of any kind of
// attention.
type attentionData struct {
	q, k, v, do []float64
	r, u, vbias []float64 // of relative positions
	projection  []float64 // of linear attention
	key         [4]int32  // of dropout
	buckets     []int32   // of attention in buckets
}

// Names of inputs with gradients.
var attentionInputs = []string{"q", "k", "v", "r", "u", "vbias"}

// input is nil for inputs of int32.
func (d *attentionData) input(name string) []float64 {
	return map[string][]float64{
		"q": d.q, "k": d.k, "v": d.v, "do": d.do, "r": d.r, "u": d.u, "vbias": d.vbias, "projection": d.projection,
	}[name]
}

func (d *attentionData) ints(name string) []int32 {
	return map[string][]int32{"key": d.key[:], "buckets": d.buckets}[name]
}

// attentionResult has the outputs by name: o, lse, and dq, dk, …
type attentionResult map[string][]float64

// attentionRun is a compiled case.
type attentionRun struct {
	program *graph.Program
	machine *Machine
}

// attentionGradients declares do, the adjoint of o, and keeps the gradient of
// input x as dx.
func attentionGradients(g *graph.Graph, o *graph.Value, wrt []*graph.Value, keep func(name string, v *graph.Value)) {
	do := g.Input("do", o.DType, o.Shape...)
	for i, dx := range g.Gradients([]*graph.Value{o}, []*graph.Value{do}, wrt, nil) {
		keep("d"+wrt[i].Name, dx)
	}
}

func runAttention(t testing.TB, g *graph.Graph, threads int) *attentionRun {
	p := graph.Compile(g, Target(g.Real))
	m, err := New(threads, p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return &attentionRun{p, m}
}

// run starts with NaN wherever the kernels might find what others left behind.
func (r *attentionRun) run(d *attentionData) attentionResult {
	for _, memory := range [][]byte{r.machine.arena, r.machine.scratch} {
		for i := range memory {
			memory[i] = 0xff
		}
	}
	for _, v := range r.program.Inputs {
		if v.DType == graph.Int32 {
			copy(r.machine.Ints(r.program, v), d.ints(v.Name))
			continue
		}
		r.machine.Write(r.program, v, d.input(v.Name))
	}
	r.machine.Run(r.program)
	result := attentionResult{}
	for _, v := range r.program.Outputs {
		result[v.Name] = r.machine.Read(r.program, v)
	}
	return result
}

// norm is the root of the mean square.
func norm(x []float64) float64 {
	sum := 0.0
	for _, y := range x {
		if !math.IsInf(y, 0) {
			sum += y * y
		}
	}
	return math.Sqrt(sum / float64(max(len(x), 1)))
}

func (r attentionResult) compare(want attentionResult, tolerance float64) error {
	for name, got := range r {
		want := want[name]
		scale := norm(want) + 1 // inputs are of size 1, and a gradient that is 0 in theory is not in practice
		for i := range got {
			if got[i] == want[i] {
				continue
			}
			if diff := math.Abs(got[i] - want[i]); !(diff <= tolerance*(scale+math.Abs(want[i]))) {
				return fmt.Errorf("%s[%d] = %v, want %v (rms %.3g)", name, i, got[i], want[i], scale)
			}
		}
	}
	return nil
}

func (r attentionResult) same(want attentionResult) error {
	for name, x := range r {
		for i := range x {
			if math.Float64bits(x[i]) != math.Float64bits(want[name][i]) {
				return fmt.Errorf("%s[%d] = %v and %v", name, i, x[i], want[name][i])
			}
		}
	}
	return nil
}
