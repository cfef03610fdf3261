package verify

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// A sample, with all ops; "hgbench verify gradients" proves everything.
func TestGradientProofs(t *testing.T) {
	proven(t, quick(GradientProofs()))
}

// choices are ops that no gradient flows through.
var choices = []string{"Hash", "Nearest", "Order", "Members", "ClusterSums"}

// Every op that a gradient can flow through has a case.
func TestOpCasesAreComplete(t *testing.T) {
	used := map[string]bool{}
	for _, c := range opCases() {
		r, err := c.start(graph.Float64, 1, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range r.program.Nodes {
			used[reflect.TypeOf(n.Op).Name()] = true
		}
		if err := r.machine.Close(); err != nil {
			t.Error(err)
		}
	}
	files, err := filepath.Glob("../graph/*.go")
	if err != nil {
		t.Fatal(err)
	}
	ops := 0
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "VJP" || strings.HasSuffix(path, "_test.go") {
				continue
			}
			ops++
			op := f.Recv.List[0].Type.(*ast.Ident).Name
			// Optimiser and memory are not differentiated, and a whole model's
			// loss is.
			if !used[op] && op != "Adam" && !slices.Contains([]string{"Assign", "Redraw", "MoveMeans", "CrossEntropy"}, op) && !slices.Contains(choices, op) {
				t.Errorf("no case has op %s", op)
			}
		}
	}
	if ops < 20 {
		t.Errorf("found only %d ops", ops)
	}
}

// Micro-batches whose gradients accumulate give the gradient of the batch.
func TestAccumulation(t *testing.T) {
	_, model := glass(nn.Config{Vocab: 17, Model: 8, Heads: 2, FF: 12}, "1@1,1@3,1@1", "attention(average)", "attention(repeat)", "relative")
	const batch, length = 4, 12
	whole := newTraining(model, graph.Float64, batch, length, 1, false)

	g := graph.New(graph.Float64)
	b := nn.Evaluation(g)
	var acc, weights, tokens []*graph.Value
	for range 2 {
		in := g.Input("tokens", graph.Int32, batch/2, length)
		tokens = append(tokens, in)
		nll := g.CrossEntropy(model.Logits(b, in), in, 1)
		weights = g.Parameters()
		acc = g.Gradients([]*graph.Value{nll}, nil, weights, acc)
	}
	outputGradients(g, weights, acc)
	parts := graph.Compile(g, cpu.Target(graph.Float64))

	m, err := cpu.New(2, whole.program, parts)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	Activate(m, parts, 1)
	id := func(i int) int32 { return int32(i * i % 17) }
	for i := range batch * length {
		m.Ints(whole.program, whole.tokens)[i] = id(i)
	}
	m.Run(whole.program)
	want := make([][]float64, len(weights))
	for i, g := range whole.grads {
		want[i] = read(m, whole.program, g)
	}
	for part, in := range tokens {
		for i := range batch / 2 * length {
			m.Ints(parts, in)[i] = id(part*batch/2*length + i)
		}
	}
	m.Run(parts)
	for i, w := range weights {
		for j, got := range read(m, parts, acc[i]) {
			if abs(got-want[i][j]) > 1e-12 {
				t.Fatalf("%v[%d]: %g in parts, %g at once", w, j, got, want[i][j])
			}
		}
	}
}
