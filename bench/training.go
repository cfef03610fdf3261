package bench

import (
	"fmt"
	"math"

	"hgbench/pkg/cpu"
	"hgbench/pkg/data"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
	"hgbench/pkg/optim"
	"hgbench/pkg/philox"
)

// factorStream draws the shortening factor of a step ("factor" in ASCII).
const factorStream = 0x666163746f72

// variant is one program of a family that shares weights: training with
// another shortening factor, or with another length of memory.
type variant struct {
	*graph.Program
	micro []inputs       // of each micro-batch
	nll   []*graph.Value // [micro-batch, L] of each
	key   *graph.Value   // [4] of dropout, nil without
	hyper *graph.Value   // [3] of Adam
}

// training is the family of programs that train a spec.
type training struct {
	spec     Spec
	variants []*variant
	streams  *data.Streams // recurrent models only
	adam     optim.Adam

	tokens, previous []int32 // of a whole batch, from the first step on

	// done is the sum over the steps of what was executed, where that depends on the
	// data; else 0.
	done float64
}

// newTraining builds the programs. Gradients accumulate over micro-batches
// inside one program, so the plan prices them.
func newTraining(s Spec, vocab int, real graph.DType) (*training, error) {
	t := &training{spec: s}
	models, err := trainedModels(s, vocab)
	if err != nil {
		return nil, err
	}
	for _, m := range models {
		t.variants = append(t.variants, newVariant(s, m, real))
	}
	shape, err := optim.ParseShape(s.Train.Schedule)
	if err != nil {
		return nil, fmt.Errorf("train.schedule: %w", err)
	}
	t.adam = optim.Adam{
		Schedule: optim.Schedule{Peak: s.Train.LearningRate, Warmup: s.Train.Warmup, Steps: s.Train.Steps, Shape: shape},
		Beta1:    s.Train.Beta1, Beta2: s.Train.Beta2,
	}
	return t, nil
}

func newVariant(s Spec, m segment, real graph.DType) *variant {
	g := graph.New(real)
	v := &variant{}
	var b *nn.Builder
	if s.Model.Dropout > 0 || s.random() {
		v.key = g.Input("key", graph.Int32, 4)
		b = nn.Training(g, v.key)
	} else {
		b = nn.Evaluation(g)
	}
	v.hyper = g.Input("hyper", real, 3)
	scale := 1 / float64(s.Train.Batch*s.Train.Context)
	var grads []*graph.Value
	var finish []func()
	for i := range s.Train.Batch / s.Train.MicroBatch {
		name := fmt.Sprint("train.", i) // each micro-batch has rows, and so memory, of its own
		in := newInputs(g, name, m, s.Train.MicroBatch, s.Train.Context)
		logits, after := m.build(b, name, in.tokens, in.previous)
		nll := g.CrossEntropy(logits, in.targets, scale)
		grads = g.Gradients([]*graph.Value{nll}, nil, g.Parameters(), grads)
		g.Output(fmt.Sprint("nll.", i), nll)
		v.micro = append(v.micro, in)
		v.nll = append(v.nll, nll)
		if after != nil {
			finish = append(finish, after)
		}
	}
	for _, f := range finish {
		f()
	}
	b.Finish()
	g.Adam(graph.Adam{
		Beta1: s.Train.Beta1, Beta2: s.Train.Beta2, Epsilon: s.Train.Epsilon,
		Clip: s.Train.Clip, Decay: s.Train.WeightDecay,
	}, v.hyper, g.Parameters(), grads)
	v.Program = graph.Compile(g, cpu.Target(real))
	return v
}

// inputs of a forward pass over a batch of windows. The targets are the tokens
// themselves unless there is padding.
type inputs struct{ tokens, targets, previous *graph.Value }

func newInputs(g *graph.Graph, name string, m segment, batch, context int) inputs {
	padded := nn.PaddedLength(m.model, context)
	in := inputs{tokens: g.Input(name+".tokens", graph.Int32, batch, padded)}
	in.tokens.Pad = padded - context
	in.targets = in.tokens
	if in.tokens.Pad > 0 {
		in.targets = g.Input(name+".targets", graph.Int32, batch, padded)
	}
	if m.recurrent {
		in.previous = g.Input(name+".previous", graph.Int32, batch)
	}
	return in
}

