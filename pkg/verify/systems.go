package verify

import (
	"fmt"
	"maps"
	"slices"

	"hgbench/pkg/baselines"
	"hgbench/pkg/graph"
	"hgbench/pkg/hourglass"
	"hgbench/pkg/nn"
	"hgbench/pkg/philox"
)

// System is a small model of one kind.
type System struct {
	Name  string
	Model nn.Model
}

// kinds of attention with the positions that each may have, one model each.
// A kind that brings its own positions has one entry.
var kinds = map[string][]nn.Positions{
	"full":     {nn.NoPositions, nn.Absolute, nn.Rotary, nn.Relative},
	"relative": {nn.NoPositions},
}

// sparseKinds are kinds of attention whose positions are those of the Config,
// small enough to leave something out of short windows. With an epsilon of 0 the
// maxima of favor, through which no gradient flows, cancel out.
var sparseKinds = []string{
	"window(3)", "window(2..4, dilation: 3, dilated: 1)", "local(4)", "strided(3)", "strided(4, heads: merged)",
	"lsh(4, hashes: 2, chunk: 2)", "lsh(2, chunk: 3)", "routing(3, 4)", "routing(2, 3, local: 0)", "favor(12, epsilon: 0)", "favor(5, redraw: 2, epsilon: 0)", "relu", "fixed(4, 2)", "fixed(3, 1, heads: split)", "bigbird(2)", "bigbird(3, window: 0, global: 2, random: 1)",
}

var (
	shortenings = []string{"average", "linear", "attention(average)", "attention(linear)"}
	upsamplings = []string{"repeat", "linear", "attention(none)", "attention(repeat)", "attention(linear)"}
)

// Systems is each shortening × upsampling × attention kind × positions ×
// storage, hierarchies of several levels and of none, a kind a level, every kind
// of sparse attention, and Transformer-XL with and without memory. Sizes are drawn, the same every time.
// Dropout is there, for training to use.
func Systems() []System {
	return slices.Concat(systemsWith(graph.Streaming), systemsWith(graph.Materialised), segmented(graph.Streaming), segmented(graph.Materialised))
}

// systemsWith lists the same systems in the same order for every storage.
func systemsWith(storage graph.Storage) []System {
	var all []System
	add := func(name string, model nn.Model) {
		all = append(all, System{fmt.Sprintf("%s, %v", name, storage), model})
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		for _, positions := range kinds[kind] {
			d := drawer{index: len(all)}
			add(flat(d.config(storage, positions), kind))
			for _, shorten := range shortenings {
				for _, upsample := range upsamplings {
					d := drawer{index: len(all)}
					h := fmt.Sprintf("1@1,1@%d,1@1", d.size(2, 4))
					add(glass(d.config(storage, positions), h, shorten, upsample, kind))
				}
			}
		}
	}
	d := drawer{index: len(all)}
	add(glass(d.config(storage, nn.NoPositions), "1@1,1@2,1@6,0@2,1@1", "attention(linear)", "attention(repeat)", "relative"))
	add(glass(d.config(storage, nn.NoPositions), "0@1,0@4,0@1", "average", "repeat", "relative"))
	add(levels(d.config(storage, nn.Rotary), "1@1,1@3,0@1", map[int]string{1: "full", 3: "relative"}))
	for i, kind := range sparseKinds {
		for j, positions := range []nn.Positions{nn.NoPositions, nn.Rotary, nn.Relative} {
			if nn.CheckAttention(kind, positions, 2, 2, 0) != nil {
				continue // not with relative positions
			}
			d := drawer{index: len(all)}
			c := d.config(storage, positions)
			if c.Heads == 1 {
				c.Heads, c.Model = 2, 2*c.Model // heads differ
			}
			if (i+j)%3 > 0 {
				add(flat(c, kind))
			} else {
				add(levels(c, "1@1,2@2,1@1", map[int]string{1: kind, 2: kind}))
			}
		}
	}
	for _, kind := range []string{"full", "lsh(4, hashes: 2, chunk: 3, every: 2)"} {
		d := drawer{index: len(all)}
		c := d.config(storage, nn.Absolute)
		add("reformer "+kind, baselines.Reformer{Config: c, Layers: 3, Attention: kind})
	}
	for _, xl := range []struct {
		memory baselines.Memory
		set    baselines.TransformerXL
	}{
		{},
		{memory: baselines.Memory{Length: 7, Valid: 7}, set: baselines.TransformerXL{PreNorm: true}},
		{memory: baselines.Memory{Length: 9, Valid: 4}, set: baselines.TransformerXL{ClampLen: 5, SameLength: true}},
		{memory: baselines.Memory{Length: 9, Valid: 9}, set: baselines.TransformerXL{SameLength: true, PreNorm: true}},
	} {
		d := drawer{index: len(all)}
		xl.set.Config, xl.set.Layers, xl.set.HeadSize = d.config(storage, nn.NoPositions), 2, d.size(1, 5)
		add(recurrent(xl.set, xl.memory))
	}
	return all
}

