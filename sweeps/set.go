package sweeps

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"hgbench/bench"
)

// override lays assignments KEY=VALUE (see bench.Spec.Set) over the base of a
// sweep file. A number of steps or a budget takes the place of the file's own.
// A key that is an axis, or in one, is an error: the axis would win.
func (f *file) override(assignments []string, axes []axis) error {
	for _, assignment := range assignments {
		scratch := bench.DefaultSpec()
		if err := scratch.Set(assignment); err != nil {
			return err
		}
		key, value, err := bench.ParseAssignment(assignment)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(axes, func(a axis) bool { return a.sets(key) }); i >= 0 {
			return fmt.Errorf("set %s: the points of the sweep differ in it (%s); want another key, or a copy of the sweep's file", assignment, axes[i].options[0].label)
		}
		patch := nest(key, value)
		if key == "train.steps" || key == "budget" || strings.HasPrefix(key, "budget.") {
			f.Budget = yaml.Node{}
			remove(&f.Base, "budget")
			remove(&f.Base, "train.steps")
		}
		f.Base = *merge(&f.Base, patch)
	}
	return nil
}

// sets says whether an option of the axis gives a key, a part of it, or what it
// is a part of.
func (a axis) sets(key string) bool {
	return slices.ContainsFunc(a.options, func(o option) bool { return gives(o.patch, strings.Split(key, ".")) })
}

func gives(n *yaml.Node, path []string) bool {
	if len(path) == 0 || n.Kind != yaml.MappingNode {
		return true
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == path[0] {
			return gives(n.Content[i+1], path[1:])
		}
	}
	return false
}

// remove drops a key of a partial spec.
func remove(n *yaml.Node, key string) {
	first, rest, deeper := strings.Cut(key, ".")
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch {
		case n.Content[i].Value != first:
		case deeper:
			remove(n.Content[i+1], rest)
		default:
			n.Content = slices.Delete(n.Content, i, i+2)
			return
		}
	}
}
