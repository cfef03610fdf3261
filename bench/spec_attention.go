package bench

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"hgbench/pkg/nn"
)

// Attention is one kind for every level of the hierarchy, or a kind for each
// total shortening. In YAML and JSON it is the kind's name, or a map:
//
//	attention: relative
//	attention: {1: full, 3: relative}     # JSON: {"1": "full", "3": "relative"}
//
// Resampling layers are not meant: they always use relative attention.
type Attention struct {
	Kind   string         // for all levels; empty if Levels is used
	Levels map[int]string // by total shortening
}

// At is the kind at a level, empty if there is none for it.
func (a Attention) At(total int) string {
	if a.Levels == nil {
		return a.Kind
	}
	return a.Levels[total]
}

// Totals that Levels names, ascending.
func (a Attention) totals() []int { return slices.Sorted(maps.Keys(a.Levels)) }

// kinds that occur, by level.
func (a Attention) kinds() []string {
	if a.Levels == nil {
		return []string{a.Kind}
	}
	var kinds []string
	for _, total := range a.totals() {
		kinds = append(kinds, a.Levels[total])
	}
	return kinds
}

// each maps the kinds, given their level; total is 0 for a kind of all levels.
func (a Attention) each(f func(total int, kind string) string) Attention {
	if a.Levels == nil {
		return Attention{Kind: f(0, a.Kind)}
	}
	levels := make(map[int]string, len(a.Levels))
	for total, kind := range a.Levels {
		levels[total] = f(total, kind)
	}
	return Attention{Levels: levels}
}

// meaning is the one spelling of what the kinds compute in a model: for each level,
// or for all where that is the same. It is a itself where something is wrong.
func (a Attention) meaning(m ModelSpec) Attention {
	h, err := nn.ParseHierarchy(m.Hierarchy)
	if err != nil {
		return a
	}
	levels := make(map[int]string)
	for _, l := range h.Levels {
		kind, err := nn.CanonicalAttention(a.At(l.Total), m.Heads, l.Layers())
		if err != nil {
			return a
		}
		if kind == "full" && m.Positions == "relative" {
			kind = "relative"
		}
		levels[l.Total] = kind
	}
	for _, total := range a.totals() {
		if levels[total] == "" {
			return a
		}
	}
	for _, kind := range levels {
		if kind != levels[1] {
			return Attention{Levels: levels}
		}
	}
	return Attention{Kind: levels[1]}
}

// String such as "relative" or "1: full, 3: relative".
func (a Attention) String() string {
	if a.Levels == nil {
		return a.Kind
	}
	s := ""
	for i, total := range a.totals() {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprintf("%d: %s", total, a.Levels[total])
	}
	return s
}

// MarshalJSON gives the kind or the map, whose keys are strings in JSON.
func (a Attention) MarshalJSON() ([]byte, error) {
	if a.Levels == nil {
		return json.Marshal(a.Kind)
	}
	return json.Marshal(a.Levels)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (a *Attention) UnmarshalJSON(b []byte) error { return yaml.Unmarshal(b, a) }

// MarshalYAML gives the kind or the map, whose keys are integers in YAML.
func (a Attention) MarshalYAML() (any, error) {
	if a.Levels == nil {
		return a.Kind, nil
	}
	return a.Levels, nil
}

// UnmarshalYAML reads a kind, or a map from total shortening to kind whose
// keys may be integers or strings. A kind such as window(8, dilation: 2) needs no
// quotes, though YAML takes it for a map or a part of one.
func (a *Attention) UnmarshalYAML(n *yaml.Node) error {
	unquote(n)
	switch {
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str":
		*a = Attention{Kind: n.Value}
		return nil
	case n.Kind != yaml.MappingNode || len(n.Content) == 0:
		return fmt.Errorf("want a kind such as relative, or a map from total shortening to kind such as {1: full, 3: relative}")
	}
	levels := make(map[int]string)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		total, err := strconv.Atoi(key.Value)
		if err != nil || total < 1 {
			return fmt.Errorf("level %q: want a total shortening, a whole number from 1", key.Value)
		}
		if _, ok := levels[total]; ok {
			return fmt.Errorf("level %d is given twice", total)
		}
		if value.Kind != yaml.ScalarNode || value.ShortTag() != "!!str" {
			return fmt.Errorf("level %d: want a kind such as relative, or in quotes such as \"window(8, dilation: 2)\"", total)
		}
		levels[total] = value.Value
	}
	*a = Attention{Levels: levels}
	return nil
}

// unquote makes kinds of what YAML made of those whose arguments have names, but
// no quotes around them. A colon makes a map, "lsh(4, hashes": "2)"; inside braces a
// comma ends the value, and "chunk: 8)" is an entry of its own.
func unquote(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		return
	}
	var whole []*yaml.Node // keys and values, with what belongs to the value before joined to it
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if last := len(whole) - 1; last > 0 && n.Style&yaml.FlowStyle != 0 && open(whole[last]) && scalars(key, value) {
			whole[last].Value += ", " + pair(key, value)
			continue
		}
		if value.Kind == yaml.MappingNode && len(value.Content) > 0 {
			unquote(value)
		}
		whole = append(whole, key, value)
	}
	n.Content = whole
	if len(whole) == 2 && open(whole[0]) && scalars(whole...) {
		*n = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: pair(whole[0], whole[1]), Line: n.Line}
	}
}

// open says that text without quotes has a parenthesis that it does not close.
func open(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 && strings.Count(n.Value, "(") > strings.Count(n.Value, ")")
}

func scalars(nodes ...*yaml.Node) bool {
	return !slices.ContainsFunc(nodes, func(n *yaml.Node) bool { return n.Kind != yaml.ScalarNode })
}

// pair is an entry of a map as it was written; an entry without a value is what
// stands between two commas.
func pair(key, value *yaml.Node) string {
	if value.ShortTag() == "!!null" && value.Value == "" {
		return key.Value
	}
	return key.Value + ": " + value.Value
}
