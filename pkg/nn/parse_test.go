package nn

import (
	"strings"
	"testing"

	"hgbench/pkg/graph"
)

func TestParseAttention(t *testing.T) {
	for _, s := range []string{
		"full", "relative", " full ", "relative()", "window(1)", "window( 32..512 ,dilation:1-2, dilated: 1)", "window(window: 8)",
		"local(4)", "local(4, before: 0)", "strided(3)", "strided(3, heads: merged)", "fixed(8, 2)", "fixed(8, summary: 4, heads: split)",
		"bigbird(64)", "bigbird(block: 16, random: 0, seed: 7)", "relu",
		"favor(16)", "favor(16, redraw: 100, seed: 3, selection: original)",
	} {
		if _, err := ParseAttention(s); err != nil {
			t.Error(err)
		}
	}
	for s, want := range map[string]string{
		"":              "unknown kind",
		"fall":          "the kinds are bigbird, favor, fixed, full, ",
		"full(3)":       "takes no arguments; got 3",
		"relative(1, 2": "closing parenthesis",

		"window":                      "window is missing",
		"window()":                    "window is missing: want a whole number from 1",
		"window(0)":                   "window 0: want a whole number from 1",
		"window(-3)":                  "want a whole number",
		"window(4..)":                 "window 4..: want a whole number",
		"window(1e3)":                 "window 1e3: want a whole number",
		"window(8, 2, 1, 1)":          "has no parameter for 1",
		"window(8, dilatoin: 2)":      "has no parameter for dilatoin: 2, in window(window, dilation: 1, dilated: all)",
		"window(8, window: 9)":        "window is given twice",
		"window(8, dilation: 0)":      "dilation 0: want",
		"window(dilation: 2, 8)":      "argument 8 after dilation",
		"window(,)":                   "window is empty",
		"strided(0)":                  "stride 0: want a whole number from 1",
		"strided(2, heads: both)":     "heads both: want split or merged, in strided(stride, heads: split|merged)",
		"fixed(8)":                    "summary is missing",
		"fixed(8, 3)":                 "summary 3: want a divisor of block 8",
		"fixed(8, 16)":                "summary 16: want a divisor of block 8",
		"bigbird(8, random: -1)":      "random -1: want a whole number from 0",
		"favor":                       "features is missing",
		"favor(0)":                    "features 0: want a whole number from 1",
		"favor(8, redraw: -1)":        "redraw -1",
		"favor(8, selection: no)":     "selection no: want causal or original",
		"favor(8, epsilon: 2)":        "epsilon 2: want a number from 0 to 1",
		"relu(3)":                     "takes no arguments; got 3",
		"local(5, before: 1, 2)":      "argument 2 after before",
		"bigbird(999999999999999999)": "want a whole number from 1",
	} {
		if _, err := ParseAttention(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", s, err, want)
		}
	}
}

func TestCheckAttention(t *testing.T) {
	for _, c := range []struct {
		kind                  string
		heads, layers, length int
		want                  string
	}{
		{"full", 1, 1, 1, ""},
		{"window(8)", 1, 1, 8, ""},
		{"window(8)", 1, 1, 0, ""},
		{"window(9)", 1, 1, 8, "window 9: want at most the 8 positions"},
		{"window(2..9)", 1, 3, 8, "window 9"},
		{"window(2-3)", 1, 3, 8, "window 2-3: has 2 numbers for 3 layers"},
		{"window(2, dilation: 1-2)", 1, 1, 8, "dilation 1-2"},
		{"window(2, dilation: 2, dilated: 3)", 2, 1, 8, "dilated 3: want at most the 2 heads"},
		{"local(9)", 1, 1, 8, "chunk 9"},
		{"strided(9)", 2, 1, 8, "stride 9"},
		{"strided(4)", 1, 1, 8, "heads split with 1 head"},
		{"strided(4, heads: merged)", 1, 1, 8, ""},
		{"fixed(4, 2, heads: split)", 1, 1, 8, "heads split"},
		{"fixed(16, 2)", 1, 1, 8, "block 16"},
		{"bigbird(16)", 1, 1, 8, "block 16"},
		{"lhs", 1, 1, 8, "unknown kind"},
	} {
		err := CheckAttention(c.kind, NoPositions, c.heads, c.layers, c.length)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.kind, err, c.want)
		}
	}
}

