package data

import (
	"math"
	"slices"
	"testing"

	"hgbench/pkg/philox"
)

// inSample returns the conditional entropy, in bits a token, of a token given k before it, in the very text that was counted.
func inSample(m *ngrams, k int) float64 {
	var bits, n float64
	for _, slot := range m.grams[k].slots {
		if slot.count > 0 {
			c := float64(slot.count)
			bits -= c * math.Log2(c/float64(m.totals[k].get(slot.key>>8)))
			n += c
		}
	}
	return bits / n
}

func TestEnwik7Entropies(t *testing.T) {
	c := open(t, "enwik7")
	// The splits lie one behind the other.
	all := c.Train[:len(c.Train):len(c.Train)]
	all = slices.Concat(all, c.Valid, c.Test)
	m := countNgrams(all, len(all))
	for k, want := range []float64{5.10, 3.87, 3.05} {
		if got := inSample(m, k); math.Abs(got-want) > 0.005 {
			t.Errorf("order %d in-sample: %.3f bits, want %.2f", k, got, want)
		}
	}
	s := Describe(c)
	if s.Counted != 9_000_000 || s.Scored != 500_000 {
		t.Errorf("counted %d and scored %d bytes, want 9 and 0.5 million", s.Counted, s.Scored)
	}
	for k := 1; k < len(s.Orders); k++ {
		if s.Orders[k] >= s.Orders[k-1] {
			t.Errorf("order %d takes %.3f bits, no less than order %d with %.3f", k, s.Orders[k], k-1, s.Orders[k-1])
		}
	}
	// Held out, a model cannot be much better than the in-sample entropy of its order.
	if s.Orders[0] < 5.0 || s.Orders[3] < 2.3 || s.Orders[3] > 2.9 || s.Gzip < 2.5 || s.Gzip > 3.3 {
		t.Errorf("implausible: %+v", s)
	}
}

// A sequence of which the next token is a function of the last one is predicted by order 1 and up.
func TestDescribeCycle(t *testing.T) {
	c := open(t, writeFile(t, "cycle", []byte(repeat("abcd", 5000))))
	s := Describe(c)
	if s.Alphabet != 4 {
		t.Errorf("alphabet of %d, want 4", s.Alphabet)
	}
	if math.Abs(s.Orders[0]-2) > 0.01 {
		t.Errorf("order 0: %.4f bits, want 2", s.Orders[0])
	}
	for k := 1; k < len(s.Orders); k++ {
		if s.Orders[k] > 0.02 {
			t.Errorf("order %d: %.4f bits, want almost 0", k, s.Orders[k])
		}
	}
}

func repeat(s string, n int) (out string) {
	b := make([]byte, 0, n*len(s))
	for range n {
		b = append(b, s...)
	}
	return string(b)
}

// Uniform noise cannot be predicted: all orders need 8 bits and pay a little for having believed in what they counted.
func TestDescribeNoise(t *testing.T) {
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(philox.New(1, 0).Uint64n(0, uint64(i), 256))
	}
	s := Describe(open(t, writeFile(t, "noise", noise)))
	for k, bits := range s.Orders {
		if bits < 8 || bits > 9.5 {
			t.Errorf("order %d: %.3f bits, want 8 to 9.5", k, bits)
		}
	}
	if s.Gzip < 8 {
		t.Errorf("gzip: %.3f bits, want at least 8", s.Gzip)
	}
}

// The probabilities that heldOut uses sum to 1 over the alphabet, for every order and any context.
func TestNgramsAreDistributions(t *testing.T) {
	m := countNgrams([]byte("the cat sat on the mat, the rat sat on that cat"), 47)
	for _, context := range []string{"", "t", "th", "the", "xat", "zzz", "e c"} {
		var sum [maxOrder + 1]float64
		for w := range Vocab {
			full := m.heldOut([]byte(context+string([]byte{byte(w)})), 1000)
			var prefix [maxOrder + 1]float64
			if context != "" {
				prefix = m.heldOut([]byte(context), 1000)
			}
			for k := range sum {
				n := float64(len(context))
				sum[k] += math.Exp2(-(full[k]*(n+1) - prefix[k]*n))
			}
		}
		for k, s := range sum {
			if math.Abs(s-1) > 1e-9 {
				t.Errorf("order %d, context %q: probabilities sum to %v", k, context, s)
			}
		}
	}
}

// Contexts do not reach into the row before: the counts of two rows are those of each alone, added.
func TestNgramsKeepRowsApart(t *testing.T) {
	m := countNgrams([]byte("abcdabcd"), 4)
	for k, want := range []int{4, 3, 2, 1} {
		if got := m.grams[k].used; got != want {
			t.Errorf("order %d: %d different grams, want %d", k, got, want)
		}
	}
	if got := m.grams[1].get('d'<<8 | 'a'); got != 0 {
		t.Errorf("\"da\" across rows is counted %d times", got)
	}
	if got := m.grams[3].get('a'<<24 | 'b'<<16 | 'c'<<8 | 'd'); got != 2 {
		t.Errorf("\"abcd\" is counted %d times, want 2", got)
	}
}

func TestTallyIsAMap(t *testing.T) {
	s := philox.New(5, 0)
	var got tally
	want := map[uint32]uint32{}
	for i := range uint64(20_000) {
		key := uint32(s.Uint64n(0, i, 3000)) * 0x01000193
		if i%7 == 0 {
			key = 0
		}
		got.add(key, uint32(i%3)+1)
		want[key] += uint32(i%3) + 1
	}
	if got.used != len(want) {
		t.Errorf("%d keys, want %d", got.used, len(want))
	}
	for key, n := range want {
		if got.get(key) != n {
			t.Fatalf("key %#x: %d, want %d", key, got.get(key), n)
		}
	}
	if got.get(12345) != want[12345] || new(tally).get(1) != 0 {
		t.Error("absent keys have counts")
	}
}
