package verify

import (
	"fmt"

	"hgbench/pkg/baselines"
	"hgbench/pkg/graph"
	"hgbench/pkg/hourglass"
	"hgbench/pkg/nn"
)

// system is a small model of every kind, for proofs over all of them.
type system struct {
	name  string
	model nn.Model
}

func hierarchy(s string) nn.Hierarchy {
	h, err := nn.ParseHierarchy(s)
	if err != nil {
		panic(err)
	}
	return h
}

// small has dropout, which only training uses.
func small() nn.Config {
	return nn.Config{Vocab: 17, Model: 8, Heads: 2, FF: 12, Context: 1 << 10, Dropout: 0.2}
}

func glass(h, shorten, upsample, attention string, change func(*nn.Config)) system {
	c := hourglass.Config{
		Config: small(), Hierarchy: hierarchy(h), Shorten: shorten, Upsample: upsample,
		Attention: func(int) string { return attention },
	}
	if change != nil {
		change(&c.Config)
	}
	name := fmt.Sprintf("hourglass %s %s %s %s %v %v", h, shorten, upsample, attention, c.Positions, c.Storage)
	return system{name, c}
}

func flat(attention string, change func(*nn.Config)) system {
	c := baselines.Transformer{Config: small(), Layers: 2, Attention: attention}
	if change != nil {
		change(&c.Config)
	}
	return system{fmt.Sprintf("transformer %s %v %v", attention, c.Positions, c.Storage), c}
}

func recurrent(memory baselines.Memory, change func(*baselines.TransformerXL)) system {
	c := baselines.TransformerXL{Config: small(), Layers: 2, HeadSize: 3}
	if change != nil {
		change(&c)
	}
	memory.Stream = "proof"
	name := fmt.Sprintf("transformer-xl memory %d/%d, pre-norm %v, clamp %d, same length %v", memory.Valid, memory.Length, c.PreNorm, c.ClampLen, c.SameLength)
	return system{name, WithMemory(c, memory)}
}

// systems covers each shortening × upsampling, each attention kind × positions
// × storage, nested hierarchies, and memory.
func systems() []system {
	var all []system
	for _, shorten := range []string{"average", "linear", "attention(average)", "attention(linear)"} {
		for _, upsample := range []string{"repeat", "linear", "attention(none)", "attention(repeat)", "attention(linear)"} {
			all = append(all, glass("1@1,1@3,1@1", shorten, upsample, "relative", nil))
		}
	}
	for _, storage := range []graph.Storage{graph.Streaming, graph.Materialised} {
		for _, positions := range []nn.Positions{nn.NoPositions, nn.Absolute, nn.Rotary, nn.Relative} {
			set := func(c *nn.Config) { c.Positions, c.Storage = positions, storage }
			all = append(all, flat("full", set), glass("0@1,1@2,1@1", "attention(average)", "attention(repeat)", "full", set))
		}
		all = append(all, flat("relative", func(c *nn.Config) { c.Storage = storage }))
	}
	return append(all,
		glass("1@1,1@2,1@6,0@2,1@1", "attention(linear)", "attention(repeat)", "relative", nil),
		glass("0@1,0@4,0@1", "average", "repeat", "relative", nil),
		recurrent(baselines.Memory{}, nil),
		recurrent(baselines.Memory{Length: 7, Valid: 7}, func(c *baselines.TransformerXL) { c.PreNorm = true }),
		recurrent(baselines.Memory{Length: 9, Valid: 4}, func(c *baselines.TransformerXL) { c.ClampLen, c.SameLength = 5, true }),
		recurrent(baselines.Memory{Length: 9, Valid: 9}, func(c *baselines.TransformerXL) { c.SameLength = true }),
	)
}
