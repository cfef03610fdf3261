package bench

import (
	"strings"
	"testing"

	"hgbench/pkg/nn"
)

// What is wrong with a kind names the parameter, its value and what would be right,
// and lists the kinds; nothing is rounded to what might have been meant.
func TestKindErrors(t *testing.T) {
	list := "he kinds are " + strings.Join(nn.Kinds(), ", ")
	for _, c := range []struct{ kind, want string }{
		{"strided", "stride is missing: want a whole number from 1"},
		{"strided()", "stride is missing: want a whole number from 1"},
		{"strided(0)", "stride 0: want a whole number from 1"},
		{"strided(-1)", "stride -1: want a whole number from 1"},
		{"strided(1.5)", "stride 1.5: want a whole number from 1"},
		{"strided(a)", "stride a: want a whole number from 1"},
		{"strided(600)", "stride 600: want at most the 512 positions"},
		{"strided(8, heads: both)", "heads both: want split or merged"},
		{"strided(8, 9)", "heads 9: want split or merged"},
		{"window", "window is missing: want a whole number from 1"},
		{"window(0)", "window 0: want a whole number from 1"},
		{"window(600)", "window 600: want at most the 512 positions"},
		{"window(8..600)", "window 600: want at most the 512 positions"},
		{"window(8..)", "window 8..: want a whole number from 1"},
		{"window(..8)", "window ..8: want a whole number from 1"},
		{"window(8-)", "or a schedule over the layers such as 32..512 or 1-2-4"},
		{"window(8-0-9)", "window 8-0-9: want a whole number from 1"},
		{"window(-8)", "window -8: want a whole number from 1"},
		{"window(8-9)", "window 8-9: has 2 numbers for 3 layers; want as many"},
		{"window(8, dilation: 0)", "dilation 0: want a whole number from 1"},
		{"window(8, dilation: 1-2)", "dilation 1-2: has 2 numbers for 3 layers"},
		{"window(8, dilation: 1000)", "dilation 1000: want at most the 512 positions"},
		{"window(8, dilated: 9)", "dilated 9: want at most the 4 heads"},
		{"window(8, dilated: 0)", "dilated 0: want a whole number from 1"},
		{"window(99999999999999999999)", "window 99999999999999999999: want"},
		{"window(1e3)", "window 1e3: want a whole number"},
		{"window(8, window: 9)", "window is given twice"},
		{"window(size: 8)", "has no parameter for size: 8, in window(window, dilation: 1, dilated: all)"},
		{"window(8, 1, 1, 1)", "has no parameter for 1, in window("},
		{"window(dilation: 2, 8)", "argument 8 after dilation: want those without a name first"},
		{"window(8", "want a closing parenthesis"},
		{"window 8", "want a name, or name(argument, key: argument)"},
		{"window(8))", `argument "8)": want a number or a word`},
		{"window(8,)", `argument "": want a number or a word`},
		{"local(0)", "chunk 0: want a whole number from 1"},
		{"local(600)", "chunk 600: want at most the 512 positions"},
		{"local(8, before: -1)", "before -1: want a whole number from 0"},
		{"local(8, before: 65)", "before 65: want at most the 64 blocks of 8"},
		{"fixed(8)", "summary is missing: want a whole number from 1"},
		{"fixed(8, 3)", "summary 3: want a divisor of block 8"},
		{"fixed(8, 16)", "summary 16: want a divisor of block 8"},
		{"fixed(0, 0)", "block 0: want a whole number from 1"},
		{"fixed(600, 2)", "block 600: want at most the 512 positions"},
		{"fixed(1, 1)", "block 1: cuts the 4096 positions of the sequence into 4096 blocks; want at most 2048"},
		{"bigbird(1)", "block 1: cuts the 4096 positions of the sequence into 4096 blocks; want at most 2048"},
		{"bigbird(0)", "block 0: want a whole number from 1"},
		{"bigbird(600)", "block 600: want at most the 512 positions"},
		{"bigbird(8, window: 65)", "window 65: want at most the 64 blocks of 8"},
		{"bigbird(8, global: 65)", "global 65: want at most the 64 blocks of 8"},
		{"bigbird(8, random: -1)", "random -1: want a whole number from 0"},
		{"bigbird(8, seed: -3)", "seed -3: want a whole number from 0"},
		{"lsh(3)", "buckets 3: want an even number"},
		{"lsh(1)", "buckets 1: want a whole number from 2"},
		{"lsh(130)", "buckets 130: want an even number, above 128 a multiple of 4"},
		{"lsh(600)", "buckets 600: want at most the 512 positions"},
		{"lsh(8, hashes: 0)", "hashes 0: want a whole number from 1 to 64"},
		{"lsh(8, hashes: 65)", "hashes 65: want a whole number from 1 to 64"},
		{"lsh(8, chunk: 0)", "chunk 0: want a whole number from 1"},
		{"lsh(8, chunk: 600)", "chunk 600: want at most the 512 positions"},
		{"lsh(8, every: 6)", "every 6: no layer of 3 would hash; want at most 5"},
		{"lsh(8, selection: acausal)", "selection acausal: want causal or original"},
		{"routing(8)", "window is missing: want a whole number from 1"},
		{"routing(0, 8)", "clusters 0: want a whole number from 1"},
		{"routing(600, 8)", "clusters 600: want at most the 512 positions"},
		{"routing(8, 600)", "window 600: want at most the 512 positions"},
		{"routing(8, 16, local: 4)", "local 4: want less than the number of heads, 4"},
		{"routing(8, 16, decay: 2)", "decay 2: want a number from 0 to 1"},
		{"routing(8, 16, decay: NaN)", "decay NaN: want a number from 0 to 1"},
		{"routing(8, 16, windw: 3)", "has no parameter for windw: 3"},
		{"favor(0)", "features 0: want a whole number from 1 to 65536"},
		{"favor(100000)", "features 100000: want a whole number from 1 to 65536"},
		{"favor(8, redraw: -1)", "redraw -1: want a whole number from 0"},
		{"favor(8, epsilon: x)", "epsilon x: want a number from 0 to 1"},
		{"relu(3)", "takes no arguments; got 3"},
		{"relative(x: 1)", "takes no arguments; got x: 1"},
		{"windows(8)", "unknown kind, did you mean window?"},
		{"longformer", "unknown kind"},
		{"", "want a name"},
		{"(8)", "want a name"},
	} {
		s := mustParse(t, "model: {system: transformer, hierarchy: 3@1}\ntrain: {context: 512}")
		if strings.Contains(c.want, "4096") {
			s.Train.Context = 4096
		}
		s.Model.Attention = Attention{Kind: c.kind}
		s.normalise() // as a file's or an override's is
		err := s.Validate()
		if err == nil {
			t.Errorf("%q: no error, want %q", c.kind, c.want)
			continue
		}
		for _, want := range []string{"model.attention: ", c.want, list} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v; want it to say %q", c.kind, err, want)
			}
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: several errors for one: %v", c.kind, err)
		}
	}
}

// Of a level map, each level is told.
func TestKindErrorsOfLevels(t *testing.T) {
	for _, c := range []struct{ model, want string }{
		{`{attention: {1: "window(0)", 3: full}}`, `model.attention: level 1: attention "window(0)": window 0: want`},
		{`{attention: {1: full, 3: "window(200)"}}`, "level 3: attention \"window(200)\": window 200: want at most the 168 positions"},
		{`{attention: {1: full}}`, "no kind for level 3 of hierarchy 2@1,8@3,2@1; want such as 3: relative"},
		{`{attention: {1: full, 2: full, 3: full}}`, "level 2 is not in hierarchy 2@1,8@3,2@1; want"},
		{`{attention: "strided(8)", heads: 1}`, "heads split with 1 head: want 2 or more, or heads: merged"},
		{`{attention: "lsh(8)", positions: relative}`, "cannot have relative positions; want positions none, absolute or rotary"},
		{`{heads: 3}`, "model.heads: 3 does not divide d_model 256; want 2 heads"},
	} {
		s, err := ParseSpec("spec", []byte("model: "+c.model))
		if err == nil {
			err = s.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.model, err, c.want)
		}
	}
}
