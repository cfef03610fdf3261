package verify

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

var firstLayer = nn.Place{Total: 1, Layers: 1}

func visible(t *testing.T, kind string, heads, length int, at nn.Place) [][][]bool {
	t.Helper()
	masks, err := Visible(kind, heads, length, at)
	if err != nil {
		t.Fatal(err)
	}
	return masks
}

// What the kernels give a weight is what the patterns say, and every kind is known by
// one of the two.
func TestVisibleIsThePattern(t *testing.T) {
	left := nn.Kinds()
	for _, kind := range []string{
		"full", "relative", "window(5)", "window(3..7, dilation: 1-4, dilated: 1)", "local(6, before: 2)", "strided(6)",
		"strided(6, heads: merged)", "fixed(6, 2)", "fixed(6, 2, heads: split)", "bigbird(5, random: 1)", "favor(24)",
		"favor(24, redraw: 2)", "relu",
	} {
		a, err := nn.ParseAttention(kind)
		if err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(kind, "(")
		left = slices.DeleteFunc(left, func(k string) bool { return k == name })
		at := nn.Place{Total: 1, Layer: 1, Layers: 2}
		pattern, ok := a.Pattern(3, at, 37)
		if !ok {
			t.Errorf("%s has no pattern", kind)
			continue
		}
		for h, mask := range visible(t, kind, 3, 37, at) {
			if !reflect.DeepEqual(mask, pattern.Mask(h)) {
				t.Errorf("%s, head %d: what has a weight is not what the pattern shows", kind, h)
			}
		}
	}
	if want := []string{"lsh", "routing"}; !slices.Equal(left, want) {
		t.Errorf("kinds without a pattern: %v, want %v", left, want)
	}
}

// lsh shows the last 2·chunk positions of the own bucket, of any hash, and a position
// itself only where that is all; buckets are argmax [xR, −xR].
func TestVisibleOfHashes(t *testing.T) {
	for _, c := range []struct {
		kind                   string
		buckets, hashes, chunk int
	}{
		{"lsh(6, chunk: 4)", 6, 1, 4},
		{"lsh(10, hashes: 3, chunk: 5, seed: 7)", 10, 3, 5},
	} {
		const heads, length = 2, 61
		s, err := newSight(c.kind, heads, length, firstLayer)
		if err != nil {
			t.Fatal(err)
		}
		defer s.machine.Close()
		rotations := inputOf[graph.Hash](t, s, 1)
		x := topical(length, heads*sightSize)
		for h, mask := range s.masks() {
			want := square(length)
			for round := range c.hashes {
				of := make([]int, length)
				for i := range of {
					best := math.Inf(-1)
					for sign := range 2 {
						for column := range c.buckets / 2 {
							y := 0.0
							for j := range sightSize {
								r := rotations.Fill(((h*sightSize+j)*c.hashes+round)*c.buckets/2 + column)
								y += x[(i*heads+h)*sightSize+j] * r * float64(1-2*sign)
							}
							if y > best {
								best, of[i] = y, sign*c.buckets/2+column
							}
						}
					}
				}
				showLast(want, of, 2*c.chunk)
			}
			for i, row := range want {
				row[i] = !slices.Contains(row[:i], true)
			}
			sameMask(t, c.kind, h, mask, want)
		}
	}
}

// routing shows the last window positions of the own cluster, that of the nearest mean
// to the vector without its mean and size, and its local heads their chunk and the one
// before.
func TestVisibleOfClusters(t *testing.T) {
	const heads, length, clusters, window, kind = 3, 61, 4, 9, "routing(4, 9, local: 1)"
	s, err := newSight(kind, heads, length, firstLayer)
	if err != nil {
		t.Fatal(err)
	}
	defer s.machine.Close()
	means := s.machine.Read(s.program, inputOf[graph.Nearest](t, s, 1))
	x := topical(length, (heads-1)*sightSize)
	masks := s.masks()
	local, _ := nn.ParseAttention("local(5)")
	pattern, _ := local.Pattern(1, firstLayer, length)
	sameMask(t, kind, 0, masks[0], pattern.Mask(0))
	for h, mask := range masks[1:] {
		of := make([]int, length)
		for i := range of {
			v := x[(i*(heads-1)+h)*sightSize:][:sightSize]
			mean := 0.0
			for _, y := range v {
				mean += y / sightSize
			}
			best := math.Inf(-1)
			for c := range clusters {
				y := 0.0
				for j := range v {
					y += (v[j] - mean) * means[(h*clusters+c)*sightSize+j]
				}
				if y > best {
					best, of[i] = y, c
				}
			}
		}
		want := square(length)
		showLast(want, of, window)
		sameMask(t, kind, h+1, mask, want)
	}
}

// Nothing later is ever visible, whoever chooses. What a causal kind shows to a position
// does not depend on how many come after it; what was published does.
func TestVisibleIsThePast(t *testing.T) {
	for _, kind := range []string{"lsh(6, hashes: 2, chunk: 4", "lsh(8, chunk: 4, every: 1", "routing(3, 8", "routing(5, 6, local: 0"} {
		for _, selection := range []string{"causal", "original"} {
			kind := kind + ", selection: " + selection + ")"
			long, short := visible(t, kind, 2, 66, firstLayer), visible(t, kind, 2, 50, firstLayer)
			alike, some := true, false
			for h := range long {
				for i, row := range long[h] {
					if slices.Contains(row[i+1:], true) {
						t.Errorf("%s, head %d: query %d sees a later key", kind, h, i)
					}
					some = some || slices.Contains(row[:i], true)
					alike = alike && (i >= 50 || slices.Equal(row[:50], short[h][i]))
				}
			}
			if alike != (selection == "causal") || !some {
				t.Errorf("%s: what is seen of 50 positions is the same in 66: %v; something is: %v", kind, alike, some)
			}
		}
	}
}

func TestVisibleErrors(t *testing.T) {
	for kind, want := range map[string]string{"lsh(7)": "buckets 7", "lsh(64)": "64", "routing(4, 99)": "window 99", "sight": "unknown kind"} {
		if _, err := Visible(kind, 2, 40, firstLayer); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", kind, err, want)
		}
	}
}

// inputOf the only op of a kind in the layer.
func inputOf[Op graph.Op](t *testing.T, s *sight, i int) *graph.Value {
	t.Helper()
	for _, n := range s.program.Nodes {
		if _, ok := n.Op.(Op); ok {
			return n.Inputs[i]
		}
	}
	t.Fatal("the layer has no such op")
	return nil
}

// showLast lets positions see the last so many of their group, themselves included.
func showLast(mask [][]bool, group []int, count int) {
	for i := range group {
		seen := 0
		for j := i; j >= 0 && seen < count; j-- {
			if group[j] == group[i] {
				mask[i][j] = true
				seen++
			}
		}
	}
}

func square(n int) [][]bool {
	mask := make([][]bool, n)
	for i := range mask {
		mask[i] = make([]bool, n)
	}
	return mask
}

func sameMask(t *testing.T, kind string, head int, got, want [][]bool) {
	t.Helper()
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Fatalf("%s, head %d: query %d sees\n%v, want\n%v", kind, head, i, got[i], want[i])
		}
	}
}
