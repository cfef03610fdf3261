package baselines

import (
	"errors"
	"fmt"

	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// Reformer is the flat model of Kitaev et al. 2020 (arXiv 2001.04451; google/trax,
// models/reformer): two streams, each layer of which adds to one what it makes of the
// other, so that the backward pass finds the activations of a layer from those after
// it instead of keeping them:
//
//	y1 = x1 + attention(norm(x2)),  y2 = x2 + feedforward(norm(y1))
//
// Both streams start as the embedding; their sum goes to the closing norm (a mean in
// reformer-pytorch; Trax lets the head read both). Feed-forward layers have GELU, as
// in all models here, for Trax's ReLU.
type Reformer struct {
	nn.Config
	Layers    int
	Attention string // kind, see nn.ParseAttention; the paper's are lsh with every
}

// Logits of tokens [B, L]: see nn.Model.
func (c Reformer) Logits(b *nn.Builder, tokens *graph.Value) *graph.Value {
	attention, err := nn.ParseAttention(c.Attention)
	if err != nil {
		panic(fmt.Sprintf("reformer: %v: Validate was not asked", err))
	}
	l := b.Layers(c.Config)
	x1 := l.Embedding(tokens)
	x2 := x1
	for i := range c.Layers {
		prefix := fmt.Sprintf("trunk.blocks.%d", i)
		at := nn.Place{Total: 1, Layer: i, Layers: c.Layers}
		x1 = l.Couple(x1, x2, func(z *graph.Value) *graph.Value { return l.AttentionBranch(prefix, z, attention, at) })
		x2 = l.Couple(x2, x1, func(z *graph.Value) *graph.Value { return l.FeedForwardBranch(prefix, z) })
	}
	return l.Head(l.Norm("trunk.norm", l.Add(x1, x2)))
}

// Divisor is 1: any length will do.
func (Reformer) Divisor() int { return 1 }

// Validate says everything that is wrong with the configuration.
func (c Reformer) Validate() error {
	return errors.Join(c.Config.Validate(), checkLayers(c.Layers), nn.CheckAttention(c.Attention, c.Positions, c.Heads, c.Layers, 0))
}
