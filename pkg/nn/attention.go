package nn

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"hgbench/pkg/graph"
)

// Attention is a kind of causal self-attention.
type Attention struct {
	// Relative says that the kind has relative positions whatever those of the
	// Config.
	Relative bool
	// Absolute says that it cannot have relative positions.
	Absolute bool
	// Random says that in training it draws random numbers, and so wants a key.
	Random bool
	// Linear says that it sees all before through features, whose sums stand for
	// the keys, in time linear in the length.
	Linear bool
	// Leaks says that what it shows to a position depends on later ones, as in
	// the original: not causal.
	Leaks bool

	// attend appends the attention of normalised h [B, L, d], with weights under
	// at.Prefix, and returns the heads' output [B, L, d], which the block projects
	// by prefix.o.
	attend func(l *Layers, at Place, h *graph.Value) *graph.Value

	// pattern is what attend shows to whom, nil where that depends on the data.
	pattern func(heads int, at Place, length int) graph.Pattern

	// unit is the number of positions after which the pattern repeats, which gives
	// it a meaning with memory: 1 where it depends on distances alone, 0 where it
	// never does.
	unit int

	// check says what does not fit to so many heads, layers of the level, and
	// positions in its longest sequence; nil where all does.
	check func(heads, layers, length int) error
}

// Place is where in a model a layer of attention is.
type Place struct {
	Prefix string // of its weights
	Total  int    // tokens that a position stands for
	Layer  int    // its number among the layers of its level, from 0
	Layers int    // how many those are
}

// kinds of attention by name. Each takes its parameters.
var kinds = map[string]func(p *parameters) Attention{
	"full":     full,
	"relative": relative,
	"window":   window,
	"local":    local,
	"strided":  strided,
	"fixed":    fixed,
	"bigbird":  bigbird,
	"favor":    favor,
	"lsh":      lsh,
	"relu":     relu,
	"routing":  routing,
}

// Kinds lists the names of all attention kinds.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// Usage is what a call of a kind looks like, with the defaults of its parameters:
// "local(chunk, before: 1)".
func Usage(kind string) string {
	p := &parameters{call: call{name: kind}}
	if of, ok := kinds[kind]; ok {
		of(p)
	}
	if len(p.usage) == 0 {
		return kind
	}
	return kind + "(" + strings.Join(p.usage, ", ") + ")"
}

// ParseAttention reads a kind: its name, or name(argument, parameter: argument, …).
func ParseAttention(s string) (Attention, error) {
	a, _, err := parseAttention(s, 0, 0)
	return a, err
}

// CanonicalAttention is the one spelling of what a kind means, with so many heads
// and layers of its level; 0 leaves open what depends on them. Kinds that compute
// the same have the same.
func CanonicalAttention(kind string, heads, layers int) (string, error) {
	_, p, err := parseAttention(kind, heads, layers)
	if err != nil {
		return "", err
	}
	return p.spelling(), nil
}

func parseAttention(s string, heads, layers int) (Attention, *parameters, error) {
	wrong := func(err error) (Attention, *parameters, error) {
		return Attention{}, nil, fmt.Errorf("attention %q: %w; the kinds are %s", s, err, strings.Join(Kinds(), ", "))
	}
	c, err := parseCall(s)
	if err != nil {
		return wrong(err)
	}
	kind, ok := kinds[c.name]
	if !ok {
		return wrong(fmt.Errorf("unknown kind"))
	}
	p := &parameters{call: c, heads: heads, layers: layers}
	a := kind(p)
	if err := p.end(); err != nil {
		return wrong(err)
	}
	return a, p, nil
}

// CheckAttention says whether a kind fits to positions, so many heads, layers of
// a level, and positions in its longest sequence, which 0 leaves open.
func CheckAttention(kind string, positions Positions, heads, layers, length int) error {
	a, err := ParseAttention(kind)
	if err != nil {
		return err
	}
	if a.Absolute && positions == Relative {
		err = fmt.Errorf("cannot have relative positions; want positions none, absolute or rotary")
	} else if a.check != nil {
		err = a.check(heads, layers, length)
	}
	if err != nil {
		return fmt.Errorf("attention %q: %w; the kinds are %s", kind, err, strings.Join(Kinds(), ", "))
	}
	return nil
}

// Attend appends the attention of h [B, L, features] at a place, with weights under
// at.Prefix, without the projection of its output [B, L, d_model], that of one head
// beside that of the next.
func (a Attention) Attend(l *Layers, at Place, h *graph.Value) *graph.Value {
	return a.attend(l, at, h)
}

