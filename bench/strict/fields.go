package strict

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Join puts a key behind the path of its section.
func Join(section, key string) string {
	if section == "" {
		return key
	}
	return section + "." + key
}

// fieldByName finds the field of a struct type with that yaml tag.
func fieldByName(t reflect.Type, name string) (int, bool) {
	for i := range t.NumField() {
		if tag := fieldName(t.Field(i)); tag != "" && tag == name {
			return i, true
		}
	}
	return 0, false
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if name := fieldName(t.Field(i)); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// fieldName is the yaml tag of a field, empty if it is not to be decoded.
func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if !f.IsExported() || name == "-" {
		return ""
	}
	return name
}

// Keys of a struct type, as paths: first every leaf, then every section.
func Keys(t reflect.Type) (leaves, sections []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name := fieldName(f)
		switch {
		case name == "":
		case isSection(f.Type):
			sections = append(sections, name)
			l, s := Keys(f.Type)
			for _, key := range l {
				leaves = append(leaves, Join(name, key))
			}
			for _, key := range s {
				sections = append(sections, Join(name, key))
			}
		default:
			leaves = append(leaves, name)
		}
	}
	return leaves, sections
}

var unmarshalerType = reflect.TypeFor[yaml.Unmarshaler]()

func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != nodeType && !reflect.PointerTo(t).Implements(unmarshalerType)
}

// Suggest says what an unknown key of a section (a struct type) may have been
// meant to be: the nearest key of the section, or the same key in one of its
// own sections, or else all that would be known.
func Suggest(name, section string, t reflect.Type) string {
	leaves, _ := Keys(t)
	for _, leaf := range leaves {
		if i := strings.LastIndexByte(leaf, '.'); i >= 0 && leaf[i+1:] == name {
			return "did you mean " + Join(section, leaf) + "?"
		}
	}
	names := fieldNames(t)
	if near, ok := Nearest(name, names); ok {
		return "did you mean " + Join(section, near) + "?"
	}
	where := "known keys"
	if section != "" {
		where = fmt.Sprintf("known keys of %s", section)
	}
	return where + " are " + strings.Join(names, ", ")
}
