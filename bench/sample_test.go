package bench

import (
	"bytes"
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"hgbench/pkg/checkpoint"
)

// saved are the weights of a short training, in a file.
func saved(t *testing.T, s Spec) string {
	t.Helper()
	run := start(t, s, inMemory(0), 1)
	run.steps(4)
	path := filepath.Join(t.TempDir(), "weights")
	if err := checkpoint.Save(path, tensorsOf(run.machine, run.variants[0].Program)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSample(t *testing.T) {
	for name, s := range runs(t) {
		t.Run(name, func(t *testing.T) {
			weights := saved(t, s)
			sample := func(how Sampling, prompt string) string {
				t.Helper()
				var b bytes.Buffer
				if err := Sample(t.Context(), s, weights, []byte(prompt), how, &b); err != nil {
					t.Fatal(err)
				}
				return b.String()
			}
			how := Sampling{Length: 40, Temperature: 1, Seed: 3}
			first := sample(how, "words")
			if len(first) != 40 || sample(how, "words") != first {
				t.Errorf("%d bytes, want the same 40 again", len(first))
			}
			how.Seed = 4
			if sample(how, "words") == first {
				t.Error("another seed gives the same text")
			}
			greedy := sample(Sampling{Length: 20}, "words")
			if one := sample(Sampling{Length: 20, Temperature: 2, TopK: 1}, "words"); one != greedy {
				t.Errorf("top-k 1 gives %q, temperature 0 %q", one, greedy)
			}
			sample(how, "") // from nothing
			sample(how, string(text(100, 1)))
		})
	}
}

// The next token is the likeliest under the model's own distribution, at every
// length of the prompt.
func TestSampleFollowsTheModel(t *testing.T) {
	s := tiny(t, "hourglass", "train.context=13")
	weights := saved(t, s)
	m, err := NewModel(s, 256)
	if err != nil {
		t.Fatal(err)
	}
	run := start(t, s, inMemory(0), 1)
	if err := loadWeights(run.machine, run.variants[0].Program, weights); err != nil {
		t.Fatal(err)
	}
	read := newReader(t, m, 13, run.machine)
	prompt := text(12, 5)
	for n := range 13 {
		var b bytes.Buffer
		if err := Sample(t.Context(), s, weights, prompt[:n], Sampling{Length: 1}, &b); err != nil {
			t.Fatal(err)
		}
		read.bits(prompt[:n])
		logits := read.machine.Read(read.program, read.logits)[n*256:][:256]
		best := 0
		for i, x := range logits {
			if x > logits[best] {
				best = i
			}
		}
		if got := b.Bytes()[0]; int(got) != best {
			t.Errorf("after %d tokens: %d, the likeliest is %d", n, got, best)
		}
	}
}

func TestChoose(t *testing.T) {
	logits := []float32{0, 2, 2, -1, float32(math.Log(3))}
	for _, c := range []struct {
		how  Sampling
		u    float64
		want int
	}{
		{Sampling{Temperature: 0}, 0.9, 1}, // the first of equals
		{Sampling{Temperature: 1, TopK: 2}, 0.49, 1},
		{Sampling{Temperature: 1, TopK: 2}, 0.51, 2},
		{Sampling{Temperature: 1}, 0, 1},
		{Sampling{Temperature: 1}, 0.9999, 3},
		{Sampling{Temperature: 1e-9}, 0.9999, 2},
		{Sampling{Temperature: 1e9, TopK: 3}, 0.99, 4},
	} {
		if got := choose(logits, c.how, c.u); got != c.want {
			t.Errorf("%+v, u %g: %d, want %d", c.how, c.u, got, c.want)
		}
	}
	// Frequencies follow exp(logit/temperature).
	count := make([]float64, len(logits))
	const n = 10_000
	for i := range n {
		count[choose(logits, Sampling{Temperature: 2}, (float64(i)+0.5)/n)]++
	}
	var sum float64
	for _, x := range logits {
		sum += math.Exp(float64(x) / 2)
	}
	for i, x := range logits {
		if want := n * math.Exp(float64(x)/2) / sum; math.Abs(count[i]-want) > 2 {
			t.Errorf("token %d drawn %g times of %d, want %.1f", i, count[i], n, want)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestSampleErrors(t *testing.T) {
	s := tiny(t, "transformer")
	weights := saved(t, s)
	for want, how := range map[string]Sampling{
		"length 0":         {},
		"temperature -1":   {Length: 1, Temperature: -1},
		"temperature NaN":  {Length: 1, Temperature: math.NaN()},
		"temperature +Inf": {Length: 1, Temperature: math.Inf(1)},
		"top-k 257":        {Length: 1, TopK: 257},
		"top-k -1":         {Length: 1, TopK: -1},
	} {
		if err := Sample(t.Context(), s, weights, nil, how, &bytes.Buffer{}); err == nil || !contains(err, want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if err := Sample(t.Context(), s, weights, nil, Sampling{Length: 1}, brokenWriter{}); err == nil || !contains(err, "write sample: disk full") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Sample(ctx, s, weights, nil, Sampling{Length: 1}, &bytes.Buffer{}); !isCancelled(err) {
		t.Error(err)
	}
}
