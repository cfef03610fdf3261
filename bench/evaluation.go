package bench

import (
	"cmp"
	"context"
	"fmt"

	"hgbench/pkg/cpu"
	"hgbench/pkg/data"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
	"hgbench/results"
)

// positionSlices is how many slices of a window are told apart when loss is
// shown against position.
const positionSlices = 32

// evaluator scores a split: windows of one length, several at a time.
type evaluator struct {
	programs []*scoring // by length of memory; one for models without
	windows  []data.Window
	split    []byte
	batch    int
	length   int // of a window, in tokens
	row      int // tokens after which a recurrent model forgets: a picture, or the whole text
}

// scoring is one evaluation program.
type scoring struct {
	*graph.Program
	inputs
	nll *graph.Value // [batch, L]
}

// score is what an evaluation found.
type score struct {
	bpc      float64
	windows  []float64 // mean bits of the newly counted targets of each window
	position []float64 // mean bits by slice of the window, over full windows
}

// evaluation describes the windows, for the record.
func (e *evaluator) evaluation(s Spec) results.Evaluation {
	last := e.windows[len(e.windows)-1]
	found := results.Evaluation{Context: s.Eval.Context, Stride: s.Eval.Stride, Bytes: int64(last.Start + last.Len)}
	if e.row < len(e.split) {
		found.Row = e.row
	}
	return found
}

// newEvaluator plans the evaluation of the first n targets of a split. Windows
// are as the corpus lays them; a recurrent model reads segment after segment
// instead, each predicted from memory of those before it.
func newEvaluator(s Spec, c *data.Corpus, split []byte, n int64, real graph.DType) (*evaluator, error) {
	targets := int(min(n, int64(len(split))))
	e := &evaluator{split: split, batch: 1, row: cmp.Or(c.RowLen, len(split))}
	e.length = min(s.Eval.Context, targets, e.row)
	models, err := evaluatedModels(s, c.Vocab, e.length)
	if err != nil {
		return nil, err
	}
	if models[0].recurrent {
		e.windows = segmentsOf(targets, e.length, e.row)
	} else if e.windows, err = c.EvalWindows(targets, s.Eval.Context, s.Eval.Stride); err != nil {
		return nil, err
	} else {
		e.batch = max(1, min(s.Train.MicroBatch*s.Train.Context/e.length, len(e.windows)))
	}
	for _, m := range models {
		g := graph.New(real)
		p := &scoring{inputs: newInputs(g, "eval", m, e.batch, e.length)}
		logits, after := m.build(nn.Evaluation(g), "eval", p.tokens, p.previous)
		p.nll = g.CrossEntropy(logits, p.targets, 1)
		g.Output("nll", p.nll)
		if after != nil {
			after()
		}
		p.Program = graph.Compile(g, cpu.Target(real))
		e.programs = append(e.programs, p)
	}
	return e, nil
}

func (e *evaluator) list() (programs []*graph.Program) {
	for _, p := range e.programs {
		programs = append(programs, p.Program)
	}
	return programs
}

// segmentsOf cuts n targets into segments that follow one another; the last one
// of a row may be shorter.
func segmentsOf(n, length, row int) (windows []data.Window) {
	for start := 0; start < n; start += row {
		for at := start; at < min(start+row, n); at += length {
			size := min(length, start+row-at, n-at)
			windows = append(windows, data.Window{Start: at, Len: size, Score: size})
		}
	}
	return windows
}

// necessary FLOPs of the whole evaluation.
func (e *evaluator) necessary() float64 {
	return e.full().FLOPs.Necessary * e.batches()
}

// full is the program of a full memory, or the only one.
func (e *evaluator) full() *scoring { return e.programs[len(e.programs)-1] }

// batches is how many a whole evaluation takes.
func (e *evaluator) batches() float64 { return float64((len(e.windows) + e.batch - 1) / e.batch) }

// tally is how far an evaluation has come.
type tally struct {
	Nats     float64   `json:"nats"`
	Targets  float64   `json:"targets"`
	Windows  []float64 `json:"windows"` // as in a score
	Position []float64 `json:"position"`
	Seen     []float64 `json:"seen"`
}

func newTally() *tally {
	return &tally{Position: make([]float64, positionSlices), Seen: make([]float64, positionSlices)}
}

// run scores all windows, or those that t does not count yet. After each batch
// it tells progress, which may be nil, and whose error ends it.
func (e *evaluator) run(ctx context.Context, m *cpu.Machine, t *tally, progress func(done, total int) error) (score, error) {
	tokens := make([]int32, e.batch*e.length)
	for len(t.Windows) < len(e.windows) {
		if err := ctx.Err(); err != nil {
			return score{}, err
		}
		first := len(t.Windows)
		batch := e.windows[first:min(first+e.batch, len(e.windows))]
		p := e.load(m, batch, tokens)
		m.Run(p.Program)
		nll := m.Floats(p.Program, p.nll)
		for row, w := range batch {
			if err := t.add(nll[row*p.tokens.Shape[1]:][:w.Len], w, e.length); err != nil {
				return score{}, err
			}
		}
		if progress != nil {
			if err := progress(len(t.Windows), len(e.windows)); err != nil {
				return score{}, err
			}
		}
	}
	s := score{bpc: bits(t.Nats / t.Targets), windows: t.Windows}
	if e.length >= positionSlices {
		for i, sum := range t.Position {
			s.position = append(s.position, sum/t.Seen[i])
		}
	}
	return s, nil
}

// add counts a window; losses are those of its tokens in nats, length is that
// of a full one.
func (t *tally) add(losses []float32, w data.Window, length int) error {
	var nats float64
	for _, x := range losses[w.Len-w.Score:] {
		nats += float64(x)
	}
	if nats-nats != 0 {
		return fmt.Errorf("the loss of the window at token %d is %g: the weights have diverged", w.Start, nats)
	}
	t.Nats += nats
	t.Targets += float64(w.Score)
	t.Windows = append(t.Windows, bits(nats/float64(w.Score)))
	if w.Len == length {
		for i, x := range losses {
			t.Position[i*positionSlices/length] += bits(float64(x))
			t.Seen[i*positionSlices/length]++
		}
	}
	return nil
}

// load writes a batch of windows into the program that scores it.
func (e *evaluator) load(m *cpu.Machine, batch []data.Window, tokens []int32) *scoring {
	p := e.programs[0]
	if p.previous != nil {
		p = e.segment(m, batch[0])
	}
	clear(tokens)
	for row, w := range batch {
		for i, b := range e.split[w.Start : w.Start+w.Len] {
			tokens[row*e.length+i] = int32(b)
		}
	}
	p.fill(m, p.Program, tokens, e.length)
	return p
}

// segment picks the program for a segment of a stream: the memory holds what
// has been read since the start of the text or picture.
func (e *evaluator) segment(m *cpu.Machine, w data.Window) *scoring {
	within := w.Start % e.row
	p := e.programs[min(within/e.length, len(e.programs)-1)]
	if within == 0 {
		m.Reset(p.Program)
	}
	previous := int32(0)
	if within > 0 {
		previous = int32(e.split[w.Start-1])
	}
	m.Ints(p.Program, p.previous)[0] = previous
	return p
}

func checkFinite(x float64, step int) error {
	if x-x != 0 {
		return fmt.Errorf("the loss is %g at step %d: the run diverged; a lower train.lr or train.clip: 1 may help", x, step)
	}
	return nil
}
