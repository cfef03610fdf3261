package philox

import (
	"fmt"
	"math"
	"testing"
)

// The known answers are those of Random123's tests/kat_vectors for philox4x32, 10 rounds.
func TestRoundsKnownAnswers(t *testing.T) {
	tests := []struct {
		name string
		ctr  [4]uint32
		key  [2]uint32
		want [4]uint32
	}{
		{"zeros", [4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{"ones", [4]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, [2]uint32{0xffffffff, 0xffffffff},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{"digits of pi", [4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Rounds(test.ctr, test.key); got != test.want {
				t.Errorf("got %08x, want %08x", got, test.want)
			}
		})
	}
}

func TestBlockIsRoundsOfCounter(t *testing.T) {
	s := New(0xa4093822_299f31d0, 0x03707344)
	ctr, key := s.Counter(0x13198a2e, 0x85a308d3_243f6a88)
	if want := [4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}; ctr != want {
		t.Errorf("counter %08x, want %08x", ctr, want)
	}
	if want := [2]uint32{0x299f31d0, 0xa4093822}; key != want {
		t.Errorf("key %08x, want %08x", key, want)
	}
	if got, want := s.Block(0x13198a2e, 0x85a308d3_243f6a88), Rounds(ctr, key); got != want {
		t.Errorf("block %08x, want %08x", got, want)
	}
}

// Every single bit of seed, stream, step and element names another block, and so do swapped roles.
func TestNoCollisions(t *testing.T) {
	seen := map[string]string{}
	visit := func(seed, stream, step, element uint64) {
		name := fmt.Sprintf("seed %#x, stream %#x, step %#x, element %#x", seed, stream, step, element)
		ctr, key := New(seed, stream).Counter(step, element)
		at := fmt.Sprint(ctr, key)
		if other, ok := seen[at]; ok {
			t.Errorf("%s and %s share a block", name, other)
		}
		seen[at] = name
	}
	visit(0, 0, 0, 0)
	for bit := range 64 {
		visit(1<<bit, 0, 0, 0)
		visit(0, 0, 0, 1<<bit)
		if bit < 32 {
			visit(0, 1<<bit, 0, 0)
			visit(0, 0, 1<<bit, 0)
			visit(1<<bit, 1<<bit, 1<<bit, 1<<bit)
		}
	}
}

// Beyond the guaranteed range the numbers must still differ from those of the same seed.
func TestHighBitsMatter(t *testing.T) {
	base := New(1, 2).Block(3, 4)
	if New(1, 2|1<<40).Block(3, 4) == base {
		t.Error("the high bits of the stream are ignored")
	}
	if New(1, 2).Block(3|1<<40, 4) == base {
		t.Error("the high bits of the step are ignored")
	}
}

// moments returns mean and variance of n draws.
func moments(n int, draw func(i uint64) float64) (mean, variance float64) {
	for i := range n {
		x := draw(uint64(i))
		mean += x
		variance += x * x
	}
	mean /= float64(n)
	return mean, variance/float64(n) - mean*mean
}

func TestUniform(t *testing.T) {
	const n = 200_000
	s := New(1, 0)
	mean, variance := moments(n, func(i uint64) float64 {
		u := s.Uniform(7, i)
		if u < 0 || u >= 1 {
			t.Fatalf("element %d: %v is not in [0, 1)", i, u)
		}
		return u
	})
	// Five standard errors: sqrt(1/12/n) for the mean, sqrt(1/180/n) for the variance.
	if math.Abs(mean-0.5) > 5*math.Sqrt(1./12/n) || math.Abs(variance-1./12) > 5*math.Sqrt(1./180/n) {
		t.Errorf("mean %v, variance %v; want 1/2 and 1/12", mean, variance)
	}
	if got := unit(math.MaxUint32, math.MaxUint32); got >= 1 {
		t.Errorf("the greatest number is %v, want it under 1", got)
	}
}

func TestNormal(t *testing.T) {
	const n = 200_000
	s := New(1, 1)
	var tail int
	mean, variance := moments(n, func(i uint64) float64 {
		x := s.Normal(0, i)
		if math.IsNaN(x) || math.Abs(x) > 8.58 {
			t.Fatalf("element %d: %v", i, x)
		}
		if math.Abs(x) > 1.959964 {
			tail++
		}
		return x
	})
	if math.Abs(mean) > 5*math.Sqrt(1./n) || math.Abs(variance-1) > 5*math.Sqrt(2./n) {
		t.Errorf("mean %v, variance %v; want 0 and 1", mean, variance)
	}
	if got := float64(tail) / n; math.Abs(got-0.05) > 5*math.Sqrt(0.05*0.95/n) {
		t.Errorf("%.4f of the draws are beyond 1.96, want 0.05", got)
	}
}

func TestUint64n(t *testing.T) {
	s := New(9, 3)
	for _, n := range []uint64{1, 2, 3, 10, 255} {
		counts := make([]float64, n)
		draws := 2000 * float64(n)
		for i := range uint64(draws) {
			x := s.Uint64n(n, i, n)
			if x >= n {
				t.Fatalf("%d is not in [0, %d)", x, n)
			}
			counts[x]++
		}
		var chi2 float64
		for _, c := range counts {
			chi2 += (c - 2000) * (c - 2000) / 2000
		}
		// Chi-squared with n−1 degrees of freedom has mean n−1 and variance 2(n−1).
		if df := float64(n - 1); chi2 > df+5*math.Sqrt(2*df) {
			t.Errorf("n %d: chi-squared %.1f", n, chi2)
		}
	}
	if got := s.Uint64n(0, 0, 0); got != 0 {
		t.Errorf("n 0: got %d, want 0", got)
	}
	if got := s.Uint64n(0, 0, math.MaxUint64); got < 1<<32 {
		t.Errorf("a draw below 2⁶⁴ is only %d", got)
	}
}

func BenchmarkBlock(b *testing.B) {
	s := New(1, 2)
	b.SetBytes(16)
	var sum uint32
	for i := range b.N {
		sum += s.Block(1, uint64(i))[0]
	}
	_ = sum
}
