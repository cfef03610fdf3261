package bench

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"hgbench/pkg/cpu"
	"hgbench/pkg/data"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
	"hgbench/pkg/philox"
)

// sampleStream draws the tokens of a sample ("sample" in ASCII).
const sampleStream = 0x73616d706c65

// Sampling is how a text is continued.
type Sampling struct {
	Length      int     // tokens to add
	Temperature float64 // 0: always the most likely token
	TopK        int     // draw from the most likely tokens only; 0: from all
	Seed        uint64
}

// Validate says what is wrong.
func (s Sampling) Validate() error {
	switch {
	case s.Length < 1:
		return fmt.Errorf("length %d: want at least 1 token", s.Length)
	case !(s.Temperature >= 0) || math.IsInf(s.Temperature, 0):
		return fmt.Errorf("temperature %g: want 0 (always the most likely token) or more", s.Temperature)
	case s.TopK < 0 || s.TopK > data.Vocab:
		return fmt.Errorf("top-k %d: want 0 (all tokens) to %d", s.TopK, data.Vocab)
	}
	return nil
}

// Sample continues a prompt with a trained model, byte by byte, and writes
// what it adds.
func Sample(ctx context.Context, s Spec, weights string, prompt []byte, how Sampling, w io.Writer) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if err := how.Validate(); err != nil {
		return err
	}
	p, err := newSampler(s)
	if err != nil {
		return err
	}
	m, err := newMachine(threadsOr(0), p.Program)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := loadWeights(m, p.Program, weights); err != nil {
		return err
	}
	return p.write(ctx, m, prompt, how, w)
}

// sample continues the start of the test split, as a sanity check in the
// record: a text of a few lines, shorter where that would take more than 2 % of
// the training's work.
func (r *run) sample() (string, error) {
	if r.corpus.Unit != data.Byte {
		return "", nil
	}
	affordable := 0.02 * r.record.FLOPs.Total / r.sampler.FLOPs.Necessary
	prompt := r.corpus.Test[:min(len(r.corpus.Test), r.sampler.context/2)]
	var text strings.Builder
	how := Sampling{Length: int(min(max(affordable, 64), 256)), Temperature: 0.8, TopK: 40, Seed: r.spec.Seed}
	err := r.sampler.write(r.ctx, r.machine, prompt, how, &text)
	return strings.ToValidUTF8(text.String(), "\ufffd"), err
}

// sampler is a program that gives the logits of one window, as long as the
// model was trained on.
type sampler struct {
	*graph.Program
	inputs
	logits  *graph.Value
	context int
}

func newSampler(s Spec) (*sampler, error) {
	models, err := evaluatedModels(s, data.Vocab, s.Train.Context)
	if err != nil {
		return nil, err
	}
	g := graph.New(graph.Float32)
	p := &sampler{context: s.Train.Context}
	p.inputs = newInputs(g, "sample", models[0], 1, p.context)
	p.logits, _ = models[0].build(nn.Evaluation(g), "sample", p.tokens, p.previous)
	g.Output("logits", p.logits)
	p.Program = graph.Compile(g, cpu.Target(graph.Float32))
	return p, nil
}

// write adds tokens one by one. When the window is full its older half is
// dropped, so that most windows need no new start.
func (p *sampler) write(ctx context.Context, m *cpu.Machine, prompt []byte, how Sampling, w io.Writer) error {
	text := slices.Clone(prompt)
	random := philox.New(how.Seed, sampleStream)
	tokens := make([]int32, p.context)
	for i := range how.Length {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(text) >= p.context {
			text = text[len(text)-p.context/2:]
		}
		clear(tokens)
		for j, b := range text {
			tokens[j] = int32(b)
		}
		p.fill(m, p.Program, tokens, p.context)
		if p.previous != nil {
			m.Ints(p.Program, p.previous)[0] = 0
		}
		m.Run(p.Program)
		vocab := p.logits.Cols()
		logits := m.Floats(p.Program, p.logits)[len(text)*vocab:][:vocab]
		next := byte(choose(logits, how, random.Uniform(uint64(i), 0)))
		text = append(text, next)
		if _, err := w.Write([]byte{next}); err != nil {
			return fmt.Errorf("write sample: %w", err)
		}
	}
	return nil
}

// choose draws a token with probability ∝ exp(logit/temperature) among the
// TopK most likely; u is uniform in [0, 1).
func choose(logits []float32, how Sampling, u float64) int {
	order := make([]int, len(logits))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case logits[a] > logits[b]:
			return -1
		case logits[a] < logits[b]:
			return 1
		}
		return 0
	})
	if how.Temperature == 0 {
		return order[0]
	}
	if how.TopK > 0 {
		order = order[:how.TopK]
	}
	odds := make([]float64, len(order))
	var total float64
	for i, t := range order {
		odds[i] = math.Exp((float64(logits[t]) - float64(logits[order[0]])) / how.Temperature)
		total += odds[i]
	}
	for i, t := range order {
		if u -= odds[i] / total; u < 0 {
			return t
		}
	}
	return order[len(order)-1]
}