func TestCheckPositions(t *testing.T) {
	for _, kind := range []string{"favor(8)", "relu"} {
		if err := CheckAttention(kind, Relative, 1, 1, 8); err == nil || !strings.Contains(err.Error(), "cannot have relative positions") {
			t.Errorf("%s: %v", kind, err)
		}
		if err := CheckAttention(kind, Rotary, 1, 1, 8); err != nil {
			t.Error(err)
		}
	}
}

func TestSchedule(t *testing.T) {
	for s, want := range map[string][]int{
		"7":         {7, 7, 7, 7, 7},
		"32..512":   {32, 64, 128, 256, 512},
		"512..32":   {512, 256, 128, 64, 32},
		"1..2":      {1, 1, 1, 2, 2},
		"3-1-4-1-5": {3, 1, 4, 1, 5},
	} {
		p := &parameters{call: call{positional: []string{s}}}
		schedule := p.schedule("window", 0, 1, 1000, asRange)
		if err := p.end(); err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if got := schedule.at(i, len(want)); got != w {
				t.Errorf("%s: %d at layer %d, want %d", s, got, i, w)
			}
		}
	}
}

func TestParseResampling(t *testing.T) {
	for _, s := range []string{"average", "linear", "attention(average)", "attention(linear)"} {
		if r, err := ParseShorten(s); err != nil || r.String() != s || r.Parameterless() == strings.Contains(s, "linear") {
			t.Errorf("%s: %+v, %v", s, r, err)
		}
	}
	for _, s := range []string{"repeat", "linear", "attention(none)", "attention(repeat)", "attention(linear)"} {
		if r, err := ParseUpsample(s); err != nil || r.String() != s {
			t.Errorf("%s: %+v, %v", s, r, err)
		}
	}
	for _, s := range []string{"", "none", "repeat", "attention", "attention()", "attention(repeat)", "attention(average, 2)"} {
		if _, err := ParseShorten(s); err == nil || !strings.Contains(err.Error(), "attention(average)") {
			t.Errorf("shorten %q: error %v", s, err)
		}
	}
}

func TestParseNames(t *testing.T) {
	for _, want := range []Positions{NoPositions, Absolute, Rotary, Relative} {
		if got, err := ParsePositions(want.String()); err != nil || got != want {
			t.Errorf("%v: %v, %v", want, got, err)
		}
	}
	for _, want := range []graph.Storage{graph.Streaming, graph.Materialised} {
		if got, err := ParseStorage(want.String()); err != nil || got != want {
			t.Errorf("%v: %v, %v", want, got, err)
		}
	}
	if _, err := ParsePositions("sinusoidal"); err == nil {
		t.Error("sinusoidal was accepted")
	}
	if _, err := ParseStorage("flash"); err == nil {
		t.Error("flash was accepted")
	}
}

func TestValidate(t *testing.T) {
	good := Config{Vocab: 256, Model: 12, Heads: 2, FF: 5, Dropout: 0.1}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Config){
		"vocab 0":                     func(c *Config) { c.Vocab = 0 },
		"d_ff -1":                     func(c *Config) { c.FF = -1 },
		"d_model 9223372036854775807": func(c *Config) { c.Model = 1<<63 - 1 },
		"d_model 7 is odd":            func(c *Config) { c.Model, c.Heads = 7, 7 },
		"12 with 5 heads":             func(c *Config) { c.Heads = 5 },
		"heads of even width":         func(c *Config) { c.Heads, c.Positions = 4, Rotary },
		"context 0":                   func(c *Config) { c.Positions = Absolute },
		"dropout 1":                   func(c *Config) { c.Dropout = 1 },
		"positions 9":                 func(c *Config) { c.Positions = 9 },
		"storage 9":                   func(c *Config) { c.Storage = 9 },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// What is accepted is a name of the lists, whatever the spaces around it.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"relative", "full()", "attention(average)", " attention( linear ) ", "f(a, b", "(", ")"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ParseAttention(s)
		for _, parse := range []func(string) (Resampling, error){ParseShorten, ParseUpsample} {
			if r, err := parse(s); err == nil {
				if again, err := parse(r.String()); err != nil || again != r {
					t.Errorf("%q: %v, then %v, %v", s, r, again, err)
				}
			}
		}
	})
}

// What a usage shows with its defaults is what a call means that leaves them out.
func TestUsage(t *testing.T) {
	for kind, want := range map[string]string{
		"full":   "full",
		"window": "window(window, dilation: 1, dilated: all)",
		"local":  "local(chunk, before: 1)",
		"lsh":    "lsh(buckets, hashes: 1, chunk: 64, every: 1, seed: 1, selection: causal|original)",
	} {
		if got := Usage(kind); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}
