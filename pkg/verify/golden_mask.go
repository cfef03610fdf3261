package verify

import (
	"fmt"
	"math"
	"strings"

	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// goldenMask is config.json of a case of attention whose pattern is known
// beforehand.
type goldenMask struct {
	goldenHeads
	Scale   float64 `json:"scale"`
	Kind    string  `json:"kind"`
	Pattern string  `json:"pattern"`
	Split   string  `json:"heads"`

	Stride   int `json:"stride"` // sparse
	Summary  int `json:"c"`
	Distinct int `json:"num_verts"`

	Window   int   `json:"window"` // longformer
	Dilation []int `json:"dilation"`

	Block       int  `json:"block"` // bigbird
	Blocks      int  `json:"n_blocks"`
	Random      int  `json:"n_random"`
	Global      int  `json:"n_global_blocks"`
	Left        int  `json:"window_blocks_left"`
	LastSeesAll bool `json:"last_block_rows_global"`

	Chunk  int  `json:"chunk_len"` // local attention of reformer
	Before int  `json:"n_chunks_before"`
	After  int  `json:"n_chunks_after"`
	Share  bool `json:"share_qk"`
}

// mask runs a case of attention with a mask.
func (c *golden) mask(config []byte, of func(g goldenMask, file caseFile) (graph.Pattern, error)) error {
	var g goldenMask
	if err := decode(config, &g); err != nil {
		return err
	}
	if err := g.check(); err != nil {
		return err
	}
	if want := softmaxScale(g.HeadSize); g.Scale != 0 && math.Abs(g.Scale-want) > 1e-12 {
		return fmt.Errorf("config.json: scale %v: want 1/√d_head, %v", g.Scale, want)
	}
	file, err := c.load("case.safetensors")
	if err != nil {
		return err
	}
	pattern, err := of(g, file)
	if err != nil {
		return err
	}
	if err := c.sameMask(g.goldenHeads, pattern, file); err != nil {
		return err
	}
	if g.Share {
		if err := c.sharedLocal(g, file); err != nil {
			return err
		}
		return file.rest()
	}
	err = c.attend(g.goldenHeads, file, attentionRun{
		inputs: []string{"q", "k", "v"},
		build: func(gr *graph.Graph, in []*graph.Value) *graph.Value {
			op := graph.Attention{Heads: g.Heads, Scale: softmaxScale(g.HeadSize), Pattern: pattern}
			return gr.Attention(op, in[0], in[1], in[2], nil, nil)
		},
	})
	if err != nil {
		return err
	}
	return file.rest()
}

// sharedLocal is chunked local attention whose keys are the queries, made unit vectors
// as in hashing, so that a position sees itself only where it sees no other.
func (c *golden) sharedLocal(g goldenMask, file caseFile) error {
	if g.Length%g.Chunk != 0 {
		return fmt.Errorf("config.json: chunk_len %d: want a divisor of L %d", g.Chunk, g.Length)
	}
	name := "qk"
	if _, ok := file.Tensors[name]; !ok {
		name = "q"
	}
	return c.attend(g.goldenHeads, file, attentionRun{
		inputs: []string{name, "v"},
		build: func(gr *graph.Graph, in []*graph.Value) *graph.Value {
			// One bucket for all: the list is the sequence.
			zero := gr.Constant("no rotation", func(int) float64 { return 0 }, 1, g.HeadSize, 1)
			list := gr.Order(graph.Order{Buckets: 2}, gr.Hash(graph.Hash{Heads: g.Heads, Rounds: 1, Factors: []int{2}}, in[0], zero))
			op := graph.ListAttention{Heads: g.Heads, Chunk: g.Chunk, Before: g.Before == 1, Penalty: -1e5, Scale: 1}
			o, lse := gr.ListAttention(op, in[0], gr.Unit(nn.TraxUnit(g.Heads, g.HeadSize), in[0]), in[1], list)
			return gr.Merge(graph.Merge{}, o, lse, list, g.Length)
		},
	})
}

// sameMask compares the pattern with mask [H, L, L], or [L, L] for all heads. A
// pair too many or too few is an error of 1.
func (c *golden) sameMask(g goldenHeads, pattern graph.Pattern, file caseFile) error {
	shape := []int{g.Heads, g.Length, g.Length}
	if len(file.Tensors["mask"].Shape) == 2 {
		shape = shape[1:]
	}
	want, err := file.Ints("mask", shape...)
	if err != nil {
		return err
	}
	for h := range g.Heads {
		for i, row := range pattern.Mask(h) {
			for j, sees := range row {
				at := (h*g.Length+i)*g.Length + j
				if len(shape) == 2 {
					at = i*g.Length + j
				}
				if sees != (want[at] != 0) {
					c.result.Output.add(fmt.Sprintf("mask of head %d, query %d, key %d", h, i, j), 1)
				}
			}
		}
	}
	return nil
}

// positive says which of the sizes of a pattern is not.
func positive(sizes map[string]int) error {
	for name, value := range sizes {
		if value < 1 || value > maxGoldenLength {
			return fmt.Errorf("config.json: %s %d: want 1 to %d", name, value, maxGoldenLength)
		}
	}
	return nil
}

func (c *golden) sparse(config []byte) error {
	return c.mask(config, func(g goldenMask, _ caseFile) (graph.Pattern, error) {
		split, merged := strings.HasPrefix(g.Split, "split"), strings.HasPrefix(g.Split, "merged")
		if !split && !merged {
			return graph.Pattern{}, fmt.Errorf("config.json: heads %q: want split or merged", g.Split)
		}
		if split && g.Heads < 2 {
			return graph.Pattern{}, fmt.Errorf("config.json: heads %q, H %d: want at least 2", g.Split, g.Heads)
		}
		if err := positive(map[string]int{"stride": g.Stride}); err != nil {
			return graph.Pattern{}, err
		}
		switch g.Pattern {
		case "strided":
			return nn.StridedPattern(g.Length, g.Heads, g.Stride, split), nil
		case "fixed":
			distinct := max(g.Distinct, 1)
			if err := positive(map[string]int{"c": g.Summary, "num_verts": distinct}); err != nil {
				return graph.Pattern{}, err
			}
			if g.Summary*distinct > g.Stride {
				return graph.Pattern{}, fmt.Errorf("config.json: %d sub-blocks of c %d: want at most stride %d", distinct, g.Summary, g.Stride)
			}
			return nn.FixedPattern(g.Length, g.Heads, g.Stride, g.Summary, distinct, split), nil
		}
		return graph.Pattern{}, fmt.Errorf("config.json: pattern %q: want strided or fixed", g.Pattern)
	})
}

func (c *golden) longformer(config []byte) error {
	return c.mask(config, func(g goldenMask, _ caseFile) (graph.Pattern, error) {
		if len(g.Dilation) != g.Heads {
			return graph.Pattern{}, fmt.Errorf("config.json: dilation %v: want one for each of H %d", g.Dilation, g.Heads)
		}
		sizes := map[string]int{"window": g.Window}
		for h, d := range g.Dilation {
			sizes[fmt.Sprintf("dilation of head %d", h)] = d
		}
		if err := positive(sizes); err != nil {
			return graph.Pattern{}, err
		}
		return nn.WindowPattern(g.Length, g.Window, g.Dilation), nil
	})
}

func (c *golden) bigBird(config []byte) error {
	return c.mask(config, func(g goldenMask, file caseFile) (graph.Pattern, error) {
		if err := positive(map[string]int{"block": g.Block}); err != nil {
			return graph.Pattern{}, err
		}
		blocks := (g.Length + g.Block - 1) / g.Block
		if g.Blocks != blocks || g.Random < 0 || g.Global < 0 || g.Left < 0 {
			return graph.Pattern{}, fmt.Errorf("config.json: n_blocks %d, n_random %d, n_global_blocks %d, window_blocks_left %d: want %d blocks, and none negative",
				g.Blocks, g.Random, g.Global, g.Left, blocks)
		}
		b := nn.BigBird{Window: g.Left, Global: g.Global, LastSeesAll: g.LastSeesAll, Random: make([][][]int, g.Heads)}
		table, err := file.Ints("rand_blocks", g.Heads, blocks, g.Random)
		if err != nil {
			return graph.Pattern{}, err
		}
		for h := range b.Random {
			b.Random[h] = make([][]int, blocks)
			for q := range blocks {
				seen := map[int]bool{}
				for _, k := range table[(h*blocks+q)*g.Random:][:g.Random] {
					if k < 0 || seen[int(k)] || int(k) < g.Global || int(k) >= q-g.Left {
						continue // unused, or seen already
					}
					seen[int(k)] = true
					b.Random[h][q] = append(b.Random[h][q], int(k))
				}
			}
		}
		return nn.BigBirdPattern(g.Length, g.Block, b), nil
	})
}

// local is chunked attention of reformer.
func (c *golden) local(config []byte) error {
	return c.mask(config, func(g goldenMask, _ caseFile) (graph.Pattern, error) {
		if g.After != 0 || g.Before < 0 || g.Share && g.Before > 1 {
			return graph.Pattern{}, fmt.Errorf("config.json: share_qk %v, n_chunks_before %d, n_chunks_after %d: want 0 or 1 before with shared keys, and none after", g.Share, g.Before, g.After)
		}
		if err := positive(map[string]int{"chunk_len": g.Chunk}); err != nil {
			return graph.Pattern{}, err
		}
		return nn.LocalPattern(g.Length, g.Chunk, g.Before), nil
	})
}
