package docs_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"hgbench/bench"
	"hgbench/results"
)

// The table of specs.md has every key, in order, with its default.
func TestSpecKeys(t *testing.T) {
	rows := read(t, "docs/specs.md").tables()["key"]
	leaves, _ := bench.SpecKeys()
	if d := cmp.Diff(leaves, column(rows, 0)); d != "" {
		t.Errorf("keys of a spec (-), keys in the table (+):\n%s", d)
	}
	var defaults yaml.Node
	if err := defaults.Encode(bench.DefaultSpec()); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if got, want := r[1], defaultOf(t, &defaults, r[0]); got != want {
			t.Errorf("%s: the table says that its default is %q, it is %q", r[0], got, want)
		}
		if r[2] == "" {
			t.Errorf("%s: without a meaning", r[0])
		}
	}
}

// defaultOf is the value at a key, as the table writes it. Keys that a default
// spec leaves out have the zero value of their type, or none.
func defaultOf(t *testing.T, n *yaml.Node, key string) string {
	t.Helper()
	for part := range strings.SplitSeq(key, ".") {
		i := slices.IndexFunc(n.Content, func(c *yaml.Node) bool { return c.Value == part })
		if i < 0 {
			return map[string]string{"model.clamp_len": "0", "model.same_length": "false", "train.shorten_factors": "[]"}[key]
		}
		n = n.Content[i+1]
	}
	return n.Value
}

// The table of records.md has every key of a record, in order.
func TestRecordKeys(t *testing.T) {
	rows := read(t, "docs/records.md").tables()["key"]
	if d := cmp.Diff(jsonKeys(reflect.TypeFor[results.Record](), ""), column(rows, 0)); d != "" {
		t.Errorf("keys of a record (-), keys in the table (+):\n%s", d)
	}
}

// jsonKeys are the leaves of a struct in JSON: a.b in a struct, a[].b in a list
// of structs.
func jsonKeys(s reflect.Type, prefix string) []string {
	var keys []string
	for i := range s.NumField() {
		f := s.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		key, of := prefix+name, f.Type
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		switch {
		case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Struct:
			keys = append(keys, jsonKeys(of.Elem(), key+"[].")...)
		case of.Kind() == reflect.Struct && of != reflect.TypeFor[time.Time]():
			keys = append(keys, jsonKeys(of, key+".")...)
		default:
			keys = append(keys, key)
		}
	}
	return keys
}

func column(rows []row, i int) []string {
	var cells []string
	for _, r := range rows {
		cells = append(cells, r[i])
	}
	return cells
}
