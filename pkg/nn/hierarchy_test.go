package nn

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseHierarchy(t *testing.T) {
	for _, c := range []struct {
		in      string
		want    []Level
		text    string
		divisor int
		layers  int
	}{
		{"12@1", []Level{{1, 1, 12, 0}}, "12@1", 1, 12},
		{"5@1,24@3,5@1", []Level{{1, 1, 5, 5}, {3, 3, 24, 0}}, "5@1,24@3,5@1", 3, 34},
		{"2@1 8@4  2@1", []Level{{1, 1, 2, 2}, {4, 4, 8, 0}}, "2@1,8@4,2@1", 4, 12},
		{" 0@1, 1@2,2@6,0@2 ,3@1", []Level{{1, 1, 0, 3}, {2, 2, 1, 0}, {6, 3, 2, 0}}, "0@1,1@2,2@6,0@2,3@1", 6, 6},
	} {
		h, err := ParseHierarchy(c.in)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if d := cmp.Diff(c.want, h.Levels); d != "" {
			t.Errorf("%q: levels (-want +got)\n%s", c.in, d)
		}
		if h.String() != c.text || h.Divisor() != c.divisor || h.Layers() != c.layers || h.Flat() != (len(c.want) == 1) {
			t.Errorf("%q: got %s, divisor %d, %d layers, flat %v", c.in, h, h.Divisor(), h.Layers(), h.Flat())
		}
	}
}

func TestParseHierarchyErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "no terms"},
		{" , ", "no terms"},
		{"12", `term "12" has no @`},
		{"x@1", `layers: "x"`},
		{"-1@1", `layers: "-1"`},
		{"1@0", `total shortening: "0"`},
		{"1@1@1", `total shortening: "1@1"`},
		{"2@2", "must be @1"},
		{"2@1,8@3", "must be @1"},
		{"2@1,8@3,2@2", "must be @1"},
		{"2@1,2@1", "are one level"},
		{"2@1,2@3,2@3,2@1", "are one level"},
		{"1@1,1@2,1@6,1@3,1@1", "same from both ends"},
		{"1@1,1@4,1@6,1@4,1@1", "larger multiple"},
		{"1@1,1@4,1@2,1@4,1@1", "larger multiple"},
		{"1@1,1@1,1@1", "larger multiple"},
		{"1@1,1@9999999999999999999999,1@1", "total shortening"},
		{"99999999@1", "whole number from 0 to 10000"},
	} {
		_, err := ParseHierarchy(c.in)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want it to contain %q", c.in, err, c.want)
		}
	}
}

func TestWithFactor(t *testing.T) {
	h, err := ParseHierarchy("2@1,8@3,1@1")
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.WithFactor(2)
	if err != nil || got.String() != "2@1,8@2,1@1" || got.Levels[1].Factor != 2 {
		t.Errorf("got %s, %v", got, err)
	}
	if h.String() != "2@1,8@3,1@1" {
		t.Errorf("the original changed to %s", h)
	}
	if _, err := h.WithFactor(1); err == nil {
		t.Error("factor 1: no error")
	}
	flat, _ := ParseHierarchy("3@1")
	if _, err := flat.WithFactor(2); err == nil {
		t.Error("flat: no error")
	}
}

func FuzzParseHierarchy(f *testing.F) {
	for _, s := range []string{"12@1", "5@1,24@3,5@1", "1@1 1@2 4@4 1@2 2@1", "0@1,1@2,0@1", "1@1,,2@3,1@1", "@", "1@1,1@4,1@6,1@4,1@1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := ParseHierarchy(s)
		if err != nil {
			if strings.Count(err.Error(), "\n") > 0 {
				t.Fatalf("error of several lines: %q", err)
			}
			return
		}
		again, err := ParseHierarchy(h.String())
		if err != nil {
			t.Fatalf("%q became %q: %v", s, h, err)
		}
		if d := cmp.Diff(h, again); d != "" {
			t.Fatalf("%q: round trip (-first +second)\n%s", s, d)
		}
		total := 1
		for _, l := range h.Levels {
			total *= l.Factor
			if l.Total != total || l.Pre < 0 || l.Post < 0 || h.Divisor()%l.Total != 0 {
				t.Fatalf("%q: level %+v under total %d", s, l, total)
			}
		}
	})
}
