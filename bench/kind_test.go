package bench

import (
	"strings"
	"testing"
)

func TestParseCall(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"relative", "relative"},
		{" full ", "full"},
		{"full()", "full"},
		{"attention( average )", "attention(average)"},
		{"window(128,blocks:4 ,  tail : 1e-3)", "window(128, blocks: 4, tail: 1e-3)"},
	} {
		got, err := parseCall(c.in)
		if err != nil || got.String() != c.want {
			t.Errorf("%q: %q, %v; want %q", c.in, got, err, c.want)
		}
	}
	for _, c := range []struct{ in, want string }{
		{"", "want a name"},
		{"(3)", "want a name"},
		{"a b", "want a name"},
		{"a(3", "closing parenthesis"},
		{"a(3)b", "closing parenthesis"},
		{"a(3,)", `argument ""`},
		{"a(b(c))", `argument "b(c)"`},
		{"a(:3)", `argument ":3"`},
		{"a(k:)", `argument "k:"`},
		{"a(k:v:w)", `argument "k:v:w"`},
	} {
		if _, err := parseCall(c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.in, err, c.want)
		}
	}
}

func FuzzParseCall(f *testing.F) {
	for _, s := range []string{"relative", "window(128, blocks: 4)", "a(", "a()b", "\x00(,)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseCall(s)
		if err != nil {
			return
		}
		again, err := parseCall(c.String())
		if err != nil || again.String() != c.String() {
			t.Fatalf("%q became %q, then %q, %v", s, c, again, err)
		}
	})
}
