package bench

import (
	"fmt"
	"slices"
	"strings"

	"hgbench/bench/strict"
	"hgbench/pkg/nn"
)

// call is a name with arguments, the form of attention kinds and of
// resampling: relative, attention(average), window(128, blocks: 4).
type call struct {
	name      string
	arguments []argument
}

type argument struct{ key, value string } // key empty for a positional argument

// parseCall reads name, or name(argument, key: argument, …). It checks only
// the form.
func parseCall(s string) (call, error) {
	name, rest, has := strings.Cut(strings.TrimSpace(s), "(")
	c := call{name: strings.TrimSpace(name)}
	if !isWord(c.name) {
		return call{}, fmt.Errorf("%q: want a name, or name(argument, key: argument)", s)
	}
	if !has {
		return c, nil
	}
	inside, ok := strings.CutSuffix(rest, ")")
	if !ok {
		return call{}, fmt.Errorf("%q: want a closing parenthesis at the end", s)
	}
	if strings.TrimSpace(inside) == "" {
		return c, nil
	}
	for part := range strings.SplitSeq(inside, ",") {
		key, value, named := strings.Cut(part, ":")
		if !named {
			key, value = "", key
		}
		a := argument{strings.TrimSpace(key), strings.TrimSpace(value)}
		if !isWord(a.value) || named && !isWord(a.key) {
			return call{}, fmt.Errorf("%q: argument %q: want a number or a word, or key: value", s, strings.TrimSpace(part))
		}
		c.arguments = append(c.arguments, a)
	}
	return c, nil
}

func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_-+.", r))
	})
}

// String is the canonical form: one space after commas and colons only.
func (c call) String() string {
	if len(c.arguments) == 0 {
		return c.name
	}
	parts := make([]string, len(c.arguments))
	for i, a := range c.arguments {
		parts[i] = a.value
		if a.key != "" {
			parts[i] = a.key + ": " + a.value
		}
	}
	return c.name + "(" + strings.Join(parts, ", ") + ")"
}

// checkKind says what is wrong with an attention kind of a model, at a level of so
// many layers and positions in its longest sequence.
func checkKind(kind string, m ModelSpec, layers, length int) error {
	c, err := parseCall(kind)
	switch {
	case err != nil:
		return fmt.Errorf("attention %w; the kinds are %s", err, strings.Join(nn.Kinds(), ", "))
	case !slices.Contains(nn.Kinds(), c.name):
		if near, ok := strict.Nearest(c.name, nn.Kinds()); ok {
			return fmt.Errorf("attention %q: unknown kind, did you mean %s? The kinds are %s", kind, near, strings.Join(nn.Kinds(), ", "))
		}
		return fmt.Errorf("attention %q: unknown kind; the kinds are %s", kind, strings.Join(nn.Kinds(), ", "))
	}
	positions, err := nn.ParsePositions(m.Positions)
	if err != nil {
		return nil // said of positions
	}
	if systems[m.System].recurrent {
		if err := nn.CheckRecurrent(kind, positions, m.Heads, layers, 0, 0); err != nil {
			return err
		}
	}
	return nn.CheckAttention(kind, positions, m.Heads, layers, length)
}

// bringsPositions says whether an attention kind has relative positions of its
// own.
func bringsPositions(kind string) bool {
	a, err := nn.ParseAttention(kind)
	return err == nil && a.Relative
}

// CheckCausal errs when an attention kind of the spec is known to look ahead:
// a run of it fails unless Options.AllowLeak. Whether others do is proven.
func (s Spec) CheckCausal() error {
	for _, kind := range s.Model.Attention.kinds() {
		if a, err := nn.ParseAttention(kind); err == nil && a.Leaks {
			return fmt.Errorf("attention %s looks ahead, as published, so its loss would mean nothing; leave out selection: original, or give --allow-leak to record it marked as a leak", kind)
		}
	}
	return nil
}

// random says whether an attention kind draws random numbers in training.
func (s Spec) random() bool {
	return slices.ContainsFunc(s.Model.Attention.kinds(), func(kind string) bool {
		a, err := nn.ParseAttention(kind)
		return err == nil && a.Random
	})
}

// unknown says which of the known words may have been meant.
func unknown(what, word string, known []string) error {
	if near, ok := strict.Nearest(word, known); ok {
		return fmt.Errorf("unknown %s %q; did you mean %s?", what, word, near)
	}
	return fmt.Errorf("unknown %s %q; want one of %s", what, word, strings.Join(known, ", "))
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
