package nn

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"hgbench/pkg/graph"
)

// Attention is a kind of causal self-attention. It appends the attention of
// normalised h [B, L, d], with weights under prefix, and returns the heads'
// output [B, L, d], which the block projects by prefix.o. total is the number
// of tokens that a position stands for.
type Attention func(l *Layers, prefix string, h *graph.Value, total int) *graph.Value

// kinds of attention by name. Each gets the arguments in the parentheses of
// its name.
var kinds = map[string]func(arguments []string) (Attention, error){
	"full":     full,
	"relative": relative,
}

// Kinds lists the names of all attention kinds.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// ParseAttention reads a kind: its name, or name(argument, …).
func ParseAttention(s string) (Attention, error) {
	name, arguments, err := parseCall(s)
	if err != nil {
		return nil, fmt.Errorf("attention %q: %w", s, err)
	}
	kind, ok := kinds[name]
	if !ok {
		return nil, fmt.Errorf("attention %q: unknown kind; want one of %s", s, strings.Join(Kinds(), ", "))
	}
	a, err := kind(arguments)
	if err != nil {
		return nil, fmt.Errorf("attention %q: %w", s, err)
	}
	return a, nil
}

// parseCall reads name or name(argument, …).
func parseCall(s string) (name string, arguments []string, err error) {
	name, rest, called := strings.Cut(strings.TrimSpace(s), "(")
	name = strings.TrimSpace(name)
	if !called {
		return name, nil, nil
	}
	inside, ok := strings.CutSuffix(rest, ")")
	if !ok {
		return "", nil, fmt.Errorf("want a closing parenthesis at the end")
	}
	if strings.TrimSpace(inside) == "" {
		return name, nil, nil
	}
	for a := range strings.SplitSeq(inside, ",") {
		arguments = append(arguments, strings.TrimSpace(a))
	}
	return name, arguments, nil
}

func noArguments(arguments []string) error {
	if len(arguments) > 0 {
		return fmt.Errorf("takes no arguments; got %s", strings.Join(arguments, ", "))
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
	q = l.Dense(prefix+".q", l.Model, q, graph.Epilogue{})
	k := l.Dense(prefix+".k", l.Model, kv, graph.Epilogue{})
	v := l.Dense(prefix+".v", l.Model, kv, graph.Epilogue{})
	if rotary != 0 {
		table := l.turns(q.Shape[1], rotary)
		q, k = l.Graph.Rotary(q, table), l.Graph.Rotary(k, table)
	}
	op := graph.Attention{
		Heads:   l.Heads,
		Scale:   1 / math.Sqrt(float64(l.Model/l.Heads)),
		Pattern: pattern,
		Storage: l.Storage,
	}
	if l.dropping() {
		op.Rate, op.Stream = l.Dropout, l.nextStream()
	}
	return l.Graph.Attention(op, q, k, v, positions, l.key)
}
