package bench

import (
	"math"
	"testing"

	"hgbench/pkg/graph"
)

// Micro-batches add up to the batch: the same losses but for rounding, the same
// necessary FLOPs, less memory.
func TestMicroBatches(t *testing.T) {
	corpus := inMemory(0)
	for name, changes := range map[string][]string{
		"transformer":    {"model.attention=full", "model.positions=rotary"},
		"hourglass":      {"train.context=13"},
		"transformer-xl": {"model.memory=20"},
	} {
		whole := tiny(t, name, append(changes, "train.epsilon=1e-4", "train.steps=30")...)
		micro := tiny(t, name, append(changes, "train.epsilon=1e-4", "train.steps=30", "train.micro_batch=1")...)
		want, got := start(t, whole, corpus, 1).steps(30), start(t, micro, corpus, 1).steps(30)
		if want[29] > want[0]-0.3 {
			t.Errorf("%s learns nothing: %.3f", name, want)
		}
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-4 {
				t.Errorf("%s, step %d: loss %.6f, of the whole batch %.6f", name, i, got[i], want[i])
				break
			}
		}
		f, g := flops(t, whole), flops(t, micro)
		if f.NecessaryPerToken != g.NecessaryPerToken || f.DensePerToken != g.DensePerToken || f.Total != g.Total {
			t.Errorf("%s: flops %+v, of the whole batch %+v", name, g, f)
		}
		p, q := memory(t, whole), memory(t, micro)
		if q.Activations >= p.Activations || q.Weights != p.Weights || q.Optimizer != p.Optimizer {
			t.Errorf("%s: memory %+v, of the whole batch %+v", name, q, p)
		}
	}
}

// A context that the factor does not divide is padded: nothing that the padding
// holds changes a bit of a loss or a weight, and the loss is the mean over the
// tokens alone.
func TestPaddingIsNotLearnt(t *testing.T) {
	corpus := inMemory(0)
	for _, shorten := range shortenings {
		for _, upsample := range upsamplings {
			s := tiny(t, "hourglass", "train.context=13", "model.shorten="+shorten, "model.upsample="+upsample)
			e := evaluatorOf(t, s, corpus, corpus.Train, 13)
			run := start(t, s, corpus, 1, e.list()...)
			v := run.variants[0]
			in := v.micro[0]
			if in.tokens.Shape[1] != 15 || in.targets == in.tokens {
				t.Fatalf("inputs %v, %v: not padded", in.tokens, in.targets)
			}
			loss := func(pad int32) (float64, string) {
				run.machine.Init(1)
				run.pick(corpus, run.machine, 0)
				in.fill(run.machine, v.Program, run.tokens, 13)
				for i, tokens := 0, run.machine.Ints(v.Program, in.tokens); i < len(tokens); i++ {
					if i%15 >= 13 {
						tokens[i] = pad
					}
				}
				run.machine.Write(v.Program, v.hyper, []float64{0.01, 0.1, 0.02})
				run.machine.Run(v.Program)
				var sum float64
				for i, x := range run.machine.Floats(v.Program, v.nll[0]) {
					sum += float64(x)
					if i%15 >= 13 && x != 0 {
						t.Errorf("%s, %s: padding has loss %g", shorten, upsample, x)
					}
				}
				return sum / (4 * 13), run.machine.Hash()
			}
			want, weights := loss(0)
			if got, other := loss(77); got != want || other != weights {
				t.Errorf("%s, %s: the padding changes the loss from %g to %g, or the weights", shorten, upsample, want, got)
			}
			run.machine.Init(1)
			var sum float64
			for row := range 4 {
				e.split = make([]byte, 13)
				for i := range e.split {
					e.split[i] = byte(run.tokens[row*13+i])
				}
				found, err := e.run(t.Context(), run.machine, newTally(), nil)
				if err != nil {
					t.Fatal(err)
				}
				sum += found.bpc
			}
			if math.Abs(bits(want)-sum/4) > 1e-6 {
				t.Errorf("%s, %s: loss %.8f bits, of the windows one by one %.8f", shorten, upsample, bits(want), sum/4)
			}
		}
	}
}

// The factor of a step is one of those asked for, and each occurs.
func TestShortenFactors(t *testing.T) {
	corpus := inMemory(0)
	s := tiny(t, "hourglass", "model.shorten=average", "model.upsample=repeat", "train.shorten_factors=[2, 5]", "train.context=13")
	run := start(t, s, corpus, 1)
	count := map[int]int{}
	for step := range 100 {
		v := run.pick(corpus, run.machine, step)
		count[v.micro[0].tokens.Shape[1]]++
		if v != run.pick(corpus, run.machine, step) {
			t.Errorf("step %d draws another factor when asked again", step)
		}
	}
	if len(count) != 2 || count[14]+count[15] != 100 || count[14] < 30 || count[15] < 30 {
		t.Errorf("padded lengths %v, want 14 and 15 about as often", count)
	}
}

// Memory carries over: with it the second segment of a stream is predicted
// otherwise than without, and a new pass over the text forgets it.
func TestMemoryOfStreams(t *testing.T) {
	corpus := inMemory(0)
	corpus.Train = corpus.Train[:4*14*3] // three segments a row
	s := tiny(t, "transformer-xl", "model.memory=14", "train.lr=1e-30")
	run := start(t, s, corpus, 1)
	if len(run.variants) != 2 {
		t.Fatalf("%d programs, want one without memory and one with", len(run.variants))
	}
	first := run.steps(6)
	for i := range 3 {
		if first[i] != first[i+3] {
			t.Errorf("segment %d: loss %g, in the next pass %g", i, first[i], first[i+3])
		}
	}
	run.machine.Init(1)
	run.pick(corpus, run.machine, 0)
	var alone float64
	if alone = run.step(corpus, run.machine, 1); alone == first[1] {
		t.Errorf("segment 1 has loss %g with and without memory of segment 0", alone)
	}
}

// The float64 reference of a training step agrees with float32.
func TestTrainingInFloat64(t *testing.T) {
	corpus := inMemory(0)
	s := tiny(t, "hourglass", "train.context=13")
	reference, err := newTraining(s, corpus.Vocab, graph.Float64)
	if err != nil {
		t.Fatal(err)
	}
	m := machine(t, 1, reference.programs()...)
	m.Init(s.Seed)
	v := reference.pick(corpus, m, 0)
	v.micro[0].fill(m, v.Program, reference.tokens, 13)
	m.Write(v.Program, v.hyper, []float64{1e-3, 0.1, 0.02})
	m.Run(v.Program)
	var sum float64
	for _, x := range m.Read(v.Program, v.nll[0]) {
		sum += x
	}
	want := sum / (4 * 13)
	if got := start(t, s, corpus, 1).steps(1)[0]; math.Abs(got-want) > 1e-6 {
		t.Errorf("loss %.8f, in float64 %.8f", got, want)
	}
}