// Pattern is which query sees which key in a layer; false where that depends on
// the data.
func (a Attention) Pattern(heads int, at Place, length int) (graph.Pattern, bool) {
	if a.pattern == nil {
		return graph.Pattern{}, false
	}
	return a.pattern(heads, at, length), true
}

// patterned is a kind that is known by its pattern, whose relative table ends at
// distance 0. It has the positions of the model's Config.
func patterned(pattern func(heads int, at Place, length int) graph.Pattern) Attention {
	return Attention{pattern: pattern, attend: func(l *Layers, at Place, h *graph.Value) *graph.Value {
		return l.selfAttend(at, h, pattern(l.Heads, at, h.Shape[1]), l.Positions)
	}}
}

// ofLength is the pattern of a kind in which all layers have the same one. It is
// made once for all of them: a pattern of many blocks takes megabytes.
func ofLength(pattern func(heads, length int) graph.Pattern) func(heads int, at Place, length int) graph.Pattern {
	type size struct{ heads, length int }
	made := map[size]graph.Pattern{}
	return func(heads int, _ Place, length int) graph.Pattern {
		of := size{heads, length}
		if _, ok := made[of]; !ok {
			made[of] = pattern(heads, length)
		}
		return made[of]
	}
}

// within says that a parameter is at most the length of the sequence, if that is
// known: attention to more than there is would be another kind's.
func within(name string, value, length int) error {
	if length > 0 && value > length {
		return fmt.Errorf("%s %d: want at most the %d positions of the sequence", name, value, length)
	}
	return nil
}

// withinBlocks is within for a parameter that counts blocks of positions.
func withinBlocks(name string, value, block, length int) error {
	if n := (length + block - 1) / block; length > 0 && value > n {
		return fmt.Errorf("%s %d: want at most the %d blocks of %d in the %d positions of the sequence", name, value, n, block, length)
	}
	return nil
}

// maxBlocks of a pattern that pairs them: a plan lists every pair that sees each other.
const maxBlocks = 2048

// pairable says that blocks are not too many for a pattern that pairs them.
func pairable(block, length int) error {
	if n := (length + block - 1) / block; n > maxBlocks {
		return fmt.Errorf("block %d: cuts the %d positions of the sequence into %d blocks; want at most %d, a larger block", block, length, n, maxBlocks)
	}
	return nil
}

// ParseStorage reads streaming or materialised.
func ParseStorage(s string) (graph.Storage, error) {
	for _, storage := range []graph.Storage{graph.Streaming, graph.Materialised} {
		if s == storage.String() {
			return storage, nil
		}
	}
	return 0, fmt.Errorf("storage %q: want streaming or materialised", s)
}

// distances are those that the rows of a relative table stand for, as
// documented at the pattern: row t is at (first + t)·step tokens from the
// query, negative in the past.
type distances struct{ first, step int }

// attend lets positions of q [B, Q, d] attend to those of kv [B, K, d], with
// projections prefix.q, .k, .v and, where rel is not nil, prefix.pos and the
// model's context_bias_u and location_bias_v. rotary, where not 0, is the step
// between positions.
func (l *Layers) attend(prefix string, q, kv *graph.Value, pattern graph.Pattern, rel *distances, rotary int) *graph.Value {
	var positions *graph.Positions
	if rel != nil {
		positions = l.relativePositions(prefix, pattern.Rel, *rel)
	}
	q, k, v := l.heads(prefix, q, kv, rotary)
	op := graph.Attention{
		Heads:   l.Heads,
		Scale:   headScale(l.Model / l.Heads),
		Pattern: pattern,
		Storage: l.Storage,
	}
	if l.dropping() {
		op.Rate, op.Stream = l.Dropout, l.nextStream()
	}
	return l.Graph.Attention(op, q, k, v, positions, l.key)
}

// headScale of the scores of a head of so wide.
func headScale(size int) float64 { return 1 / math.Sqrt(float64(size)) }

// heads are the queries of q, and the keys and values of kv, turned if rotary is
// not 0.
func (l *Layers) heads(prefix string, q, kv *graph.Value, rotary int) (_, k, v *graph.Value) {
	q = l.Dense(prefix+".q", l.Model, q, graph.Epilogue{})
	k = l.Dense(prefix+".k", l.Model, kv, graph.Epilogue{})
	v = l.Dense(prefix+".v", l.Model, kv, graph.Epilogue{})
	if rotary != 0 {
		table := l.Turns(0, q.Shape[1], rotary, l.Model/l.Heads)
		q, k = l.Graph.Rotary(q, table), l.Graph.Rotary(k, table)
	}
	return q, k, v
}

// turning is the step between the positions of a place if they are rotary, else
// 0.
func (l *Layers) turning(at Place) int {
	if l.Positions == Rotary {
		return at.Total
	}
	return 0
}
