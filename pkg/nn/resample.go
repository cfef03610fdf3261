package nn

import (
	"fmt"
	"strings"

	"hgbench/pkg/graph"
)

// Resampling is how a sequence changes its length: a plain way, or attention
// over the other resolution that starts from the plain way's result.
type Resampling struct {
	Plain     string // average or linear; repeat, linear or, inside attention, none
	Attention bool
}

// ParseShorten reads average, linear, attention(average) or attention(linear).
func ParseShorten(s string) (Resampling, error) {
	return parseResampling("shorten", s, "average", "linear", "attention(average)", "attention(linear)")
}

// ParseUpsample reads repeat, linear, attention(none), attention(repeat) or
// attention(linear).
func ParseUpsample(s string) (Resampling, error) {
	return parseResampling("upsample", s, "repeat", "linear", "attention(none)", "attention(repeat)", "attention(linear)")
}

func parseResampling(what, s string, known ...string) (Resampling, error) {
	r := Resampling{Plain: strings.TrimSpace(s)}
	if c, err := parseCall(s); err == nil && c.name == "attention" && len(c.positional) == 1 && len(c.named) == 0 {
		r = Resampling{Plain: c.positional[0], Attention: true}
	}
	for _, k := range known {
		if r.String() == k {
			return r, nil
		}
	}
	return Resampling{}, fmt.Errorf("%s %q: want one of %s", what, s, strings.Join(known, ", "))
}

func (r Resampling) String() string {
	if r.Attention {
		return "attention(" + r.Plain + ")"
	}
	return r.Plain
}

// Parameterless says whether the plain way has no weights, so that the same
// model can be run with another factor.
func (r Resampling) Parameterless() bool { return r.Plain != "linear" }

// Shorten pools groups of factor positions: x [B, L, d] → [B, L/factor, d].
// total is the number of tokens that a position of x stands for.
//
//	attention:  h = norm(x);  y = norm(plain(h));  y += attention(y, h);  y += feedforward(y)
//
// Query i stands on the first position of its group and sees the whole group.
func (l *Layers) Shorten(r Resampling, prefix string, x *graph.Value, factor, total int) *graph.Value {
	if !r.Attention {
		y := l.shorten(r, prefix, x, factor)
		if r.Plain == "linear" {
			y = l.Drop(y, nil)
		}
		return y
	}
	h := l.Norm(prefix+".in_norm", x)
	y := l.Norm(prefix+".resampled_norm", l.shorten(r, prefix, h, factor))
	queries := y.Shape[1]
	rel := distances{first: -factor * (queries - 1), step: total}
	return l.resampleAttention(prefix, y, h, graph.Shorten(queries, factor), rel)
}

func (l *Layers) shorten(r Resampling, prefix string, x *graph.Value, factor int) *graph.Value {
	if r.Plain == "average" {
		return l.Pool(x, factor, 1/float64(factor))
	}
	b, length, d := x.Shape[0], x.Shape[1], x.Shape[2]
	return l.Dense(prefix+".linear", d, l.Reshape(x, b, length/factor, factor*d), graph.Epilogue{})
}

// Upsample spreads x [B, L, d] to [B, L·factor, d], the shape of residual: the
// activations from before this level was shortened, which only attention adds.
//
//	attention:  h = norm(x);  y = norm(plain(h)) + residual;  y += attention(y, h);  y += feedforward(y)
//
// Distances are in positions of residual, as in Trax, which ignores how many
// tokens those stand for.
func (l *Layers) Upsample(r Resampling, prefix string, x, residual *graph.Value, factor int) *graph.Value {
	if !r.Attention {
		return l.upsample(r, prefix, x, factor, true)
	}
	h := l.Norm(prefix+".in_norm", x)
	var y *graph.Value
	if r.Plain == "none" {
		// Trax normalises zeros: what is left is the bias, and a scale without
		// effect.
		_, bias := l.norm(prefix + ".resampled_norm")
		y = l.Add(residual, bias)
	} else {
		y = l.Norm(prefix+".resampled_norm", l.upsample(r, prefix, h, factor, false))
		y = l.Add(y, residual)
	}
	keys := x.Shape[1]
	rel := distances{first: 1 - factor*keys, step: 1}
	return l.resampleAttention(prefix, y, h, graph.Upsample(keys, factor), rel)
}

func (l *Layers) upsample(r Resampling, prefix string, x *graph.Value, factor int, drop bool) *graph.Value {
	if r.Plain == "repeat" {
		return l.Repeat(x, factor, 1)
	}
	b, length, d := x.Shape[0], x.Shape[1], x.Shape[2]
	y := l.Dense(prefix+".linear", factor*d, x, graph.Epilogue{})
	if drop {
		y = l.Drop(y, nil)
	}
	return l.Reshape(y, b, length*factor, d)
}

// resampleAttention adds attention of y over h, without a norm ahead of the
// queries, and a feed-forward layer.
func (l *Layers) resampleAttention(prefix string, y, h *graph.Value, pattern graph.Pattern, rel distances) *graph.Value {
	a := l.attend(prefix+".attn", y, h, pattern, &rel, 0)
	return l.FeedForward(prefix, l.Branch(prefix+".attn.o", a, y))
}
