package baselines

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// TransformerXL is the original of Dai et al. 2019 (arXiv 1901.02860;
// kimiyoung/transformer-xl, pytorch/mem_transformer.py): segments of a stream
// one after another, each attending to a memory of the layers' inputs in the
// segments before it, through which no gradient flows.
//
// It differs from the other models in more than memory: ReLU, attention
// projections without bias, embedding scaled by √d and tied with the head, one
// dropout rate everywhere but on attention probabilities (the original's dropatt
// of its enwik8 base model is 0), no closing norm.
//
// The original has relative attention. Any other kind that has a meaning in
// segments (nn.CheckRecurrent) may take its place, with the positions of the
// Config; a layer keeps and reads no more memory than its kind can see.
type TransformerXL struct {
	nn.Config
	Layers     int
	Attention  string // kind, see nn.ParseAttention; empty: relative, the original's
	HeadSize   int    // features of a head; heads need not add up to d_model
	PreNorm    bool   // normalise ahead of each branch; false: after each residual, the original's default
	ClampLen   int    // distances above it count as it; 0: no clamp
	SameLength bool   // every query sees as many keys as the memory is long
}

// Initial distributions of the original.
const deviation = 0.02

var (
	xlNormal = graph.Init{Distribution: graph.Normal, Scale: deviation}
	xlScale  = graph.Init{Distribution: graph.Normal, Mean: 1, Scale: deviation}
)

// epsilon of LayerNorm, PyTorch's.
const xlEpsilon = 1e-5

// Memory is what a program reads of the segments before, and leaves to the
// next.
type Memory struct {
	Stream string // programs share a memory by this name, and must agree on Length then
	Length int    // positions that are kept of every layer's input
	Valid  int    // positions that hold something: 0 at first, min(Length, Valid + L) after a segment of L
}

// Validate says everything that is wrong with the configuration.
func (c TransformerXL) Validate() error {
	err := errors.Join(c.ValidateAnyHeads(), checkLayers(c.Layers))
	if c.HeadSize < 1 {
		err = errors.Join(err, fmt.Errorf("head size %d: want at least 1, usually d_model/heads", c.HeadSize))
	}
	if c.ClampLen < 0 {
		err = errors.Join(err, fmt.Errorf("clamp_len %d: want a distance in tokens, 0 for none", c.ClampLen))
	}
	kindErr := nn.CheckRecurrent(c.kind(), c.Positions, c.Heads, c.Layers, 0, 0)
	switch {
	case kindErr != nil:
		err = errors.Join(err, kindErr)
	case c.SameLength && !c.unlimited():
		err = errors.Join(err, fmt.Errorf("same_length with attention %q: it says itself how much a query sees; want attention relative or full", c.Attention))
	case c.ClampLen > 0 && !c.relative():
		err = errors.Join(err, fmt.Errorf("clamp_len %d with positions %s: want relative ones, or 0", c.ClampLen, c.Positions))
	case c.Positions == nn.Rotary && c.HeadSize%2 != 0:
		err = errors.Join(err, fmt.Errorf("head size %d: rotary positions want an even one", c.HeadSize))
	}
	return err
}

func (c TransformerXL) kind() string { return cmp.Or(c.Attention, "relative") }

// attention is the kind of a valid configuration.
func (c TransformerXL) attention() nn.Attention {
	a, err := nn.ParseAttention(c.kind())
	if err != nil {
		panic(fmt.Sprintf("transformer-xl: %v: Validate was not asked", err))
	}
	return a
}

// unlimited says whether a query sees all before it.
func (c TransformerXL) unlimited() bool {
	kind, err := nn.CanonicalAttention(c.kind(), c.Heads, c.Layers)
	return err == nil && (kind == "relative" || kind == "full")
}

func (c TransformerXL) relative() bool { return c.Positions == nn.Relative || c.attention().Relative }

// Check says whether segments of length tokens can use this memory.
func (c TransformerXL) Check(m Memory, length int) error {
	switch {
	case length < 1:
		return fmt.Errorf("segment of %d tokens: want at least 1", length)
	case m.Length < 0 || m.Valid < 0 || m.Valid > m.Length:
		return fmt.Errorf("memory %d with %d valid: want 0 ≤ valid ≤ memory", m.Length, m.Valid)
	case c.SameLength && m.Length == 0:
		return fmt.Errorf("same_length without memory: no query would see a key; want memory of at least 1")
	}
	return nil
}

