package bench

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"hgbench/bench/strict"
	"hgbench/pkg/nn"
)

// ParseSpec reads a spec in YAML, or in JSON as records hold it. What it does
// not mention gets its default. name is what errors call the source.
//
// Unknown keys, wrong types and everything that Validate finds are errors,
// one line each with file, line, key and what would be right, joined.
func ParseSpec(name string, src []byte) (Spec, error) {
	root, err := strict.Parse(name, src)
	if err != nil {
		return Spec{}, err
	}
	return DecodeSpec(name, root)
}

// DecodeSpec is ParseSpec for YAML that is parsed already; a nil node is an
// empty spec.
func DecodeSpec(name string, root *yaml.Node) (Spec, error) {
	return decodeSpec(name, root, func(*Spec) {})
}

// decodeSpec lets amend change what was read before it is judged.
func decodeSpec(name string, root *yaml.Node, amend func(*Spec)) (Spec, error) {
	d := &strict.Decoder{File: name}
	s := DefaultSpec()
	if root != nil && root.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(root.Content); i += 2 {
			if root.Content[i].Value == "model" {
				unquote(root.Content[i+1])
			}
		}
	}
	d.Decode(root, "", &s)
	if err := d.Err(); err != nil {
		return Spec{}, err
	}
	s.given = make(map[string]bool)
	for _, key := range d.Keys() {
		s.given[key] = true
	}
	s.derive(func(string) bool { return true })
	s.normalise()
	amend(&s)
	for _, p := range s.problems() {
		d.Fail(p.key, "%s", p.message)
	}
	if err := d.Err(); err != nil {
		return Spec{}, err
	}
	return s, nil
}

// LoadSpec is ParseSpec of a file, of at most 1 MiB.
func LoadSpec(path string) (Spec, error) {
	src, err := strict.ReadFile(path)
	if err != nil {
		return Spec{}, fmt.Errorf("spec: %w", err)
	}
	return ParseSpec(path, src)
}

// Set overrides one key with a value in YAML, as in "model.d_model=256",
// "model={d_model: 256, heads: 4}" or "budget.seconds=60". Defaults that are
// derived from the key follow it, unless they were given. Of train.steps and
// a budget, the one set last counts.
//
// Set errs for an unknown key and a value of the wrong type, and then leaves
// the spec as it was. Whether the values fit together is for Validate to say,
// after the last Set.
func (s *Spec) Set(assignment string) error {
	fail := func(err error) error { return fmt.Errorf("set %s: %w", assignment, err) }
	key, value, err := ParseAssignment(assignment)
	if err != nil {
		return err
	}
	// One key is a spec that mentions nothing else.
	parts := strings.Split(key, ".")
	for i := len(parts) - 1; i >= 0; i-- {
		value = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: parts[i]}, value}}
	}

	next := *s
	next.given = maps.Clone(s.given)
	if next.given == nil {
		next.given = make(map[string]bool)
	}
	if strings.HasPrefix(key, "budget") {
		next.Budget, next.Train.Steps = Budget{}, 0
		delete(next.given, "train.steps")
	}
	// A derived default is one that was not given and is what it would be.
	follows := s.derived()
	d := new(strict.Decoder)
	d.Decode(value, "", &next)
	if err := d.Err(); err != nil {
		return fail(err)
	}
	for _, key := range d.Keys() {
		next.given[key] = true
	}
	if d.Given("train.steps") {
		next.Budget = Budget{}
	}
	next.derive(func(key string) bool { return follows[key] })
	next.normalise()
	*s = next
	return nil
}

// ParseAssignment reads KEY=VALUE as Set takes it.
func ParseAssignment(assignment string) (key string, value *yaml.Node, err error) {
	fail := func(err error) (string, *yaml.Node, error) {
		return "", nil, fmt.Errorf("set %s: %w", assignment, err)
	}
	key, text, ok := strings.Cut(assignment, "=")
	key = strings.TrimSpace(key)
	if !ok || key == "" {
		return fail(errors.New("want KEY=VALUE, such as model.d_model=256"))
	}
	if key == "model.attention" && isCall(text) { // not YAML with two colons in it
		return key, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}, nil
	}
	if value, err = strict.Parse("", []byte(text)); err != nil {
		return fail(err)
	}
	if value == nil {
		return fail(errors.New("no value; want KEY=VALUE, such as model.d_model=256"))
	}
	clearLines(value) // "line 1" tells nothing here
	return key, value, nil
}

// isCall says whether text begins with a name and a parenthesis.
func isCall(text string) bool {
	name, _, ok := strings.Cut(text, "(")
	return ok && isWord(strings.TrimSpace(name))
}

func clearLines(n *yaml.Node) {
	n.Line = 0
	for _, child := range n.Content {
		clearLines(child)
	}
}

// derived are the keys that hold the defaults derived from other keys.
func (s Spec) derived() map[string]bool {
	keys := make(map[string]bool)
	for _, d := range derivations {
		t := s
		d.set(&t, s)
		keys[d.key] = !s.given[d.key] && s.Equal(t)
	}
	return keys
}

// derive gives the derived keys their defaults, unless they were given.
func (s *Spec) derive(which func(key string) bool) {
	for _, d := range derivations {
		if !s.given[d.key] && which(d.key) {
			d.set(s, *s)
		}
	}
}

// normalise writes what has several spellings in one, and leaves alone what
// is not valid. A flat system has no resampling, whatever was said about it.
func (s *Spec) normalise() {
	if len(s.Train.ShortenFactors) == 0 {
		s.Train.ShortenFactors = nil
	}
	m := &s.Model
	if h, err := nn.ParseHierarchy(m.Hierarchy); err == nil {
		m.Hierarchy = h.String()
	}
	if systems[m.System].flat {
		m.Shorten, m.Upsample = "", ""
	}
	canonical := func(s string) string {
		if c, err := parseCall(s); err == nil {
			return c.String()
		}
		return s
	}
	m.Shorten, m.Upsample = canonical(m.Shorten), canonical(m.Upsample)
	m.Attention = m.Attention.each(func(_ int, kind string) string {
		if c, err := nn.CanonicalAttention(kind, 0, 0); err == nil { // what heads and layers decide may be set yet
			return c
		}
		return canonical(kind)
	})
}

// UnmarshalJSON reads a recorded spec; keys that are newer than the record get
// their defaults. Records once had a budget in seconds beside the steps that it
// came to: the steps are what ran.
func (s *Spec) UnmarshalJSON(b []byte) error {
	root, err := strict.Parse("spec", b)
	if err != nil {
		return err
	}
	t, err := decodeSpec("spec", root, func(t *Spec) {
		if t.Budget.Seconds > 0 && t.Train.Steps > 0 {
			t.Budget = Budget{}
		}
	})
	if err != nil {
		return err
	}
	*s = t
	return nil
}

// SpecKeys are the keys of a spec as paths: the leaves (model.d_model) and the
// sections (model).
func SpecKeys() (leaves, sections []string) { return strict.Keys(reflect.TypeFor[Spec]()) }
