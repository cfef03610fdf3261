package bench

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"hgbench/results"
)

// Ids are what stores are keyed by: these must never change while SpecVersion
// is 1.
func TestIDsAreStable(t *testing.T) {
	const corpus = "5985c81c39d927ae0e169625790ca4d9e7d1531270c8b09ad73176a375bb3d97"
	for _, c := range []struct{ src, want string }{
		{"", "1d67284f48cba095"},
		{"model: {system: transformer, hierarchy: 4@1, d_model: 128, heads: 2}\nseed: 2", "d43688ea31294276"},
		{"model: {attention: {1: full, 3: relative}}\ntrain: {lr: 2e-3, clip: 0.5}\nbudget: {seconds: 60}", "8912e4709e931486"},
	} {
		if got := mustParse(t, c.src).ID(corpus); got != c.want {
			t.Errorf("%q: id %s, want %s", c.src, got, c.want)
		}
	}
}

// Every spelling of an attention kind is one run, in one level or all, whether
// its parameters are given by place or name, in this order or that, or left to
// their defaults.
func TestIDsOfAttention(t *testing.T) {
	for _, same := range [][]string{
		{"window(8)", "window(window: 8)", "window(8, dilation: 1)", "window(dilation: 1, window: 8)", "window(8..8)", "{1: window(8), 3: 'window(8, 1)'}", "{3: window(8), 1: window(8-8)}"},
		{"window(2..8)", "{1: window(2..8), 3: window(2..8)}", "{1: window(2-8), 3: window(2..8)}"},
		{"relative", "{1: relative, 3: relative()}"},
		{"lsh(4, hashes: 2, chunk: 8)", "lsh(4, chunk: 8, hashes: 2)", "lsh(4, 2, 8, seed: 1)"},
		{"routing(2, 8)", "routing(2, 8, local: 2)", "routing(2, window: 8, decay: 0.999)"},
		{"favor(16)", "favor(features: 16, epsilon: 0.000001)"},
		{"{1: full, 3: relative}", "{3: relative, 1: full()}"},
	} {
		ids := map[string]string{}
		for _, kind := range same {
			if kind[0] != '{' {
				kind = `"` + kind + `"`
			}
			s := mustParse(t, `model: {hierarchy: "1@1,4@3,1@1", heads: 4, attention: `+kind+`}`)
			ids[s.ID("x")] = kind
			if b, err := json.Marshal(s); err != nil {
				t.Error(err)
			} else if again, err := ParseSpec("again", b); err != nil || again.ID("x") != s.ID("x") {
				t.Errorf("%s: the recorded spec has another id, %v", kind, err)
			}
		}
		if len(ids) != 1 {
			t.Errorf("ids of %q differ: %v", same[0], ids)
		}
	}
	different := map[string]string{}
	for _, kind := range []string{"window(8)", "window(8, dilation: 2)", "window(8, dilation: 2, dilated: 1)", "window(8..9)", "full", "relative", "lsh(4)", "lsh(4, seed: 2)", "lsh(4, selection: original)", "routing(2, 8)", "routing(2, 8, local: 1)"} {
		id := mustParse(t, `model: {heads: 4, attention: "`+kind+`"}`).ID("x")
		if other, ok := different[id]; ok {
			t.Errorf("%s and %s have one id", kind, other)
		}
		different[id] = kind
	}
	// A system's own kind is its default in any spelling.
	a, b := mustParse(t, "model: {system: routing-transformer}"), mustParse(t, `model: {system: routing-transformer, attention: "routing(window: 128, clusters: 8, local: 2)"}`)
	if a.ID("x") != b.ID("x") {
		t.Error("the default kind, spelled otherwise, has another id")
	}
	// The number of heads decides what half of them is, whenever it is set.
	c := mustParse(t, `model: {system: transformer, heads: 4, attention: "routing(8, 128, local: 2)"}`)
	if err := c.Set("model.heads=8"); err != nil {
		t.Fatal(err)
	}
	if c.Model.Attention.Kind != "routing(8, 128, local: 2)" {
		t.Errorf("after heads were set, attention is %s", c.Model.Attention)
	}
}

