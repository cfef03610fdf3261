package cpu

import (
	"fmt"
	"math"
	"reflect"
	"sync/atomic"
	"testing"

	"hgbench/pkg/baselines"
	"hgbench/pkg/graph"
	"hgbench/pkg/hourglass"
	"hgbench/pkg/nn"
)

// counted is a micro-kernel that also counts its floating-point operations: two
// for each of its first four arguments' product (tiles, rows, columns, k).
func counted[F any](kernel F, operations *atomic.Int64) F {
	f := reflect.ValueOf(kernel)
	return reflect.MakeFunc(f.Type(), func(args []reflect.Value) []reflect.Value {
		n := int64(2)
		for _, a := range args[:4] {
			n *= a.Int()
		}
		operations.Add(n)
		return f.Call(args)
	}).Interface().(F)
}

// The FLOPs that a program says it executes are those that its micro-kernels
// are asked for.
func TestExecutedFLOPs(t *testing.T) {
	var operations atomic.Int64
	before := kernels32
	t.Cleanup(func() { kernels32 = before })
	counting := *before
	counting.gemm = counted(before.gemm, &operations)
	counting.gemmAhead = counted(before.gemmAhead, &operations)
	kernels32 = &counting

	small := nn.Config{Vocab: 40, Model: 24, Heads: 2, FF: 50, Context: 1000, Dropout: 0.1}
	relative := func(int) string { return "relative" }
	glass := func(h, shorten, upsample string) nn.Model {
		parsed, err := nn.ParseHierarchy(h)
		if err != nil {
			t.Fatal(err)
		}
		return hourglass.Config{Config: small, Hierarchy: parsed, Shorten: shorten, Upsample: upsample, Attention: relative}
	}
	flat := func(attention string, positions nn.Positions, storage graph.Storage) nn.Model {
		c := baselines.Transformer{Config: small, Layers: 2, Attention: attention}
		c.Positions, c.Storage = positions, storage
		return c
	}
	for name, model := range map[string]nn.Model{
		"relative":              flat("relative", nn.NoPositions, graph.Streaming),
		"relative materialised": flat("relative", nn.NoPositions, graph.Materialised),
		"full":                  flat("full", nn.Rotary, graph.Streaming),
		"full materialised":     flat("full", nn.Absolute, graph.Materialised),
		"attention resampling":  glass("1@1,1@3,1@1", "attention(average)", "attention(linear)"),
		"linear resampling":     glass("1@1,1@2,1@6,0@2,1@1", "linear", "linear"),
		"plain resampling":      glass("0@1,1@4,1@1", "average", "repeat"),
		"relu":                  flat("relu", nn.Rotary, graph.Streaming),
		"favor":                 flat("favor(7)", nn.NoPositions, graph.Streaming), // less where its maximum rises
		"transformer-xl":        baselines.TransformerXL{Config: small, Layers: 2, HeadSize: 5},
		"same length":           baselines.TransformerXL{Config: small, Layers: 1, HeadSize: 12, SameLength: true},
	} {
		for _, s := range []struct{ batch, length int }{{1, 1}, {3, 13}, {2, 64}, {1, 301}, {9, 70}} {
			t.Run(fmt.Sprint(name, s), func(t *testing.T) {
				p := trainingProgram(model, s.batch, s.length)
				m, err := New(2, p)
				if err != nil {
					t.Fatal(err)
				}
				defer m.Close()
				operations.Store(0)
				m.Run(p)
				got, planned := operations.Load(), int64(math.Round(p.FLOPs.Executed))
				if got > planned || got != planned && name != "favor" {
					t.Errorf("executed %d operations, the plan says %.0f", got, p.FLOPs.Executed)
				}
				if p.FLOPs.Executed < p.FLOPs.Necessary {
					t.Errorf("%g FLOPs executed, %g necessary", p.FLOPs.Executed, p.FLOPs.Necessary)
				}
			})
		}
	}
}

// trainingProgram is forward and backward pass of a model, padded where it must be.
func trainingProgram(m nn.Model, batch, length int) *graph.Program {
	g := graph.New(graph.Float32)
	key := g.Input("key", graph.Int32, 4)
	tokens := g.Input("tokens", graph.Int32, batch, nn.PaddedLength(m, length))
	tokens.Pad = tokens.Shape[1] - length
	nll := g.CrossEntropy(m.Logits(nn.Training(g, key), tokens), tokens, 1)
	g.Output("nll", nll)
	for i, grad := range g.Gradients([]*graph.Value{nll}, nil, g.Parameters(), nil) {
		g.Output(fmt.Sprint("gradient ", i), grad)
	}
	return graph.Compile(g, Target(graph.Float32))
}