// Next is the memory that the segment after one of length tokens reads. A
// stream needs a program for each Valid until it no longer changes.
func (m Memory) Next(length int) Memory {
	m.Valid = min(m.Length, m.Valid+length)
	return m
}

// Divisor is 1: any length will do.
func (TransformerXL) Divisor() int { return 1 }

// Logits of tokens [B, L] at the start of a stream whose memory is as long as
// they are: see nn.Model.
func (c TransformerXL) Logits(b *nn.Builder, tokens *graph.Value) *graph.Value {
	m := Memory{Stream: "none", Length: tokens.Shape[1]}
	logits, _ := c.Segment(b, tokens, nil, m)
	return logits
}

// Segment appends the forward pass over one segment, tokens [B, L] whose
// predecessor is previous [B] (int32; nil: id 0), and returns the logits
// [B, L, V] and what writes the new memory. remember must be called once,
// after the backward pass has been appended, which reads the old one.
func (c TransformerXL) Segment(b *nn.Builder, tokens, previous *graph.Value, m Memory) (logits *graph.Value, remember func()) {
	if err := c.Check(m, tokens.Shape[1]); err != nil {
		panic(fmt.Sprintf("transformer-xl: %v: Check was not asked", err))
	}
	x := newXL(c, b, tokens.Shape[1], m)
	embed := x.Parameter("embed", xlNormal, c.Vocab, c.Model)
	h := x.Drop(x.embedding(embed, tokens, previous), nil)
	inputs := make([]*graph.Value, c.Layers)
	for i := range inputs {
		inputs[i] = h
		h = x.layer(i, fmt.Sprintf("trunk.blocks.%d", i), h, x.recall(i, h))
	}
	h = x.Drop(h, nil)
	logits = b.MatMulT(h, embed, graph.Epilogue{Bias: x.Parameter("out.b", graph.Init{}, c.Vocab)})
	return logits, func() {
		for i, h := range inputs {
			x.keep(i, h)
		}
	}
}

// AttentionLayer appends one attention layer with its residual and norm: h
// [B, L, d] after past [B, M, d] (nil: nothing), M being m.Valid.
func (c TransformerXL) AttentionLayer(b *nn.Builder, prefix string, h, past *graph.Value, m Memory) *graph.Value {
	x := newXL(c, b, h.Shape[1], m)
	if past == nil {
		return x.attention(0, prefix, h, h)
	}
	return x.attention(0, prefix, h, x.Concat(past, h))
}

// xl is a segment of the model in a program.
type xl struct {
	*nn.Layers
	model  TransformerXL
	layers []xlLayer
}

// xlLayer is what a layer sees.
type xlLayer struct {
	memory    Memory // as much of the model's as the layer can see
	pattern   graph.Pattern
	positions *graph.Value // of relative attention: [Rel, d]
}

func newXL(c TransformerXL, b *nn.Builder, length int, m Memory) *xl {
	x := &xl{Layers: b.Layers(c.Config), model: c}
	tables := map[int]*graph.Value{} // by rows, so that layers share the dropout mask as in the original
	for i := range max(1, c.Layers) {
		layer := xlLayer{memory: m}
		layer.pattern = c.pattern(i, length, &layer.memory)
		if rows := layer.pattern.Rel; c.relative() {
			if tables[rows] == nil {
				tables[rows] = x.Drop(x.distances(rows), nil)
			}
			layer.positions = tables[rows]
		}
		x.layers = append(x.layers, layer)
	}
	return x
}

// pattern of a layer, which cuts the memory down to what it can see.
func (c TransformerXL) pattern(i, length int, m *Memory) graph.Pattern {
	if c.unlimited() {
		window := 0
		if c.SameLength {
			// The original forbids keys j ≤ i − shift with shift = L − (K − mem_len),
			// or L while the memory is not full.
			window = min(m.Valid+length, m.Length)
		}
		return graph.Recurrent(length, m.Valid, window)
	}
	a, at := c.attention(), nn.Place{Total: 1, Layer: i, Layers: c.Layers}
	m.Length = a.Reach(c.Heads, at, m.Length)
	m.Valid = min(m.Valid, m.Length)
	return a.Recurrent(c.Heads, at, length, m.Valid)
}

