package strict

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

type shelf struct {
	Name  string    `yaml:"name"`
	Width float64   `yaml:"width"`
	Books []book    `yaml:"books,omitempty"`
	Lamp  lamp      `yaml:"lamp"`
	Raw   yaml.Node `yaml:"raw"`

	Plain string
	inner string
}

type book struct {
	Title string `yaml:"title"`
	Pages int    `yaml:"pages"`
}

type lamp struct {
	On    bool  `yaml:"on"`
	Watts int64 `yaml:"watts"`
}

func decode(t *testing.T, src string, s *shelf) *Decoder {
	t.Helper()
	root, err := Parse("f.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	d := &Decoder{File: "f.yaml"}
	d.Decode(root, "", s)
	return d
}

func TestDecode(t *testing.T) {
	s := shelf{Name: "old", Lamp: lamp{Watts: 40}, inner: "kept"}
	d := decode(t, "width: 3\nbooks:\n- {title: A, pages: 1e2}\n- {title: B}\nlamp:\n  on: true\nraw: {any: [thing]}\n", &s)
	if err := d.Err(); err != nil {
		t.Fatal(err)
	}
	if s.Name != "old" || s.Width != 3 || !s.Lamp.On || s.Lamp.Watts != 40 || s.inner != "kept" || s.Raw.Kind != yaml.MappingNode {
		t.Errorf("got %+v", s)
	}
	if d := cmp.Diff([]book{{"A", 100}, {"B", 0}}, s.Books); d != "" {
		t.Error(d)
	}
	if !d.Given("lamp.on") || d.Given("lamp.watts") || d.Line("lamp.on") != 6 || d.Line("lamp.watts") != 5 || d.Line("name") != 0 {
		t.Errorf("keys %v", d.Keys())
	}
}

func TestDecodeErrors(t *testing.T) {
	var s shelf
	d := decode(t, "width: wide\nbooks:\n- {titel: A, pages: 1.5}\nlamp: 3\nPlain: x\n\"\": x\n", &s)
	d.Fail("lamp.on", "is %s", "off")
	want := `f.yaml:1: width: want a number, got the text "wide"
f.yaml:3: unknown key books[0].titel; did you mean books[0].title?
f.yaml:3: books[0].pages: want a whole number, got 1.5
f.yaml:4: lamp: want a mapping with keys on, watts; got 3
f.yaml:5: unknown key Plain; known keys are name, width, books, lamp, raw
f.yaml:6: unknown key ; known keys are name, width, books, lamp, raw
f.yaml:4: lamp.on: is off`
	if d := cmp.Diff(want, d.Err().Error()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestErrorIsOneLine(t *testing.T) {
	e := &Error{Line: 3, Key: "a\nb", Message: "bad"}
	if e.Error() != `line 3: a\nb: bad` {
		t.Errorf("%q", e)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"d_model", "heads", "d_ff", "dropout"}
	for _, c := range []struct{ word, want string }{
		{"d_modle", "d_model"}, {"dmodel", "d_model"}, {"head", "heads"}, {"dropuot", "dropout"},
		{"d_model", "d_model"}, {"vocabulary", ""}, {"", ""}, {"x", ""},
	} {
		if got, ok := Nearest(c.word, known); got != c.want || ok != (c.want != "") {
			t.Errorf("%q: %q, %v; want %q", c.word, got, ok, c.want)
		}
	}
	if _, ok := Nearest("x", nil); ok {
		t.Error("nearest of nothing")
	}
}

func TestDistance(t *testing.T) {
	words := []string{"", "a", "ab", "ba", "abc", "acb", "kitten", "sitting", "größe"}
	for _, c := range []struct {
		a, b string
		want int
	}{{"kitten", "sitting", 3}, {"ab", "ba", 1}, {"", "abc", 3}, {"größe", "grosse", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
	for _, a := range words {
		for _, b := range words {
			if d := distance(a, b); d != distance(b, a) || (d == 0) != (a == b) || d > max(len([]rune(a)), len([]rune(b))) {
				t.Errorf("%q %q: %d there, %d back", a, b, d, distance(b, a))
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"name: a", "books: [{title: x}]", "lamp:", "raw: [1, {a: b}]", "? [a]\n: b", "!!binary a: b", "%TAG ! x\n---\na"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		root, err := Parse("f", src)
		if err == nil {
			d := &Decoder{File: "f"}
			var s shelf
			d.Decode(root, "", &s)
			err = d.Err()
		}
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "f:") {
					t.Fatalf("a line without its file in %q", err)
				}
			}
		}
	})
}
