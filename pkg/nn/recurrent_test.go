package nn

import (
	"strings"
	"testing"
)

func TestCheckRecurrent(t *testing.T) {
	for _, c := range []struct {
		kind           string
		positions      Positions
		length, memory int
		want           string // of the error; none: it has a meaning
	}{
		{"relative", NoPositions, 7, 5, ""},
		{"full", Rotary, 7, 5, ""},
		{"full", NoPositions, 7, 5, ""},
		{"window(3)", Relative, 7, 5, ""},
		{"strided(4)", Relative, 7, 5, ""},
		{"local(4)", Relative, 8, 12, ""},
		{"local(4)", Relative, 7, 0, ""},
		{"local(4)", Relative, 7, 12, "want multiples of 4"},
		{"local(4)", Relative, 8, 10, "borders of blocks of 4"},
		{"fixed(4, 2)", Rotary, 8, 4, ""},
		{"fixed(4, 2)", Rotary, 6, 4, "want multiples of 4"},
		{"full", Absolute, 7, 5, "want relative, rotary or none"},
		{"bigbird(2)", Relative, 8, 8, recurrentKinds},
		{"lsh(2, chunk: 2)", Rotary, 8, 8, recurrentKinds},
		{"routing(2, 2)", Rotary, 8, 8, recurrentKinds},
		{"favor(4)", Rotary, 8, 8, recurrentKinds},
		{"relu", Rotary, 8, 8, recurrentKinds},
		{"window(14)", Rotary, 8, 5, "at most the 13 positions"},
		{"windows(3)", Rotary, 8, 5, "the kinds are"},
	} {
		err := CheckRecurrent(c.kind, c.positions, 2, 1, c.length, c.memory)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %v, %d after %d: %v, want %q", c.kind, c.positions, c.length, c.memory, err, c.want)
		}
	}
	// The error lists all that there are.
	for _, kind := range Kinds() {
		arguments := map[string]string{"window": "(2)", "local": "(2)", "strided": "(2)", "fixed": "(2, 1)", "bigbird": "(2)", "lsh": "(2, chunk: 2)", "routing": "(2, 2)", "favor": "(2)"}[kind]
		err := CheckRecurrent(kind+arguments, Rotary, 2, 1, 8, 8)
		if listed := strings.Contains(recurrentKinds, kind); listed != (err == nil) {
			t.Errorf("%s: listed %v, %v", kind, listed, err)
		}
	}
}

// What a kind shows of positions after memory does not depend on how much of it
// there is beyond its reach.
func TestReach(t *testing.T) {
	for _, c := range []struct {
		kind         string
		memory, want int
	}{
		{"full", 9, 9}, {"window(3)", 9, 3}, {"window(3)", 2, 2}, {"window(3, dilation: 2)", 9, 6}, {"strided(3)", 9, 9},
		{"local(3)", 12, 6}, {"local(3, before: 0)", 12, 3}, {"fixed(3, 1)", 12, 12},
	} {
		a, err := ParseAttention(c.kind)
		if err != nil {
			t.Fatal(err)
		}
		at := Place{Total: 1, Layers: 1}
		reach := a.Reach(2, at, c.memory)
		if reach != c.want {
			t.Errorf("%s reaches %d of %d, want %d", c.kind, reach, c.memory, c.want)
		}
		all, near := a.Recurrent(2, at, 6, c.memory), a.Recurrent(2, at, 6, reach)
		for h := range 2 {
			for i, row := range all.Mask(h) {
				for j, sees := range row {
					if j < c.memory-reach && sees {
						t.Errorf("%s: query %d sees key %d of %d, beyond its reach %d", c.kind, i, j, c.memory, reach)
					} else if j >= c.memory-reach && sees != near.Mask(h)[i][j-(c.memory-reach)] {
						t.Errorf("%s: query %d sees key %d otherwise with less memory", c.kind, i, j)
					}
				}
			}
		}
	}
}
