package nn

import (
	"strings"
	"testing"

	"hgbench/pkg/graph"
)

func TestParseAttention(t *testing.T) {
	for _, s := range []string{"full", "relative", " full ", "relative()"} {
		if _, err := ParseAttention(s); err != nil {
			t.Error(err)
		}
	}
	for s, want := range map[string]string{
		"":              "unknown kind",
		"fall":          "want one of full, relative",
		"full(3)":       "takes no arguments; got 3",
		"relative(1, 2": "closing parenthesis",
	} {
		if _, err := ParseAttention(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", s, err, want)
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