// fill writes row after row of src, each of length tokens, into the inputs:
// what follows in a longer row is id 0 without a target.
func (in inputs) fill(m *cpu.Machine, p *graph.Program, src []int32, length int) {
	row := in.tokens.Shape[1]
	tokens, targets := m.Ints(p, in.tokens), m.Ints(p, in.targets)
	for b := range in.tokens.Shape[0] {
		at := b * row
		copy(tokens[at:at+length], src[b*length:])
		copy(targets[at:at+length], src[b*length:])
		for i := at + length; i < at+row; i++ {
			tokens[i], targets[i] = 0, -1
		}
	}
}

// recurrent says whether the variants are those of a memory that grows.
func (t *training) recurrent() bool { return t.variants[0].micro[0].previous != nil }

// bind prepares the order of the data.
func (t *training) bind(c *data.Corpus) (err error) {
	if err := c.Check(t.spec.Train.Context, t.spec.Train.Batch); err != nil {
		return err
	}
	if t.recurrent() {
		t.streams, err = c.Streams(t.spec.Train.Batch, t.spec.Train.Context)
	}
	return err
}

// programs lists all of the family.
func (t *training) programs() (programs []*graph.Program) {
	for _, v := range t.variants {
		programs = append(programs, v.Program)
	}
	return programs
}

// buffer makes room for a batch, once. No sooner than it is needed: a plan needs
// none, and what does not fit is refused before.
func (t *training) buffer() {
	if t.tokens == nil {
		t.tokens, t.previous = make([]int32, t.spec.Train.Batch*t.spec.Train.Context), make([]int32, t.spec.Train.Batch)
	}
}

// pick chooses the program of a step, and loads the step's tokens.
func (t *training) pick(c *data.Corpus, m *cpu.Machine, step int) *variant {
	tr := t.spec.Train
	t.buffer()
	if t.streams != nil {
		v := t.variants[min(t.streams.Within(step), len(t.variants)-1)]
		if reset := t.streams.At(step, t.tokens, t.previous); reset {
			m.Reset(v.Program)
		}
		return v
	}
	c.Windows(t.spec.Seed, step, tr.Batch, tr.Context, t.tokens)
	if len(t.variants) == 1 {
		return t.variants[0]
	}
	return t.variants[philox.New(t.spec.Seed, factorStream).Uint64n(uint64(step), 0, uint64(len(t.variants)))]
}

// step trains on the tokens of a step, counted from 0, and returns the mean
// loss in nats.
func (t *training) step(c *data.Corpus, m *cpu.Machine, step int) float64 {
	v := t.load(c, m, step)
	m.Run(v.Program)
	if flops, depends := m.Executed(v.Program); depends {
		t.done += flops
	}
	var sum float64
	for _, nll := range v.nll {
		for _, x := range m.Floats(v.Program, nll) {
			sum += float64(x)
		}
	}
	return sum / float64(t.spec.TokensPerStep())
}

// load writes the inputs of a step, and returns the program to run.
func (t *training) load(c *data.Corpus, m *cpu.Machine, step int) *variant {
	tr := t.spec.Train
	v := t.pick(c, m, step)
	for i, in := range v.micro {
		rows := i * tr.MicroBatch
		in.fill(m, v.Program, t.tokens[rows*tr.Context:(rows+tr.MicroBatch)*tr.Context], tr.Context)
		if in.previous != nil {
			copy(m.Ints(v.Program, in.previous), t.previous[rows:rows+tr.MicroBatch])
		}
	}
	hyper := t.adam.Hyper(step)
	m.Write(v.Program, v.hyper, hyper[:])
	if v.key != nil {
		copy(m.Ints(v.Program, v.key), []int32{
			int32(t.spec.Seed), int32(t.spec.Seed >> 32), int32(step), int32(step >> 32),
		})
	}
	return v
}

// bits converts nats.
func bits(nats float64) float64 { return nats / math.Ln2 }