// distances is the table of relative positions. Row t stands for key − query =
// t − (rows − 1); the original's table runs over query − key.
func (x *xl) distances(rows int) *graph.Value {
	clamp := rows
	if x.model.ClampLen > 0 {
		clamp = min(clamp, x.model.ClampLen)
	}
	return x.Sinusoids(rows, func(t int) int { return min(rows-1-t, clamp) }, "min(%d-t, %d)", rows-1, clamp)
}

// embedding of the token before each: [B, L, d], scaled by √d.
func (x *xl) embedding(table, tokens, previous *graph.Value) *graph.Value {
	scale := math.Sqrt(float64(x.Model))
	if previous == nil {
		return x.Embed(table, x.Shift(tokens, 1), scale)
	}
	first := x.Embed(table, x.Reshape(previous, previous.Elements(), 1), scale)
	all := x.Concat(first, x.Embed(table, tokens, scale))
	return x.Slice(all, 0, tokens.Shape[1])
}

// layer is attention of h [B, L, d] over what went before it and itself, kv
// [B, M+L, d], then the feed-forward layer.
func (x *xl) layer(i int, prefix string, h, kv *graph.Value) *graph.Value {
	h = x.attention(i, prefix, h, kv)
	in := h
	if x.model.PreNorm {
		in = x.norm(prefix+".ff_norm", h)
	}
	f := x.linear(prefix+".ff.in", x.FF, in, graph.ReLU)
	f = x.linear(prefix+".ff.out", x.Model, x.Drop(f, nil), graph.None)
	h = x.Drop(f, h)
	if !x.model.PreNorm {
		h = x.norm(prefix+".ff_norm", h)
	}
	return h
}

// attention is the branch with its residual and norm.
func (x *xl) attention(i int, prefix string, h, kv *graph.Value) *graph.Value {
	in := h
	if x.model.PreNorm {
		in, kv = x.norm(prefix+".attn_norm", h), x.norm(prefix+".attn_norm", kv)
	}
	layer := x.layers[i]
	heads, size := x.Heads, x.model.HeadSize
	inner := heads * size
	var rel *graph.Positions
	if layer.positions != nil {
		rel = &graph.Positions{
			R: x.project(prefix+".attn.pos", inner, layer.positions),
			U: x.Parameter("context_bias_u", xlNormal, heads, size),
			V: x.Parameter("location_bias_v", xlNormal, heads, size),
		}
	}
	q, k, v := x.project(prefix+".attn.q", inner, in), x.project(prefix+".attn.k", inner, kv), x.project(prefix+".attn.v", inner, kv)
	if x.Positions == nn.Rotary {
		// Only distances count, so the memory may start at 0 in every segment.
		past := kv.Shape[1] - h.Shape[1]
		q, k = x.Rotary(q, x.Turns(past, h.Shape[1], 1, size)), x.Rotary(k, x.Turns(0, kv.Shape[1], 1, size))
	}
	op := graph.Attention{Heads: heads, Scale: 1 / math.Sqrt(float64(size)), Pattern: layer.pattern, Storage: x.Storage}
	h = x.Drop(x.project(prefix+".attn.o", x.Model, x.Graph.Attention(op, q, k, v, rel, nil)), h)
	if !x.model.PreNorm {
		h = x.norm(prefix+".attn_norm", h)
	}
	return h
}

// project is x·w without bias: the original's qkv_net is q.w, k.w, v.w side by
// side, transposed; its r_net is pos.w, its o_net o.w.
func (x *xl) project(name string, out int, in *graph.Value) *graph.Value {
	return x.MatMul(in, x.Parameter(name+".w", xlNormal, in.Cols(), out), graph.Epilogue{})
}

func (x *xl) linear(name string, out int, in *graph.Value, f graph.Func) *graph.Value {
	w := x.Parameter(name+".w", xlNormal, in.Cols(), out)
	return x.MatMul(in, w, graph.Epilogue{Bias: x.Parameter(name+".b", graph.Init{}, out), Func: f})
}

func (x *xl) norm(name string, in *graph.Value) *graph.Value {
	scale := x.Parameter(name+".scale", xlScale, x.Model)
	return x.LayerNorm(in, scale, x.Parameter(name+".bias", graph.Init{}, x.Model), xlEpsilon)
}
