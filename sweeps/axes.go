package sweeps

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"hgbench/bench"
	"hgbench/bench/strict"
)

// axis is one dimension of a sweep: the partial specs to choose from.
type axis struct {
	options []option
}

type option struct {
	label string     // such as "lr=0.001"
	patch *yaml.Node // partial spec
}

// parseAxes reads the mapping of axes. The name of an axis is a key of the
// spec, with a list of its values; or free, with a list of partial specs.
func parseAxes(d *strict.Decoder, n *yaml.Node) []axis {
	switch {
	case n.Kind == 0 || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		return nil
	case n.Kind != yaml.MappingNode:
		d.FailAt(n, "axes", "want a mapping from axes to lists, such as seed: [1, 2, 3]")
		return nil
	}
	leaves, sections := bench.SpecKeys()
	var axes []axis
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, values := n.Content[i], n.Content[i+1]
		key := "axes." + name.Value
		switch {
		case seen[name.Value]:
			d.FailAt(name, key, "given twice")
			continue
		case values.Kind != yaml.SequenceNode || len(values.Content) == 0:
			d.FailAt(values, key, "want a list of at least one value")
			continue
		}
		seen[name.Value] = true
		isKey := slices.Contains(leaves, name.Value) || slices.Contains(sections, name.Value)
		if !isKey && !arePartialSpecs(name.Value, values) {
			d.FailAt(name, "", "axis %s is no key of the spec and has no list of partial specs; %s", name.Value, suggestKey(name.Value, leaves))
			continue
		}
		var a axis
		for j, value := range values.Content {
			o := option{label: label(name.Value, value, isKey), patch: value}
			if isKey {
				o.patch = nest(name.Value, value)
				checkValue(d, name.Value, value, fmt.Sprintf("%s[%d]", key, j))
			} else {
				checkPatch(d, value, fmt.Sprintf("%s[%d]", key, j))
			}
			a.options = append(a.options, o)
		}
		axes = append(axes, a)
	}
	return axes
}

// arePartialSpecs says whether an axis that is no key of the spec can be a
// list of partial specs. A name with a dot was meant to be a key.
func arePartialSpecs(name string, values *yaml.Node) bool {
	return !strings.Contains(name, ".") && !slices.ContainsFunc(values.Content, func(v *yaml.Node) bool { return v.Kind != yaml.MappingNode })
}

func suggestKey(name string, leaves []string) string {
	for _, leaf := range leaves {
		if strings.HasSuffix(leaf, "."+name) {
			return "did you mean " + leaf + "?"
		}
	}
	if near, ok := strict.Nearest(name, leaves); ok {
		return "did you mean " + near + "?"
	}
	return "want such as train.lr: [1e-3, 2e-3]"
}

// checkValue reports the wrong type of one value of an axis named by key.
func checkValue(d *strict.Decoder, key string, value *yaml.Node, at string) {
	one := &strict.Decoder{File: d.File}
	s := bench.DefaultSpec()
	one.Decode(nest(key, value), "", &s)
	if err := one.Err(); err != nil {
		d.FailAt(value, at, "%s", lastPart(err))
	}
}

// lastPart is an error of the strict package without file, line and key.
func lastPart(err error) string {
	var parts []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			if e, ok := err.(*strict.Error); ok {
				parts = append(parts, e.Message)
			}
		}
	}
	return strings.Join(parts, "; ")
}

// label names an option: by key and value, or by the values of a partial spec
// ("transformer 4@1").
func label(name string, value *yaml.Node, isKey bool) string {
	if isKey {
		return name[strings.LastIndexByte(name, '.')+1:] + "=" + flow(value)
	}
	var parts []string
	for i := 0; i+1 < len(value.Content); i += 2 {
		section := value.Content[i+1]
		if section.Kind != yaml.MappingNode {
			parts = append(parts, flow(section))
			continue
		}
		for j := 1; j < len(section.Content); j += 2 {
			parts = append(parts, flow(section.Content[j]))
		}
	}
	return strings.Join(parts, " ")
}

// flow writes a node as one would on one line.
func flow(n *yaml.Node) string {
	var parts []string
	switch n.Kind {
	case yaml.SequenceNode:
		for _, child := range n.Content {
			parts = append(parts, flow(child))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			parts = append(parts, n.Content[i].Value+": "+flow(n.Content[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return n.Value
}

// nest makes the partial spec that has one key.
func nest(key string, value *yaml.Node) *yaml.Node {
	parts := strings.Split(key, ".")
	for _, part := range slices.Backward(parts) {
		value = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: value.Line, Content: []*yaml.Node{
			{Kind: yaml.ScalarNode, Tag: "!!str", Value: part, Line: value.Line}, value,
		}}
	}
	return value
}

// merge lays a partial spec over another: keys of sections one by one, all
// else as a whole. So a map of attention kinds or a budget replaces what was
// there. Neither argument changes.
func merge(base, patch *yaml.Node) *yaml.Node {
	_, sections := bench.SpecKeys()
	return mergeMappings(base, patch, func(key string) bool { return slices.Contains(sections, key) && key != "budget" })
}

func mergeMappings(base, patch *yaml.Node, isSection func(key string) bool) *yaml.Node {
	if patch.Kind != yaml.MappingNode {
		return base // null, an empty partial spec
	}
	if base.Kind != yaml.MappingNode {
		return patch
	}
	merged := *base
	merged.Content = slices.Clone(base.Content)
	for i := 0; i+1 < len(patch.Content); i += 2 {
		key, value := patch.Content[i], patch.Content[i+1]
		at := -1
		for j := 0; j+1 < len(merged.Content); j += 2 {
			if merged.Content[j].Value == key.Value {
				at = j + 1
			}
		}
		switch {
		case at < 0:
			merged.Content = append(merged.Content, key, value)
		case isSection(key.Value):
			merged.Content[at] = mergeMappings(merged.Content[at], value, func(string) bool { return false })
		default:
			merged.Content[at-1], merged.Content[at] = key, value
		}
	}
	return &merged
}
