package verify

import (
	"fmt"
	"strings"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
)

// goldenPerformer is config.json of a case of attention through features.
type goldenPerformer struct {
	goldenHeads
	Kind       string  `json:"kind"`
	Features   int     `json:"n_features"`
	Epsilon    float64 `json:"eps"`
	Stabiliser float64 `json:"numerical_stabilizer"`
	Scaling    int     `json:"ortho_scaling"`          // of the projection, which is given
	Stabilised int     `json:"rows_with_R_stabiliser"` // a count, not a setting
	Scale      float64 `json:"qk_scale"`               // of the inputs, which are given
}

func (c *golden) performer(config []byte) error {
	var g goldenPerformer
	if err := decode(config, &g); err != nil {
		return err
	}
	if err := g.check(); err != nil {
		return err
	}
	if !(g.Epsilon >= 0 && g.Stabiliser >= 0) {
		return fmt.Errorf("config.json: eps %g, numerical_stabilizer %g: want none negative", g.Epsilon, g.Stabiliser)
	}
	file, err := c.load("case.safetensors")
	if err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(g.Kind, "favor+"):
		err = c.favor(g, file)
	case strings.HasPrefix(g.Kind, "Trax CausalFavor"):
		err = c.attend(g.goldenHeads, file, attentionRun{inputs: []string{"q", "k", "v"},
			build: func(gr *graph.Graph, in []*graph.Value) *graph.Value {
				op := graph.LinearAttention{Heads: g.Heads, Kernel: graph.ReLUKernel, Norm: 1, Epsilon: g.Epsilon, Stabiliser: g.Stabiliser}
				return gr.LinearAttention(op, in[0], in[1], in[2], nil)
			}})
	default:
		err = fmt.Errorf("config.json: kind %q: want favor+ or Trax CausalFavor", g.Kind)
	}
	if err != nil {
		return err
	}
	return file.rest()
}

// favor runs the original, whose keys are divided by the maximum over all
// positions, with and without a gradient through the maxima, and the causal
// variant.
func (c *golden) favor(g goldenPerformer, file caseFile) error {
	if err := positive(map[string]int{"n_features": g.Features}); err != nil {
		return err
	}
	projection, err := file.Floats("projection", g.Features, g.HeadSize)
	if err != nil {
		return err
	}
	for _, variant := range []struct {
		suffix          string
		causal, through bool
	}{{"", false, true}, {"_stopmax", false, false}, {"_runmax", true, false}} {
		norm := softmaxScale(g.Features)
		var q, k *graph.Value
		run := attentionRun{inputs: []string{"q", "k", "v"}, suffix: variant.suffix, given: map[string][]float64{"projection": widen(projection)}}
		run.build = func(gr *graph.Graph, in []*graph.Value) *graph.Value {
			p := gr.Input("projection", gr.Real, g.Features, g.HeadSize)
			op := graph.LinearAttention{Heads: g.Heads, Norm: norm, Epsilon: g.Epsilon, Stabiliser: g.Stabiliser}
			if variant.causal {
				op.Kernel = graph.SoftmaxKernel
				return gr.LinearAttention(op, in[0], in[1], in[2], p)
			}
			q, _ = gr.Features(graph.Features{Heads: g.Heads, Through: variant.through}, in[0], p)
			k, _ = gr.Features(graph.Features{Heads: g.Heads, Maximum: graph.OfAll, Through: variant.through}, in[1], p)
			gr.Output("q features", q)
			gr.Output("k features", k)
			return gr.LinearAttention(op, q, k, in[2], nil)
		}
		if variant.suffix == "_stopmax" {
			run.output = "o" // the gradient alone differs
		}
		if variant.suffix == "" {
			run.after = func(m *cpu.Machine, p *graph.Program) error {
				wide := g.goldenHeads
				wide.HeadSize = g.Features
				for name, v := range map[string]*graph.Value{"q_prime": q, "k_prime": k} {
					want, err := file.Floats(name, wide.shape()...)
					if err != nil {
						return err
					}
					got := wide.turned(m.Read(p, v), true)
					for i, e := range got {
						got[i] = norm * (e + g.Epsilon)
					}
					c.output(name, got, want)
				}
				return nil
			}
		}
		if err := c.attend(g.goldenHeads, file, run); err != nil {
			return err
		}
	}
	return nil
}
