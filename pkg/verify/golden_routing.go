package verify

import (
	"fmt"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// goldenRouting is config.json of a case of attention inside clusters.
type goldenRouting struct {
	goldenHeads
	Variant  string `json:"variant"`
	Clusters int    `json:"n_clusters"`
	Window   int    `json:"window"`
}

func (c *golden) routing(config []byte) error {
	var g goldenRouting
	if err := decode(config, &g); err != nil {
		return err
	}
	if err := g.check(); err != nil {
		return err
	}
	if err := positive(map[string]int{"n_clusters": g.Clusters, "window": g.Window}); err != nil {
		return err
	}
	if g.Variant != "google" && g.Variant != "lucidrains" {
		return fmt.Errorf("config.json: variant %q: want google or lucidrains", g.Variant)
	}
	file, err := c.load("case.safetensors")
	if err != nil {
		return err
	}
	if g.Window > g.Length {
		return fmt.Errorf("config.json: window %d: want at most L %d", g.Window, g.Length)
	}
	for _, run := range []func(goldenRouting, caseFile) error{c.routed, c.gathered} {
		if err := run(g, file); err != nil {
			return err
		}
	}
	return file.rest()
}

// vectors are what queries, keys and the choice of a cluster are made of.
func (g goldenRouting) vectors(gr *graph.Graph, qk *graph.Value) (q, k, chosen *graph.Value, scale float64) {
	if g.Variant == "google" {
		n := nn.UnscaledNorm(gr, qk, g.Heads)
		return n, n, n, 1
	}
	k = gr.Unit(graph.Unit{Heads: g.Heads}, qk)
	return qk, k, k, softmaxScale(g.HeadSize)
}

// routed compares the causal variant.
func (c *golden) routed(g goldenRouting, file caseFile) error {
	means, err := file.Floats("means", g.Heads, g.Clusters, g.HeadSize)
	if err != nil {
		return err
	}
	var clusters *graph.Value
	run := attentionRun{inputs: []string{"qk", "v"}, suffix: "_causal", given: map[string][]float64{"means": widen(means)}}
	run.build = func(gr *graph.Graph, in []*graph.Value) *graph.Value {
		q, k, chosen, scale := g.vectors(gr, in[0])
		clusters = gr.Nearest(graph.Nearest{Heads: g.Heads}, chosen, gr.Input("means", gr.Real, g.Heads, g.Clusters, g.HeadSize))
		gr.Output("clusters", clusters)
		op := graph.BucketAttention{Heads: g.Heads, Rounds: 1, Buckets: g.Clusters, Window: g.Window, Scale: scale, Self: g.Variant == "google"}
		return gr.BucketAttention(op, q, k, in[1], clusters)
	}
	run.after = func(m *cpu.Machine, p *graph.Program) error {
		want, err := file.Ints("cluster_causal", g.Batch, g.Heads, g.Length)
		if err != nil {
			return err
		}
		got := m.Ints(p, clusters)
		c.integers("cluster_causal", got, want)
		if want, err = file.Ints("mask_causal", g.Batch, g.Heads, g.Length, g.Length); err != nil {
			return err
		}
		c.integers("mask_causal", g.maskOf(got, 1, g.Window), want)
		return nil
	}
	return c.attend(g.goldenHeads, file, run)
}

// gathered compares the original: the positions that are most like each mean.
func (c *golden) gathered(g goldenRouting, file caseFile) error {
	means, err := file.Floats("means", g.Heads, g.Clusters, g.HeadSize)
	if err != nil {
		return err
	}
	merge := graph.Merge{Mean: true, Epsilon: 1e-5}
	if g.Variant == "google" {
		merge.Epsilon = 1e-2
	}
	var list *graph.Value
	run := attentionRun{inputs: []string{"qk", "v"}, given: map[string][]float64{"means": widen(means)}}
	run.build = func(gr *graph.Graph, in []*graph.Value) *graph.Value {
		q, k, chosen, scale := g.vectors(gr, in[0])
		list = gr.Members(graph.Members{Heads: g.Heads, Window: g.Window}, chosen, gr.Input("means", gr.Real, g.Heads, g.Clusters, g.HeadSize))
		gr.Output("list", list)
		op := graph.ListAttention{Heads: g.Heads, Chunk: g.Window, Scale: scale, Self: g.Variant == "google"}
		o, lse := gr.ListAttention(op, q, k, in[1], list)
		return gr.Merge(merge, o, lse, list, g.Length)
	}
	run.after = func(m *cpu.Machine, p *graph.Program) error {
		got := m.Ints(p, list)
		want, err := file.Ints("members", g.Batch, g.Heads, g.Clusters, g.Window)
		if err != nil {
			return err
		}
		c.integers("members", got, want)
		count := make([]int32, g.Batch*g.Heads*g.Length)
		for i, position := range got {
			count[i/(g.Clusters*g.Window)*g.Length+int(position)]++
		}
		if want, err = file.Ints("count", g.Batch, g.Heads, g.Length); err != nil {
			return err
		}
		c.integers("count", count, want)
		return nil
	}
	return c.attend(g.goldenHeads, file, run)
}
