package bench

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func mustParse(t testing.TB, src string) Spec {
	t.Helper()
	s, err := ParseSpec("test.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// toJSON is how tests compare specs: cmp would stop at Spec.Equal and show no
// difference by key.
func toJSON(t testing.TB, s Spec) string {
	t.Helper()
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// documented is the example of docs and DESIGN: it spells the defaults out.
const documented = `
model:  {system: hourglass, hierarchy: "2@1,8@3,2@1", shorten: attention(average), upsample: attention(repeat), attention: relative,
         positions: none, storage: streaming, d_model: 256, heads: 4, d_ff: 1024, dropout: 0.0}
data:   enwik7
train:  {context: 504, batch: 8, micro_batch: 8, steps: 2000, lr: 1e-3, warmup: 100, schedule: cosine, beta1: 0.9, beta2: 0.98, epsilon: 1e-9, clip: 0, weight_decay: 0}
eval:   {every: 200, valid_bytes: 50000, context: 504, stride: 252, bytes: 500000}
seed:   1
`

func TestDefaults(t *testing.T) {
	want := toJSON(t, mustParse(t, documented))
	for _, src := range []string{"", "{}", "model:\n", "seed: 1", "# nothing\n"} {
		if d := cmp.Diff(want, toJSON(t, mustParse(t, src))); d != "" {
			t.Errorf("%q (-documented +parsed)\n%s", src, d)
		}
	}
	if err := DefaultSpec().Validate(); err != nil {
		t.Error(err)
	}
}

func TestDerivedDefaults(t *testing.T) {
	s := mustParse(t, "model: {d_model: 64}\ntrain: {batch: 2, context: 192}\n")
	if s.Model.DFF != 256 || s.Train.MicroBatch != 2 || s.Eval.Context != 192 || s.Eval.Stride != 96 {
		t.Errorf("got %s", toJSON(t, s))
	}
	s = mustParse(t, "model: {system: transformer}")
	if s.Model.Hierarchy != "12@1" || s.Model.Shorten != "" || s.Model.Upsample != "" || s.Model.Norm != "" {
		t.Errorf("transformer: %s", toJSON(t, s))
	}
	s = mustParse(t, "model: {system: transformer-xl, memory: 100}\ntrain: {context: 48}")
	if s.Model.Memory != 100 || s.Model.EvalMemory != 100 || s.Model.Norm != "post" || s.Eval.Stride != 48 {
		t.Errorf("transformer-xl: %s", toJSON(t, s))
	}
	if s = mustParse(t, "budget: {flops: 5e12}"); s.Train.Steps != 0 || s.Budget.FLOPs != 5e12 {
		t.Errorf("budget: %s", toJSON(t, s))
	}
}

func TestCanonicalSpellings(t *testing.T) {
	s := mustParse(t, `model: {hierarchy: "2@1 8@3  2@1", shorten: "attention( linear )", attention: {"1": full, 3: relative}}`)
	if s.Model.Hierarchy != "2@1,8@3,2@1" || s.Model.Shorten != "attention(linear)" || s.Model.Attention.String() != "1: full, 3: relative" {
		t.Errorf("got %s", toJSON(t, s))
	}
	if s.Model.Attention.At(1) != "full" || s.Model.Attention.At(3) != "relative" || s.Model.Attention.At(2) != "" {
		t.Errorf("levels of %s", s.Model.Attention)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"modle: {}", "test.yaml:1: unknown key modle; did you mean model?"},
		{"model:\n  d_modle: 3", "test.yaml:2: unknown key model.d_modle; did you mean model.d_model?"},
		{"d_model: 3", "unknown key d_model; did you mean model.d_model?"},
		{"zzzzzz: 3", "unknown key zzzzzz; known keys are model, data, train, eval, seed, budget"},
		{"train:\n  xyzzyx: 3", "known keys of train are context"},
		{"seed: 1\nseed: 2", "test.yaml:2: seed: given twice, first in line 1"},
		{"model: 3", "test.yaml:1: model: want a mapping with keys system"},
		{"model: {d_model: wide}", `model.d_model: want a whole number, got the text "wide"`},
		{"model: {d_model: 1.5}", "model.d_model: want a whole number, got 1.5"},
		{"model: {d_model: }", "model.d_model: want a whole number, got nothing"},
		{"model: {d_model: [1]}", "model.d_model: want a whole number, got a list"},
		{"model: {same_length: 1}", "model.same_length: want true or false, got 1"},
		{"model: {system: 3}", "model.system: want text, got 3"},
		{"seed: -1", "seed: want a whole number that is not negative, got -1"},
		{"train: {lr: .inf}", "train.lr: want a number, got .inf"},
		{"train: {shorten_factors: 2}", "train.shorten_factors: want a list, got 2"},
		{"train: {shorten_factors: [x]}", `train.shorten_factors[0]: want a whole number`},
		{"- 1", "want a mapping with keys model"},
		{"a: [", "not valid YAML"},
		{"\ta: 1", "test.yaml: not valid YAML"},
		{"seed: 1\n---\nseed: 2", "a second document"},
		{"model: &m {}\ntrain: *m", "test.yaml:2: aliases such as *m"},
		{"model: {attention: 3}", "model.attention: want a kind such as relative, or a map"},
		{"model: {attention: {x: full}}", `model.attention: level "x"`},
		{"model: {attention: {1: 2}}", "model.attention: level 1: want a kind"},
		{"model: {attention: {1: full, 1: full}}", "given twice"},

		{"model: {system: hourglas}", `test.yaml:1: model.system: unknown system "hourglas"; did you mean hourglass?`},
		{"model:\n  hierarchy: 2@1,8@3", `test.yaml:2: model.hierarchy: hierarchy "2@1,8@3": term "8@3"`},
		{"model: {hierarchy: 12@1}", "12@1 has no shortened level, system hourglass needs one"},
		{"model: {system: transformer, hierarchy: '1@1,1@2,1@1'}", "has shortened levels, system transformer has none"},
		{"model: {shorten: attention(repeat)}", `model.shorten: unknown shortening "attention(repeat)"`},
		{"model: {upsample: attention(}", "model.upsample: \"attention(\": want a closing parenthesis"},
		{"model: {attention: relativ}", `attention "relativ": unknown kind, did you mean relative?`},
		{"model: {attention: full(3)}", "takes no arguments; got 3"},
		{"model: {attention: {1: full}}", "no kind for level 3 of hierarchy 2@1,8@3,2@1"},
		{"model: {attention: {1: full, 3: full, 6: full}}", "level 6 is not in hierarchy"},
		{"model: {positions: rotary}", "attention: relative has relative positions already"},
		{"model: {positions: rotray}", `model.positions: unknown value "rotray"; did you mean rotary?`},
		{"model: {storage: disk}", "want one of streaming, materialised"},
		{"model: {heads: 3}", "model.heads: 3 does not divide d_model 256; want 2 heads or another divisor"},
		{"model: {heads: 0}", "model.heads: 0; want at least 1"},
		{"model: {d_model: 99, heads: 3}", "99 is odd"},
		{"model: {attention: full, positions: rotary, d_model: 12, heads: 4}", "rotary positions want an even width"},
		{"model: {dropout: 1}", "model.dropout: 1; want at least 0 and less than 1"},
		{"model: {memory: 5}", "model.memory: system hourglass has no such thing"},
		{"model: {system: transformer-xl, norm: mid}", "model.norm: unknown value"},
		{"model: {system: transformer-xl, attention: bigbird(4)}", "has no meaning with memory, as what it shows depends on the whole sequence; want relative, full, window, strided, local or fixed"},
		{"model: {system: transformer-xl, attention: favor(4), positions: none}", "has no meaning with memory"},
		{"model: {system: transformer-xl, attention: full, positions: absolute}", "a token would be at another position in each segment; want relative, rotary or none"},
		{"model: {system: transformer-xl, attention: local(5)}", "in training, attention \"local(5)\": segments of 504 with memory of 504 would move the borders of blocks of 5; want multiples of 5"},
		{"model: {system: transformer-xl, attention: local(8), eval_memory: 12}", "in evaluation, attention \"local(8)\": segments of 504 with memory of 12"},
		{"model: {system: transformer-xl, attention: window(2000)}", "window 2000: want at most the 1008 positions of the sequence"},
		{"model: {system: transformer-xl, attention: window(8), same_length: true}", "model.same_length: attention window(8) says itself how much a query sees"},
		{"model: {system: transformer-xl, attention: window(8), positions: rotary, clamp_len: 9}", "model.clamp_len: 9; positions rotary have no distances to clamp"},
		{"model: {system: transformer-xl}\neval: {stride: 3}", "reads segments one after the other"},
		{"data: ''", "data: empty"},
		{"train: {batch: 8, micro_batch: 3}", "train.micro_batch: 3 does not divide batch 8; want 2 or another divisor"},
		{"train: {steps: 0}", "train.steps: 0; want at least 1"},
		{"train: {steps: 99999999999}", "train.steps: 99999999999; want at most"},
		{"train: {steps: 50, warmup: 100}", "train.warmup: 100 is more than the 50 steps"},
		{"train: {steps: 10}\nbudget: {seconds: 1}", "train.steps: 10 beside a budget of 1 seconds; want one of them"},
		{"train: {lr: 0}", "train.lr: 0; want more than 0"},
		{"train: {beta2: 1}", "train.beta2: 1; want at least 0 and less than 1"},
		{"train: {epsilon: 0}", "train.epsilon: 0"},
		{"train: {clip: -1}", "train.clip: -1"},
		{"train: {weight_decay: -1}", "train.weight_decay: -1"},
		{"train: {schedule: cosin}", "did you mean cosine?"},
		{"train: {shorten_factors: [1, 2, 2]}", "factor 2 twice"},
		{"model: {shorten: linear}\ntrain: {shorten_factors: [2]}", "model.shorten linear has weights for one factor only"},
		{"model: {upsample: attention(linear)}\ntrain: {shorten_factors: [2]}", "model.upsample attention(linear) has weights"},
		{"model: {system: transformer}\ntrain: {shorten_factors: [2]}", "system transformer shortens nothing"},
		{"model: {hierarchy: '1@1,1@2,1@4,1@2,1@1'}\ntrain: {shorten_factors: [2]}", "has 2 shortened levels"},
		{"eval: {stride: 505}", "eval.stride: 505 is more than eval.context 504"},
		{"eval: {bytes: 0}", "eval.bytes: 0; want at least 1"},
		{"budget: {steps: 5, tokens: 5}", "budget: several units"},
		{"budget: {seconds: -5}", "budget: -5 is not a budget"},
		{"budget: {steps: 500}\ntrain: {steps: 200}", "train.steps: 200 beside a budget of 500 steps"},
	} {
		_, err := ParseSpec("test.yaml", []byte(c.src))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q\n got %v\nwant %s", c.src, err, c.want)
		}
	}
}

// Bytes that are no text are not an empty spec.
func TestSpecWithoutText(t *testing.T) {
	for _, src := range []string{"\xff\xfe", "\xfe\xff"} {
		if _, err := ParseSpec("test.yaml", []byte(src)); err == nil || err.Error() != "test.yaml: no text; want YAML in UTF-8" {
			t.Errorf("%x: %v", src, err)
		}
	}
	if _, err := ParseSpec("test.yaml", []byte("# nothing\n")); err != nil {
		t.Error(err)
	}
}

// What follows by default from a key that is wrong is not told beside it.
func TestErrorsTellTheCause(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"model: {d_model: 0}", "test.yaml:1: model.d_model: 0; want at least 1"},
		{"train: {context: 0}", "test.yaml:1: train.context: 0; want at least 1"},
		{"train: {batch: -2}", "test.yaml:1: train.batch: -2; want at least 1"},
		{"model: {system: transformer-xl}\ntrain: {context: 0}", "test.yaml:2: train.context: 0; want at least 1"},
		{"train: {context: 0}\neval: {context: 0}", "test.yaml:1: train.context: 0; want at least 1\ntest.yaml:2: eval.context: 0; want at least 1"},
	} {
		if _, err := ParseSpec("test.yaml", []byte(c.src)); err == nil || err.Error() != c.want {
			t.Errorf("%q\n got %v\nwant %s", c.src, err, c.want)
		}
	}
}

