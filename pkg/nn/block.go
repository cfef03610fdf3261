package nn

import (
	"fmt"

	"hgbench/pkg/graph"
)

// Block is a Transformer block with normalisation ahead of each branch:
//
//	x = x + attention(norm(x)),  x = x + feedforward(norm(x))
func (l *Layers) Block(prefix string, x *graph.Value, attention Attention, at Place) *graph.Value {
	at.Prefix = prefix + ".attn"
	h := l.Norm(prefix+".attn_norm", x)
	h = attention.attend(l, at, h)
	x = l.Branch(prefix+".attn.o", h, x)
	return l.FeedForward(prefix, x)
}

// Blocks is n blocks, the first of which is at the place, and the LayerNorm that
// closes them, which is there even when n is 0: prefix+blocks.0 …, prefix+norm.
func (l *Layers) Blocks(prefix string, x *graph.Value, n int, attention Attention, at Place) *graph.Value {
	for i := range n {
		x = l.Block(fmt.Sprintf("%sblocks.%d", prefix, i), x, attention, at)
		at.Layer++
	}
	return l.Norm(prefix+"norm", x)
}

// AttentionBranch is what Block adds to x for attention.
func (l *Layers) AttentionBranch(prefix string, x *graph.Value, attention Attention, at Place) *graph.Value {
	at.Prefix = prefix + ".attn"
	h := attention.attend(l, at, l.Norm(prefix+".attn_norm", x))
	return l.Drop(l.Dense(prefix+".attn.o", l.Model, h, graph.Epilogue{}), nil)
}
