package data

import (
	"math"
	"slices"
	"testing"
)

// counting returns a corpus whose training split is n tokens that count up modulo 256.
func counting(n, rowLen int) *Corpus {
	c := &Corpus{Name: "counting", Vocab: Vocab, RowLen: rowLen, Train: make([]byte, n)}
	for i := range c.Train {
		c.Train[i] = byte(i)
	}
	return c
}

func TestWindowsAreStretchesOfText(t *testing.T) {
	c := counting(200, 0)
	const batch, context = 3, 17
	dst := make([]int32, batch*context)
	for step := range 50 {
		c.Windows(1, step, batch, context, dst)
		for b := range batch {
			row := dst[b*context : (b+1)*context]
			for i, token := range row {
				if token != row[0]+int32(i) {
					t.Fatalf("step %d, row %d is no stretch of the text: %v", step, b, row)
				}
			}
		}
	}
}

func TestWindowsDependOnSeedAndStepAlone(t *testing.T) {
	c := counting(256, 0)
	draw := func(seed uint64, step int) []int32 {
		dst := make([]int32, 4*8)
		c.Windows(seed, step, 4, 8, dst)
		return dst
	}
	want := draw(1, 7)
	draw(2, 8) // leaves no trace
	if got := draw(1, 7); !slices.Equal(got, want) {
		t.Errorf("drawn again: %v, want %v", got, want)
	}
	if slices.Equal(draw(2, 7), want) || slices.Equal(draw(1, 8), want) {
		t.Error("another seed or step gives the same batch")
	}
	// A larger batch has the smaller one's windows in front, so equal steps stay comparable between batch sizes.
	large := make([]int32, 6*8)
	c.Windows(1, 7, 6, 8, large)
	if !slices.Equal(large[:4*8], want) {
		t.Errorf("a batch of 6 starts with %v, want %v", large[:4*8], want)
	}
	// These are the draws of every machine: a change here changes all recorded runs.
	if starts := []int32{want[0], want[8], want[16], want[24]}; !slices.Equal(starts, []int32{107, 201, 198, 1}) {
		t.Errorf("windows of seed 1, step 7 start at %v", starts)
	}
}

func TestWindowsAreUniform(t *testing.T) {
	const context, rows, draws = 5, 3, 60_000
	tests := []struct {
		name   string
		c      *Corpus
		places []int // where a window may start
	}{
		{"text", counting(24, 0), upTo(20)},
		{"pictures", counting(rows*8, 8), []int{0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19}},
		{"whole pictures", counting(rows*5, 5), []int{0, 5, 10}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			counts := map[int]float64{}
			dst := make([]int32, 10*context)
			for step := range draws / 10 {
				test.c.Windows(3, step, 10, context, dst)
				for b := range 10 {
					counts[int(dst[b*context])]++
				}
			}
			want := float64(draws) / float64(len(test.places))
			var chi2 float64
			for _, place := range test.places {
				chi2 += (counts[place] - want) * (counts[place] - want) / want
				delete(counts, place)
			}
			if len(counts) > 0 {
				t.Errorf("windows start at places where they do not fit: %v", counts)
			}
			if df := float64(len(test.places) - 1); chi2 > df+5*math.Sqrt(2*df) {
				t.Errorf("chi-squared %.1f for %.0f degrees of freedom", chi2, df)
			}
		})
	}
}

func upTo(n int) []int {
	var list []int
	for i := range n {
		list = append(list, i)
	}
	return list
}

func TestStreamsReadInOrder(t *testing.T) {
	tests := []struct {
		name                  string
		c                     *Corpus
		batch, context, steps int
		part                  int // where row 1 starts
		perRow                int // segments between resets
	}{
		{"text", counting(103, 0), 2, 7, 7, 51, 7},
		{"one row", counting(40, 0), 1, 40, 1, 0, 1},
		{"pictures", counting(7*12, 12), 2, 4, 9, 36, 3},
		{"whole pictures", counting(7*12, 12), 3, 12, 2, 24, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := test.c.Streams(test.batch, test.context)
			if err != nil {
				t.Fatal(err)
			}
			if s.Steps() != test.steps {
				t.Fatalf("a pass has %d steps, want %d", s.Steps(), test.steps)
			}
			dst, prev := make([]int32, test.batch*test.context), make([]int32, test.batch)
			for step := range 2*test.steps + 1 {
				reset := s.At(step, dst, prev)
				segment := step % test.steps
				if want := segment%test.perRow == 0; reset != want {
					t.Errorf("step %d: reset is %t, want %t", step, reset, want)
				}
				for b := range test.batch {
					start := b*test.part + segment*test.context
					for i, token := range dst[b*test.context : (b+1)*test.context] {
						if token != int32(start+i) {
							t.Fatalf("step %d, row %d, token %d: %d, want %d", step, b, i, token, start+i)
						}
					}
					want := int32(start - 1)
					if reset {
						want = 0
					}
					if prev[b] != want {
						t.Errorf("step %d, row %d: token before is %d, want %d", step, b, prev[b], want)
					}
				}
			}
		})
	}
}

func TestStreamsErrors(t *testing.T) {
	tests := []struct {
		c              *Corpus
		batch, context int
		want           string
	}{
		{counting(100, 0), 0, 10, "batch 0"},
		{counting(100, 0), 1, 101, "at most 100"},
		{counting(100, 0), 11, 10, "batch 11 × context 10 is more than the 100 tokens"},
		{counting(36, 12), 4, 12, "batch 4 × context 12"},
		{counting(36, 12), 1, 5, "does not divide the 12 sub-pixels"},
	}
	for _, test := range tests {
		_, err := test.c.Streams(test.batch, test.context)
		wantError(t, err, test.want)
	}
}

func BenchmarkWindows(b *testing.B) {
	c := counting(9_000_000, 0)
	dst := make([]int32, 8*512)
	b.ReportAllocs()
	for i := range b.N {
		c.Windows(1, i, 8, 512, dst)
	}
}
