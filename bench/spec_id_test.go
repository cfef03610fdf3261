package bench

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
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
		{"budget: {seconds: 60}\ntrain: {steps: 1234}", `{"budget":{"seconds":60}}`},
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
