package strict

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Decoder fills Go values from YAML nodes and collects everything that is
// wrong. The zero value with a File is ready to use; a Decoder serves one file.
type Decoder struct {
	File  string
	lines map[string]int
	errs  []error
}

// Decode fills what dst points to from the node. key is the node's own path,
// empty at the root.
//
// Structs are filled by their yaml tags and keep what the node does not
// mention, so a struct holding defaults is a fine dst. A type with an
// UnmarshalYAML method decodes itself; a *yaml.Node takes the node as it is.
// A null section is an empty one, and so is a nil or zero node.
func (d *Decoder) Decode(n *yaml.Node, key string, dst any) {
	if n != nil && n.Kind != 0 {
		d.value(n, key, reflect.ValueOf(dst).Elem())
	}
}

// Fail records that the value of a key is wrong. The line is that of the key,
// or of the section around it.
func (d *Decoder) Fail(key, format string, args ...any) {
	d.errs = append(d.errs, &Error{File: d.File, Line: d.Line(key), Key: key, Message: fmt.Sprintf(format, args...)})
}

// Err is everything that went wrong, joined; nil if nothing did.
func (d *Decoder) Err() error { return errors.Join(d.errs...) }

// Given says whether the file had that key.
func (d *Decoder) Given(key string) bool { _, ok := d.lines[key]; return ok }

// Line of a key, or of the nearest section around it that the file has; 0 if
// there is none.
func (d *Decoder) Line(key string) int {
	for {
		if line := d.lines[key]; line > 0 {
			return line
		}
		i := strings.LastIndexByte(key, '.')
		if i < 0 {
			return 0
		}
		key = key[:i]
	}
}

// Keys that the file had, as paths, in no order.
func (d *Decoder) Keys() []string {
	keys := make([]string, 0, len(d.lines))
	for key := range d.lines {
		keys = append(keys, key)
	}
	return keys
}

func (d *Decoder) see(key string, line int) {
	if d.lines == nil {
		d.lines = make(map[string]int)
	}
	d.lines[key] = line
}

// FailAt is Fail with the line of a node.
func (d *Decoder) FailAt(n *yaml.Node, key, format string, args ...any) {
	d.errs = append(d.errs, &Error{File: d.File, Line: n.Line, Key: key, Message: fmt.Sprintf(format, args...)})
}

var nodeType = reflect.TypeFor[yaml.Node]()

func (d *Decoder) value(n *yaml.Node, key string, v reflect.Value) {
	if v.Type() == nodeType {
		v.Set(reflect.ValueOf(*n))
		return
	}
	if u, ok := v.Addr().Interface().(yaml.Unmarshaler); ok {
		if err := u.UnmarshalYAML(n); err != nil {
			d.FailAt(n, key, "%v", err)
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, key, v)
	case reflect.Slice:
		d.sequence(n, key, v)
	case reflect.String:
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
			d.FailAt(n, key, "want text, got %s", describe(n))
			return
		}
		v.SetString(n.Value)
	case reflect.Bool:
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" || n.Decode(v.Addr().Interface()) != nil {
			d.FailAt(n, key, "want true or false, got %s", describe(n))
		}
	case reflect.Int, reflect.Int64:
		if i, ok := integer(n); ok && !v.OverflowInt(i) {
			v.SetInt(i)
		} else {
			d.FailAt(n, key, "want a whole number, got %s", describe(n))
		}
	case reflect.Uint64:
		var u uint64
		if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" && n.Decode(&u) == nil {
			v.SetUint(u)
		} else {
			d.FailAt(n, key, "want a whole number that is not negative, got %s", describe(n))
		}
	case reflect.Float64:
		if f, ok := number(n); ok {
			v.SetFloat(f)
		} else {
			d.FailAt(n, key, "want a number, got %s", describe(n))
		}
	default:
		panic("strict: no way to decode into " + v.Type().String())
	}
}

func (d *Decoder) mapping(n *yaml.Node, key string, v reflect.Value) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.FailAt(n, key, "want a mapping with keys %s; got %s", strings.Join(fieldNames(v.Type()), ", "), describe(n))
		return
	}
	seen := make(map[string]int)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, child := n.Content[i], n.Content[i+1]
		path := Join(key, name.Value)
		if line := seen[name.Value]; line > 0 {
			d.FailAt(name, path, "given twice, first in line %d", line)
			continue
		}
		seen[name.Value] = name.Line
		index, ok := fieldByName(v.Type(), name.Value)
		if !ok || name.Kind != yaml.ScalarNode {
			d.FailAt(name, "", "unknown key %s; %s", path, Suggest(name.Value, key, v.Type()))
			continue
		}
		d.see(path, name.Line)
		d.value(child, path, v.Field(index))
	}
}

func (d *Decoder) sequence(n *yaml.Node, key string, v reflect.Value) {
	if n.Kind != yaml.SequenceNode {
		d.FailAt(n, key, "want a list, got %s", describe(n))
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, child := range n.Content {
		element := fmt.Sprintf("%s[%d]", key, i)
		d.see(element, child.Line)
		d.value(child, element, list.Index(i))
	}
	v.Set(list)
}

// integer accepts 500000 and also 5e5, which YAML calls a float.
func integer(n *yaml.Node) (int64, bool) {
	if n.Kind != yaml.ScalarNode {
		return 0, false
	}
	switch n.ShortTag() {
	case "!!int":
		var i int64
		err := n.Decode(&i)
		return i, err == nil
	case "!!float":
		f, ok := number(n)
		if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return 0, false
		}
		return int64(f), true
	}
	return 0, false
}

func number(n *yaml.Node) (float64, bool) {
	if tag := n.ShortTag(); n.Kind != yaml.ScalarNode || tag != "!!float" && tag != "!!int" {
		return 0, false
	}
	var f float64
	if err := n.Decode(&f); err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}
