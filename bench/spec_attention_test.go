package bench

import (
	"strings"
	"testing"
)

// Kinds need no quotes wherever YAML allows that, and where it does not, the error
// says so.
func TestKindsWithoutQuotes(t *testing.T) {
	for _, c := range []struct{ yaml, want string }{
		{"lsh(4, selection: original)", "lsh(4, chunk: 64, selection: original)"},
		{"lsh(4, hashes: 2, chunk: 8)", "lsh(4, hashes: 2, chunk: 8)"},
		{"window(window: 8, dilation: 2)", "window(8, dilation: 2)"},
		{"window(8, 2)", "window(8, dilation: 2)"},
		{"{1: full, 3: window(8)}", "1: full, 3: window(8)"},
		{"{1: window(8, dilation: 2), 3: full}", "1: window(8, dilation: 2), 3: full"},
		{"{1: window(8, 2), 3: full}", "1: window(8, dilation: 2), 3: full"},
		{"{3: window(8, dilation: 2, dilated: 1), 1: lsh(4, hashes: 2, chunk: 8)}", "1: lsh(4, hashes: 2, chunk: 8), 3: window(8, dilation: 2, dilated: 1)"},
		{"{1: lsh(4, 2, 8, seed: 7), 3: full}", "1: lsh(4, hashes: 2, chunk: 8, seed: 7), 3: full"},
	} {
		s := DefaultSpec()
		if err := s.Set("model.attention=" + c.yaml); err != nil || s.Model.Attention.String() != c.want {
			t.Errorf("--set %s: %s, %v; want %s", c.yaml, s.Model.Attention, err, c.want)
		}
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", c.yaml, err)
		}
		for _, file := range []string{"model: {attention: " + c.yaml + "}\n", "model:\n  heads: 4\n  attention: " + c.yaml + "\n"} {
			f, err := ParseSpec("test.yaml", []byte(file))
			switch {
			case err == nil && f.Model.Attention.String() == c.want:
			case err != nil && strings.Contains(err.Error(), "quotes"):
			default:
				t.Errorf("%q: %s, %v; want %s", file, f.Model.Attention, err, c.want)
			}
		}
	}
}
