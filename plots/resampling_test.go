package plots

import (
	"strings"
	"testing"
)

// groups is the mask of attention between two lengths, each query seeing what it
// may and so many positions more.
func groups(queries, keys, more int) [][]bool {
	mask := make([][]bool, queries)
	for i := range mask {
		mask[i] = make([]bool, keys)
		for j := range mask[i] {
			if queries < keys {
				mask[i][j] = j < (i+1)*keys/queries+more
			} else {
				mask[i][j] = j <= i*keys/queries+more
			}
		}
	}
	return mask
}

func TestResampling(t *testing.T) {
	for _, c := range []struct {
		name          string
		queries, keys int
		more          int
		want          string
	}{
		{"shorten", 4, 12, 0, "100 % of the 30 causal pairs are visible"},
		{"upsample", 12, 4, 0, "100 % of the 30 causal pairs are visible"},
		{"same length", 4, 4, 0, "100 % of the 10 causal pairs are visible"},
		{"shorten, looking ahead", 4, 12, 1, "3 pairs of the future: not causal"},
		{"upsample, looking ahead", 12, 4, 1, "9 pairs of the future: not causal"},
	} {
		f, err := Resampling(c.name, groups(c.queries, c.keys, c.more))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(f.Subtitle, c.want) {
			t.Errorf("%s: %q, want %q", c.name, f.Subtitle, c.want)
		}
	}
	for _, mask := range [][][]bool{nil, {{}}, {{true}, {true, false}}, groups(4, 6, 0)} {
		if _, err := Resampling("bad", mask); err == nil {
			t.Errorf("a mask of %d queries: want an error", len(mask))
		}
	}
}
