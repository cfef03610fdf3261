// Package hourglass is the hierarchical Transformer of Nawrot et al. 2021,
// "Hierarchical Transformers Are More Efficient Language Models" (arXiv
// 2110.13711), with the semantics of the authors' implementation (google/trax,
// models/research/hourglass.py).
package hourglass

import (
	"errors"
	"fmt"

	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// Config of an Hourglass model. It is an nn.Model.
type Config struct {
	nn.Config
	Hierarchy nn.Hierarchy
	Shorten   string                 // see nn.ParseShorten
	Upsample  string                 // see nn.ParseUpsample
	Attention func(total int) string // kind at the level of that total shortening, see nn.ParseAttention
}

// model is a Config whose names are parsed, in a program.
type model struct {
	*nn.Layers
	shorten, upsample nn.Resampling
	attention         map[int]nn.Attention // by total shortening
}

// Logits is algorithm 1 of the paper between an embedding and a head. The
// length of tokens must be a multiple of Divisor.
func (c Config) Logits(b *nn.Builder, tokens *graph.Value) *graph.Value {
	m, err := c.parse()
	if err != nil {
		panic(fmt.Sprintf("hourglass: %v: Validate was not asked", err))
	}
	m.Layers = b.Layers(c.Config)
	x := m.Embedding(tokens)
	x = m.hourglass("", x, c.Hierarchy.Levels)
	return m.Head(x)
}

// hourglass is the first of levels with all that are inside it: vanilla layers,
// the valley, vanilla layers.
func (m *model) hourglass(prefix string, x *graph.Value, levels []nn.Level) *graph.Value {
	level := levels[0]
	if len(levels) == 1 {
		return m.blocks(prefix, x, level.Pre, level, 0)
	}
	x = m.blocks(prefix+"pre.", x, level.Pre, level, 0)
	x = m.valley(prefix+"valley.", x, level, levels[1:])
	return m.blocks(prefix+"post.", x, level.Post, level, level.Pre)
}

// valley shortens x [B, L, d], runs the inner levels on [B, L/k, d], and adds
// what comes back up to x. Without the shift by k−1 the first position of a
// group would see the rest of it.
func (m *model) valley(prefix string, x *graph.Value, level nn.Level, inner []nn.Level) *graph.Value {
	k := inner[0].Factor
	y := m.Shift(x, k-1)
	y = m.Shorten(m.shorten, prefix+"shorten", y, k, level.Total)
	y = m.hourglass(prefix, y, inner)
	y = m.Upsample(m.upsample, prefix+"upsample", y, x, k)
	return m.Add(x, m.Norm(prefix+"out_norm", y))
}

// blocks are n of the level's layers, from number first on.
func (m *model) blocks(prefix string, x *graph.Value, n int, level nn.Level, first int) *graph.Value {
	at := nn.Place{Total: level.Total, Layer: first, Layers: level.Layers()}
	return m.Blocks(prefix, x, n, m.attention[level.Total], at)
}

// Divisor is the largest total shortening.
func (c Config) Divisor() int { return c.Hierarchy.Divisor() }

// Validate says everything that is wrong with the configuration.
func (c Config) Validate() error {
	_, err := c.parse()
	if c.Hierarchy.Flat() {
		err = errors.Join(fmt.Errorf("hierarchy %s has no shortened level: want one such as 2@1,8@3,2@1", c.Hierarchy), err)
	}
	return errors.Join(c.Config.Validate(), err)
}

func (c Config) parse() (*model, error) {
	m := &model{attention: map[int]nn.Attention{}}
	var errs [2]error
	m.shorten, errs[0] = nn.ParseShorten(c.Shorten)
	m.upsample, errs[1] = nn.ParseUpsample(c.Upsample)
	err := errors.Join(errs[:]...)
	for _, level := range c.Hierarchy.Levels {
		kind, e := nn.ParseAttention(c.Attention(level.Total))
		if e != nil {
			err = errors.Join(err, fmt.Errorf("level %d of %s: %w", level.Total, c.Hierarchy, e))
		}
		m.attention[level.Total] = kind
	}
	return m, err
}

// WithFactor is the same model, with the same weights, at another shortening
// factor: the paper's shorten-factor dropout. It errs unless the hierarchy has
// exactly one shortened level and resampling has no weights that depend on the
// factor.
func (c Config) WithFactor(k int) (Config, error) {
	m, err := c.parse()
	if err != nil {
		return Config{}, err
	}
	for _, r := range []nn.Resampling{m.shorten, m.upsample} {
		if !r.Parameterless() {
			return Config{}, fmt.Errorf("shortening factor %d: %s has weights of the size of its own factor; want average, and repeat or none", k, r)
		}
	}
	h, err := c.Hierarchy.WithFactor(k)
	if err != nil {
		return Config{}, err
	}
	kind := c.Attention
	was := c.Divisor()
	c.Attention = func(total int) string {
		if total == k {
			total = was
		}
		return kind(total)
	}
	c.Hierarchy = h
	return c, nil
}
