package nn

import (
	"fmt"

	"hgbench/pkg/graph"
)

// Block is a Transformer block with normalisation ahead of each branch:
//
//	x = x + attention(norm(x)),  x = x + feedforward(norm(x))
//
// total is the number of tokens that a position of x [B, L, d] stands for.
func (l *Layers) Block(prefix string, x *graph.Value, attention Attention, total int) *graph.Value {
	h := l.Norm(prefix+".attn_norm", x)
	h = attention(l, prefix+".attn", h, total)
	x = l.Branch(prefix+".attn.o", h, x)
	return l.FeedForward(prefix, x)
}

// Blocks is n blocks and the LayerNorm that closes them, which is there even
// when n is 0: prefix+blocks.0 …, prefix+norm.
func (l *Layers) Blocks(prefix string, x *graph.Value, n int, attention Attention, total int) *graph.Value {
	for i := range n {
		x = l.Block(fmt.Sprintf("%sblocks.%d", prefix, i), x, attention, total)
	}
	return l.Norm(prefix+"norm", x)
}