func TestErrorsAreJoined(t *testing.T) {
	_, err := ParseSpec("test.yaml", []byte("model:\n  heads: 3\n  storage: disk\ntrain:\n  lr: -1\n"))
	want := `test.yaml:3: model.storage: unknown value "disk"; want one of streaming, materialised
test.yaml:2: model.heads: 3 does not divide d_model 256; want 2 heads or another divisor
test.yaml:5: train.lr: -1; want more than 0 and at most 100, such as 1e-3`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestSet(t *testing.T) {
	s := mustParse(t, "eval: {context: 252}")
	for _, a := range []string{"model.d_model=64", "train.batch=4", "train.context=192", "model={heads: 2, dropout: 0.1}", "model.attention={1: full, 3: relative}", "train.lr=2e-3"} {
		if err := s.Set(a); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
	want := mustParse(t, `{model: {d_model: 64, heads: 2, dropout: 0.1, attention: {1: full, 3: relative}}, train: {batch: 4, context: 192, lr: 2e-3}, eval: {context: 252}}`)
	if d := cmp.Diff(toJSON(t, want), toJSON(t, s)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if s.Model.DFF != 256 || s.Train.MicroBatch != 4 {
		t.Errorf("derived defaults did not follow: %s", toJSON(t, s))
	}
	if s.Eval.Context != 252 || s.Eval.Stride != 126 {
		t.Errorf("a given eval.context followed train.context: %s", toJSON(t, s))
	}
}

func TestSetLeavesCopiesAlone(t *testing.T) {
	a := mustParse(t, "")
	b := a
	if err := b.Set("train.micro_batch=4"); err != nil {
		t.Fatal(err)
	}
	if err := a.Set("train.batch=2"); err != nil {
		t.Fatal(err)
	}
	if a.Train.MicroBatch != 2 || b.Train.Batch != 8 {
		t.Errorf("a %+v, b %+v", a.Train, b.Train)
	}
}

func TestSetErrors(t *testing.T) {
	s := DefaultSpec()
	for _, c := range []struct{ in, want string }{
		{"model.d_model", "want KEY=VALUE"},
		{"=3", "want KEY=VALUE"},
		{"model.d_model=", "no value"},
		{"model.d_modle=3", "set model.d_modle=3: unknown key model.d_modle; did you mean model.d_model?"},
		{"d_model=3", "did you mean model.d_model?"},
		{"model.d_model=x", `set model.d_model=x: model.d_model: want a whole number, got the text "x"`},
		{"model.d_model.x=3", "model.d_model: want a whole number, got a mapping"},
		{"seed=[", "not valid YAML"},
	} {
		err := s.Set(c.in)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.in, err, c.want)
		}
	}
	if !s.Equal(DefaultSpec()) {
		t.Error("a failed Set changed the spec")
	}
}

func TestStepsOrBudgetLastSetCounts(t *testing.T) {
	s := mustParse(t, "train: {steps: 300}")
	set := func(a string) {
		t.Helper()
		if err := s.Set(a); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
	}
	set("budget.seconds=60")
	if s.Train.Steps != 0 || s.Budget != (Budget{Seconds: 60}) {
		t.Errorf("after seconds: %d steps, budget %s", s.Train.Steps, s.Budget)
	}
	set("budget.tokens=1e6")
	if s.Budget != (Budget{Tokens: 1_000_000}) {
		t.Errorf("after tokens: budget %s", s.Budget)
	}
	set("train.steps=200")
	if s.Train.Steps != 200 || !s.Budget.IsZero() {
		t.Errorf("after steps: %d steps, budget %s", s.Train.Steps, s.Budget)
	}
}

func TestRoundTrips(t *testing.T) {
	for _, src := range []string{
		"", documented,
		"model: {system: transformer, attention: full, positions: rotary}\nseed: 18446744073709551615",
		"model: {system: transformer-xl, norm: pre, same_length: true, clamp_len: 3, eval_memory: 0}",
		"model: {attention: {1: full, 3: relative}, positions: absolute}\ndata: \"a\\tb<\u2028>\"",
		"model: {shorten: average, upsample: repeat}\ntrain: {shorten_factors: [2, 3]}",
		"budget: {flops: 1e22}", "budget: {seconds: 0.5}",
	} {
		s := mustParse(t, src)
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var fromJSON Spec
		if err := json.Unmarshal(b, &fromJSON); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		y, err := yaml.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []Spec{fromJSON, mustParse(t, string(y)), mustParse(t, string(b))} {
			if d := cmp.Diff(toJSON(t, s), toJSON(t, got)); d != "" {
				t.Errorf("%q (-want +got)\n%s", src, d)
			}
			if got.ID("c") != s.ID("c") {
				t.Errorf("%q: the id changed in a round trip", src)
			}
		}
	}
}

func TestLoadSpec(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spec.yaml")
	if err := os.WriteFile(path, []byte("seed: 7"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := LoadSpec(path); err != nil || s.Seed != 7 {
		t.Errorf("seed %d, %v", s.Seed, err)
	}
	if _, err := LoadSpec(path + ".missing"); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("missing file: %v", err)
	}
}

func FuzzParseSpec(f *testing.F) {
	for _, s := range []string{documented, "model: {attention: {1: full, 3: relative}}", "train: {shorten_factors: [2,3]}", "budget: {seconds: 3}", "seed: 0x10", "? a\n: b", "a: &x [*x]", "\x00", "model: {attention: window(3, a: 4)}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		s, err := ParseSpec("fuzz", src)
		if err != nil {
			return
		}
		b, err := s.Canonical()
		if err != nil {
			t.Fatalf("valid, but not JSON: %v", err)
		}
		again, err := ParseSpec("again", b)
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if !s.Equal(again) || s.ID("") != again.ID("") {
			t.Fatalf("%s became\n%s", b, toJSON(t, again))
		}
	})
}

func FuzzSet(f *testing.F) {
	for _, s := range []string{"model.d_model=3", "train={batch: 2}", "budget.flops=1e9", "budget={}", "a.b.c=1", "..=1", "seed=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, a string) {
		s := DefaultSpec()
		if err := s.Set(a); err != nil && !s.Equal(DefaultSpec()) {
			t.Fatalf("a failed set changed the spec: %v", err)
		}
		_ = s.Validate()
	})
}
