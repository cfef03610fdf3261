package verify

import (
	"encoding/json"
	"fmt"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// goldenHash is config.json of a case of attention by hashing.
type goldenHash struct {
	goldenHeads
	Variant string `json:"variant"`
	Chunk   int    `json:"chunk_len"`
	Hashes  int    `json:"n_hashes"`
	Buckets int    `json:"n_buckets"`
	Factors []int  `json:"bucket_factors"`
	Before  int    `json:"n_chunks_before"`
	After   int    `json:"n_chunks_after"`
}

// reformer runs a case of chunked local attention, or of hashing.
func (c *golden) reformer(config []byte) error {
	var head struct {
		Hashes int `json:"n_hashes"`
	}
	if err := json.Unmarshal(config, &head); err != nil {
		return fmt.Errorf("config.json: %w", err)
	}
	if head.Hashes == 0 {
		return c.local(config)
	}
	var g goldenHash
	if err := decode(config, &g); err != nil {
		return err
	}
	if err := g.check(); err != nil {
		return err
	}
	file, err := c.load("case.safetensors")
	if err != nil {
		return err
	}
	for _, run := range []func(goldenHash, caseFile) error{c.hashed, c.chunked} {
		if err := run(g, file); err != nil {
			return err
		}
	}
	return file.rest()
}

func (g goldenHash) check() error {
	if err := g.goldenHeads.check(); err != nil {
		return err
	}
	if err := positive(map[string]int{"n_hashes": g.Hashes, "n_buckets": g.Buckets, "chunk_len": g.Chunk}); err != nil {
		return err
	}
	if g.Variant != "trax" && g.Variant != "lucidrains" {
		return fmt.Errorf("config.json: variant %q: want trax or lucidrains", g.Variant)
	}
	if g.Before != 1 || g.After != 0 || g.Length%g.Chunk != 0 {
		return fmt.Errorf("config.json: n_chunks_before %d, n_chunks_after %d, chunk_len %d: want 1, 0 and a divisor of L %d", g.Before, g.After, g.Chunk, g.Length)
	}
	product := 1
	for _, f := range g.factors() {
		if f < 2 || f%2 != 0 || f > g.Buckets {
			return fmt.Errorf("config.json: %d buckets: want an even number", f)
		}
		product *= f
	}
	if product != g.Buckets {
		return fmt.Errorf("config.json: bucket_factors %v: want n_buckets %d as their product", g.Factors, g.Buckets)
	}
	return nil
}

func (g goldenHash) factors() []int {
	if len(g.Factors) > 0 {
		return g.Factors
	}
	return []int{g.Buckets}
}

// columns of the rotation of one round.
func (g goldenHash) columns() (n int) {
	for _, f := range g.factors() {
		n += f / 2
	}
	return n
}

func (g goldenHash) hash() graph.Hash {
	return graph.Hash{Heads: g.Heads, Rounds: g.Hashes, Factors: g.factors()}
}

// hashed compares the causal variant.
func (c *golden) hashed(g goldenHash, file caseFile) error {
	rotations, err := file.Floats("rotations", g.Batch, g.Heads, g.HeadSize, g.Hashes, g.columns())
	if err != nil {
		return err
	}
	op := graph.BucketAttention{Heads: g.Heads, Rounds: g.Hashes, Buckets: g.Buckets, Window: 2 * g.Chunk, Scale: 1}
	var buckets *graph.Value
	run := attentionRun{inputs: []string{"qk", "v"}, suffix: "_causal", given: map[string][]float64{"rotations": widen(rotations)}}
	run.build = func(gr *graph.Graph, in []*graph.Value) *graph.Value {
		buckets = gr.Hash(g.hash(), in[0], gr.Input("rotations", gr.Real, g.Batch*g.Heads, g.HeadSize, g.Hashes*g.columns()))
		gr.Output("buckets", buckets)
		return gr.BucketAttention(op, in[0], gr.Unit(nn.TraxUnit(g.Heads, g.HeadSize), in[0]), in[1], buckets)
	}
	run.after = func(m *cpu.Machine, p *graph.Program) error {
		got := m.Ints(p, buckets)
		want, err := file.Ints("buckets", g.Batch, g.Heads, g.Hashes, g.Length)
		if err != nil {
			return err
		}
		c.integers("buckets", got, want)
		if want, err = file.Ints("sorted_pos", g.Batch, g.Heads, g.Hashes, g.Length); err != nil {
			return err
		}
		c.integers("sorted_pos", sorted(got, g.Length), want)
		if want, err = file.Ints("causal_mask", g.Batch, g.Heads, g.Length, g.Length); err != nil {
			return err
		}
		c.integers("causal_mask", g.maskOf(got, g.Hashes, 2*g.Chunk), want)
		return nil
	}
	return c.attend(g.goldenHeads, file, run)
}

// integers compares what must be equal: a difference is an error of 1.
func (c *golden) integers(name string, got, want []int32) {
	c.result.Output.add(name, 0)
	for i, w := range want {
		if got[i] != w {
			c.result.Output.add(fmt.Sprintf("%s[%d]", name, i), 1)
			return
		}
	}
}

// sorted are the positions of each row of buckets in the order of those, stable.
func sorted(buckets []int32, length int) []int32 {
	out := make([]int32, 0, len(buckets))
	for row := 0; row < len(buckets); row += length {
		most := int32(0)
		for _, b := range buckets[row : row+length] {
			most = max(most, b)
		}
		for bucket := range most + 1 {
			for i, b := range buckets[row : row+length] {
				if b == bucket {
					out = append(out, int32(i))
				}
			}
		}
	}
	return out
}

// maskOf is which position sees which: the last window positions of its bucket in
// each round, its own included.
func (g goldenHeads) maskOf(buckets []int32, rounds, window int) []int32 {
	mask := make([]int32, g.Batch*g.Heads*g.Length*g.Length)
	for pair := range g.Batch * g.Heads {
		for r := range rounds {
			of := buckets[(pair*rounds+r)*g.Length:][:g.Length]
			for i := range of {
				seen := 0
				for j := i; j >= 0 && seen < window; j-- {
					if of[j] == of[i] {
						seen++
						mask[(pair*g.Length+i)*g.Length+j] = 1
					}
				}
			}
		}
	}
	return mask
}

// chunked compares the original: chunks of what all rounds have sorted.
func (c *golden) chunked(g goldenHash, file caseFile) error {
	rotations, err := file.Floats("rotations", g.Batch, g.Heads, g.HeadSize, g.Hashes, g.columns())
	if err != nil {
		return err
	}
	var list, lse *graph.Value
	run := attentionRun{inputs: []string{"qk", "v"}, given: map[string][]float64{"rotations": widen(rotations)}}
	op := graph.ListAttention{Heads: g.Heads, Chunk: g.Chunk, Before: true, Penalty: -1e5, Scale: 1}
	unit := nn.TraxUnit(g.Heads, g.HeadSize)
	if g.Variant == "lucidrains" {
		op.Penalty, op.Replace, op.Scale, unit.Epsilon = -5e4, true, softmaxScale(g.HeadSize), 0
	}
	run.build = func(gr *graph.Graph, in []*graph.Value) *graph.Value {
		table := gr.Input("rotations", gr.Real, g.Batch*g.Heads, g.HeadSize, g.Hashes*g.columns())
		list = gr.Order(graph.Order{Buckets: g.Buckets}, gr.Hash(g.hash(), in[0], table))
		var o *graph.Value
		o, lse = gr.ListAttention(op, in[0], gr.Unit(unit, in[0]), in[1], list)
		gr.Output("list", list)
		gr.Output("log-sum-exp", lse)
		return gr.Merge(graph.Merge{}, o, lse, list, g.Length)
	}
	run.after = func(m *cpu.Machine, p *graph.Program) error {
		want, err := file.Floats("round_logsumexp", g.Batch, g.Heads, g.Hashes, g.Length)
		if err != nil {
			return err
		}
		// Where an entry sees only itself, the penalty is all that float32 has room
		// for, in the case too: the error is relative to it.
		slots, got := m.Ints(p, list), m.Read(p, lse)
		for i, x := range got {
			at := i/g.Length*g.Length + int(slots[i])
			c.result.Output.add("round_logsumexp", abs(x-float64(want[at]))/max(1, abs(float64(want[at]))))
		}
		alone, err := file.Ints("only_self", g.Batch, g.Heads, g.Length)
		if err != nil {
			return err
		}
		for i, flag := range alone {
			all := int32(1)
			for r := range g.Hashes {
				if want[(i/g.Length*g.Hashes+r)*g.Length+i%g.Length] > float32(op.Penalty/2) {
					all = 0
				}
			}
			if flag != all {
				c.result.Output.add(fmt.Sprintf("only_self[%d]", i), 1)
			}
		}
		return nil
	}
	return c.attend(g.goldenHeads, file, run)
}
