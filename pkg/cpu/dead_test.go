package cpu

import (
	"testing"

	"hgbench/pkg/graph"
)

// Outputs that nothing reads have no memory; the others are computed all the
// same.
func TestDeadOutputs(t *testing.T) {
	const d = 5
	g := graph.New(graph.Float32)
	x := g.Input("x", graph.Float32, 2, 3, d)
	scale, bias := g.Parameter("scale", graph.Init{Distribution: graph.Ones}, d), g.Parameter("bias", graph.Init{}, d)
	norm := g.LayerNorm(x, scale, bias, 1e-6)
	g.Output("mean", norm.Node.Outputs[1])
	product := g.MatMul(x, g.Parameter("w", graph.Init{Distribution: graph.Ones}, d, 4), graph.Epilogue{Func: graph.GELU})
	g.Output("z", product.Node.Outputs[1])
	p := graph.Compile(g, Target(graph.Float32))
	m, err := New(1, p)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	m.Init(1)
	values := make([]float64, x.Elements())
	for i := range values {
		values[i] = float64(i)
	}
	m.Write(p, x, values)
	m.Run(p)
	if got := m.Read(p, p.OutputNamed("mean"))[1]; got != 7 {
		t.Errorf("mean %g, want 7", got)
	}
	if got := m.Read(p, p.OutputNamed("z"))[4]; got != 35 {
		t.Errorf("z %g, want 35", got)
	}
}