// segmented are Transformer-XL with each kind of attention that has a meaning in
// segments, and part of the memory filled.
func segmented(storage graph.Storage) []System {
	var all []System
	for i, kind := range []string{"window(2..4, dilation: 2, dilated: 1)", "full", "strided(3)", "strided(4, heads: merged)", "local(4)", "fixed(4, 2)"} {
		d := drawer{index: 1000 + i}
		c := baselines.TransformerXL{Layers: 2, HeadSize: 2 * d.size(1, 3), Attention: kind, PreNorm: i%2 == 0}
		c.Config = d.config(storage, []nn.Positions{nn.Relative, nn.Rotary, nn.NoPositions}[i%3])
		c.Heads = 2
		name, model := recurrent(c, baselines.Memory{Length: 12, Valid: 8})
		all = append(all, System{fmt.Sprintf("%s, %v", name, storage), model})
	}
	return all
}

// drawer draws the sizes of a system, which depend on its place in the list
// only.
type drawer struct{ index, drawn int }

func (d *drawer) size(lo, hi int) int {
	d.drawn++
	return lo + int(philox.New(1, uint64(d.index)).Uint64n(0, uint64(d.drawn), uint64(hi-lo+1)))
}

func (d *drawer) config(storage graph.Storage, positions nn.Positions) nn.Config {
	heads, head := d.size(1, 3), 2*d.size(1, 3) // rotary wants even heads
	if positions != nn.Rotary && heads%2 == 0 && d.size(0, 1) == 0 {
		head++
	}
	if heads*head < 6 {
		head = 6 // normalised, few features are little but their sign
	}
	return nn.Config{
		Vocab: d.size(9, 20), Model: heads * head, Heads: heads, FF: d.size(3, 17), Positions: positions,
		Storage: storage, Context: 1 << 10, Dropout: 0.2,
	}
}

func flat(c nn.Config, attention string) (string, nn.Model) {
	name := fmt.Sprintf("transformer %s", attention)
	if len(kinds[attention]) != 1 {
		name += " " + c.Positions.String()
	}
	return name, baselines.Transformer{Config: c, Layers: 2, Attention: attention}
}

func glass(c nn.Config, h, shorten, upsample, attention string) (string, nn.Model) {
	name := fmt.Sprintf("hourglass %s %s %s %s", h, shorten, upsample, attention)
	if len(kinds[attention]) > 1 {
		name += " " + c.Positions.String()
	}
	return name, hourglass.Config{
		Config: c, Hierarchy: hierarchy(h), Shorten: shorten, Upsample: upsample,
		Attention: func(int) string { return attention },
	}
}

// levels has a kind a level, by total shortening.
func levels(c nn.Config, h string, attention map[int]string) (string, nn.Model) {
	return fmt.Sprintf("hourglass %s attention %v %v", h, attention, c.Positions), hourglass.Config{
		Config: c, Hierarchy: hierarchy(h), Shorten: "attention(average)", Upsample: "attention(repeat)",
		Attention: func(total int) string { return attention[total] },
	}
}

// recurrent is a Transformer-XL that has read a part of its stream.
func recurrent(c baselines.TransformerXL, memory baselines.Memory) (string, nn.Model) {
	memory.Stream = "proof"
	norm := map[bool]string{false: "post", true: "pre"}[c.PreNorm]
	name := fmt.Sprintf("transformer-xl %s-norm, memory %d of %d", norm, memory.Valid, memory.Length)
	if c.Attention != "" {
		name += fmt.Sprintf(", %s %v", c.Attention, c.Positions)
	}
	if c.ClampLen > 0 {
		name += fmt.Sprintf(", clamp %d", c.ClampLen)
	}
	if c.SameLength {
		name += ", same length"
	}
	return name, WithMemory(c, memory)
}

// hierarchy parses one that is known to be right.
func hierarchy(s string) nn.Hierarchy {
	h, err := nn.ParseHierarchy(s)
	if err != nil {
		panic(err)
	}
	return h
}