// The results that came with the source are found by what is run today.
func TestIDsOfRecordedResults(t *testing.T) {
	folders, err := filepath.Glob("../results/recorded/*/records.jsonl")
	if err != nil || len(folders) == 0 {
		t.Fatalf("%d folders, %v", len(folders), err)
	}
	for _, path := range folders {
		records, _, err := results.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			s, err := ParseSpec(path, r.Spec)
			if err != nil {
				t.Errorf("%s, %s: %v", path, r.ID, err)
			} else if id := s.ID(r.Data.SHA256); id != r.ID {
				t.Errorf("%s: %s has the id %s, was recorded as %s", path, r.Label(), id, r.ID)
			}
		}
	}
}

// What is hashed holds no default, so a new key whose default is in force
// cannot change an id.
func TestIDHashesOnlyChanges(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"", `{}`},
		{documented, `{}`},
		{"data: /some/path", `{}`},
		{"model: {d_model: 128}", `{"model":{"d_model":128}}`},
		{"model: {d_model: 128, d_ff: 512}", `{"model":{"d_model":128}}`},
		{"model: {d_model: 128, d_ff: 1024}", `{"model":{"d_ff":1024,"d_model":128}}`},
		{"train: {context: 252}\neval: {stride: 126}", `{"train":{"context":252}}`},
		{"model: {system: transformer, shorten: average}", `{"model":{"system":"transformer"}}`},
		{"model: {attention: {1: full, 3: full}}", `{"model":{"attention":"full"}}`},
		{"model: {attention: {1: full, 3: relative}}", `{"model":{"attention":{"1":"full","3":"relative"}}}`},
		{"model: {attention: full, positions: relative}", `{}`},
		{"model: {attention: relative, positions: relative}", `{}`},
		{"model: {system: transformer-xl, memory: 0}", `{"model":{"memory":0,"system":"transformer-xl"}}`},
		{"budget: {seconds: 60}", `{"budget":{"seconds":60}}`},
		{"train: {steps: 40}", `{"train":{"steps":40,"warmup":4}}`},
		{"train: {steps: 500}", `{"train":{"steps":500}}`},
		{"train: {steps: 1234}", `{"train":{"steps":1234}}`},
	} {
		b, err := json.Marshal(mustParse(t, c.src).changes())
		if err != nil || string(b) != c.want {
			t.Errorf("%q: changes %s, %v; want %s", c.src, b, err, c.want)
		}
	}
}

func TestIDDiffers(t *testing.T) {
	ids := make(map[string]string)
	for _, src := range []string{"", "seed: 2", "model: {storage: materialised}", "train: {clip: 1}", "eval: {bytes: 1000}", "model: {system: transformer}", "budget: {seconds: 60}", "budget: {seconds: 61}"} {
		for _, corpus := range []string{"a", "b"} {
			id := mustParse(t, src).ID(corpus)
			if len(id) != 16 || ids[id] != "" {
				t.Errorf("%q on %s: id %q, as that of %q", src, corpus, id, ids[id])
			}
			ids[id] = src + " on " + corpus
		}
	}
	if s := DefaultSpec(); s.ID("AB") != s.ID("ab") {
		t.Error("the id depends on the case of the hash")
	}
}

// Every key of a spec counts: a key that difference overlooks would let two
// different runs share an id.
func TestEveryKeyCounts(t *testing.T) {
	leaves, _ := SpecKeys()
	if len(leaves) < 30 {
		t.Fatalf("only %d keys: %v", len(leaves), leaves)
	}
	base := DefaultSpec()
	base.Model.System = "transformer-xl" // so that resampling is dropped; the rest must count
	for _, key := range leaves {
		if key == "data" || strings.HasPrefix(key, "budget") {
			continue
		}
		s := base
		if strings.HasSuffix(key, "shorten") || strings.HasSuffix(key, "upsample") {
			s = DefaultSpec()
		}
		before := s.ID("")
		change(t, reflect.ValueOf(&s).Elem(), strings.Split(key, "."))
		if s.ID("") == before {
			t.Errorf("%s does not change the id", key)
		}
	}
}

// change gives a key another value.
func change(t *testing.T, v reflect.Value, path []string) {
	t.Helper()
	for i := range v.NumField() {
		if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ","); name != path[0] {
			continue
		}
		f := v.Field(i)
		switch p := f.Addr().Interface().(type) {
		case *string:
			*p += "x"
		case *int:
			*p++
		case *int64:
			*p++
		case *uint64:
			*p++
		case *float64:
			*p += 0.5
		case *bool:
			*p = !*p
		case *[]int:
			*p = []int{7}
		case *Attention:
			p.Kind = "full"
		default:
			change(t, f, path[1:])
		}
		return
	}
	t.Fatalf("no key %v", path)
}
