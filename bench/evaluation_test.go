package bench

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"hgbench/pkg/baselines"
	"hgbench/pkg/cpu"
	"hgbench/pkg/data"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// reader computes logits of one window with a program of its own, and losses
// from them in float64: what an evaluation must agree with.
type reader struct {
	program        *graph.Program
	tokens, logits *graph.Value
	machine        *cpu.Machine
}

func newReader(t *testing.T, m nn.Model, length int, weights *cpu.Machine) *reader {
	t.Helper()
	g := graph.New(graph.Float32)
	r := &reader{tokens: g.Input("tokens", graph.Int32, 1, nn.PaddedLength(m, length))}
	r.logits = m.Logits(nn.Evaluation(g), r.tokens)
	g.Output("logits", r.logits)
	r.program = graph.Compile(g, cpu.Target(graph.Float32))
	r.machine = machine(t, 1, r.program)
	r.machine.CopyWeights(weights)
	return r
}

// bits of each token of a window.
func (r *reader) bits(window []byte) []float64 {
	tokens := r.machine.Ints(r.program, r.tokens)
	clear(tokens)
	for i, b := range window {
		tokens[i] = int32(b)
	}
	r.machine.Run(r.program)
	logits := r.machine.Read(r.program, r.logits)
	out := make([]float64, len(window))
	for i, b := range window {
		row := logits[i*data.Vocab:][:data.Vocab]
		var sum float64
		for _, x := range row {
			sum += math.Exp(x)
		}
		out[i] = (math.Log(sum) - row[b]) / math.Ln2
	}
	return out
}

// targetsOf are the targets of each window as the record lets readers find
// them; they must be those that were scored.
func targetsOf(t *testing.T, s Spec, e *evaluator) []float64 {
	t.Helper()
	targets, err := e.evaluation(s).Targets()
	if err != nil || len(targets) != len(e.windows) {
		t.Fatalf("%d windows, recorded as %d, %v", len(e.windows), len(targets), err)
	}
	for i, w := range e.windows {
		if targets[i] != float64(w.Score) {
			t.Errorf("window %d scores %d targets, recorded as %g", i, w.Score, targets[i])
		}
	}
	return targets
}

func total(x []float64) (sum float64) {
	for _, v := range x {
		sum += v
	}
	return sum
}

// An evaluation is what its definition says: window i ends at min(context +
// i·stride, n) and starts at most context before, and counts what has not been
// counted; every target once.
func TestEvaluationAgainstItsDefinition(t *testing.T) {
	corpus := inMemory(0)
	for _, system := range []string{"hourglass", "transformer"} {
		for _, c := range []struct{ n, context, stride int }{
			{5, 14, 7}, {14, 14, 7}, {15, 14, 14}, {40, 14, 14}, {42, 14, 14}, {47, 14, 5}, {31, 13, 1}, {1, 14, 3}, {30, 1, 1}, {64, 20, 10},
		} {
			t.Run(fmt.Sprint(system, c), func(t *testing.T) {
				s := tiny(t, system, fmt.Sprint("eval.context=", c.context), fmt.Sprint("eval.stride=", c.stride))
				e := evaluatorOf(t, s, corpus, corpus.Test, c.n)
				run := start(t, s, corpus, 1, e.list()...)
				run.steps(4)
				found, err := e.run(t.Context(), run.machine, newTally(), nil)
				if err != nil {
					t.Fatal(err)
				}
				m, err := NewModel(s, data.Vocab)
				if err != nil {
					t.Fatal(err)
				}
				targets := targetsOf(t, s, e)
				read := newReader(t, m, min(c.context, c.n), run.machine)
				var bits float64
				counted, window := 0, 0
				for ; counted < c.n; window++ {
					end := min(c.context+window*c.stride, c.n)
					from := max(0, end-c.context)
					losses := read.bits(corpus.Test[from:end])[counted-from:]
					var mean float64
					for _, x := range losses {
						bits += x
						mean += x / float64(len(losses))
					}
					if math.Abs(found.windows[window]-mean) > 1e-5 || targets[window] != float64(len(losses)) {
						t.Errorf("window %d: %g bits over %g targets, want %g over %d", window, found.windows[window], targets[window], mean, len(losses))
					}
					counted = end
				}
				if want := bits / float64(c.n); len(found.windows) != window || total(targets) != float64(c.n) || math.Abs(found.bpc-want) > 1e-6 {
					t.Errorf("%.7f bits over %g targets in %d windows, want %.7f over %d in %d", found.bpc, total(targets), len(found.windows), want, c.n, window)
				}
			})
		}
	}
}

// Pictures are evaluated one by one, in windows that never leave one, and a
// context longer than a picture is as good as one.
func TestEvaluationOfPictures(t *testing.T) {
	corpus := inMemory(50)
	for _, c := range []struct{ context, stride, windows int }{{20, 10, 4 + 4 + 1}, {50, 25, 3}, {80, 40, 3}} {
		s := tiny(t, "hourglass", fmt.Sprint("eval.context=", c.context), fmt.Sprint("eval.stride=", c.stride))
		e := evaluatorOf(t, s, corpus, corpus.Test, 117)
		run := start(t, s, corpus, 1, e.list()...)
		run.steps(4)
		found, err := e.run(t.Context(), run.machine, newTally(), nil)
		if n := total(targetsOf(t, s, e)); err != nil || len(found.windows) != c.windows || n != 117 {
			t.Errorf("%v: %d windows, %g targets, %v", c, len(found.windows), n, err)
		}
		for _, x := range found.position {
			if !(x > 0) {
				t.Errorf("%v: by position %v", c, found.position)
				break
			}
		}
		m, err := NewModel(s, data.Vocab)
		if err != nil {
			t.Fatal(err)
		}
		read := newReader(t, m, 50, run.machine)
		if c.context < 50 {
			continue
		}
		for i, row := range [][]byte{corpus.Test[:50], corpus.Test[50:100], corpus.Test[100:117]} {
			var mean float64
			for _, x := range read.bits(row) {
				mean += x / float64(len(row))
			}
			if math.Abs(found.windows[i]-mean) > 1e-5 {
				t.Errorf("%v, picture %d: %g bits, want %g", c, i, found.windows[i], mean)
			}
		}
	}
}

// With a memory as long as the text, segment after segment sees what one long
// segment sees; a picture's memory ends with the picture.
func TestRecurrentEvaluation(t *testing.T) {
	for _, norm := range norms {
		for _, c := range []struct{ row, n, context int }{{0, 60, 12}, {0, 61, 14}, {0, 9, 14}, {50, 117, 20}, {50, 100, 25}, {50, 100, 70}} {
			t.Run(fmt.Sprint(norm, c), func(t *testing.T) {
				corpus := inMemory(c.row)
				s := tiny(t, "transformer-xl", "model.norm="+norm, "train.context=10", "model.eval_memory=200",
					fmt.Sprint("eval.context=", c.context))
				e := evaluatorOf(t, s, corpus, corpus.Test, c.n)
				run := start(t, s, corpus, 1, e.list()...)
				run.steps(6)
				for range 2 { // nothing is left of the first time in the second
					found, err := e.run(t.Context(), run.machine, newTally(), nil)
					if err != nil {
						t.Fatal(err)
					}
					checkSegments(t, s, corpus, c.n, run.machine, found, targetsOf(t, s, e))
				}
			})
		}
	}
}

func checkSegments(t *testing.T, s Spec, corpus *data.Corpus, n int, weights *cpu.Machine, found score, targets []float64) {
	t.Helper()
	row := n
	if corpus.RowLen > 0 {
		row = corpus.RowLen
	}
	m, err := NewModel(s, data.Vocab)
	if err != nil {
		t.Fatal(err)
	}
	read := newReader(t, m.(baselines.TransformerXL), min(row, n), weights)
	window := 0
	var bits float64
	for from := 0; from < n; from += row {
		losses := read.bits(corpus.Test[from:min(from+row, n)])
		for segment := range slices.Chunk(losses, s.Eval.Context) {
			mean := total(segment) / float64(len(segment))
			if math.Abs(found.windows[window]-mean) > 1e-5 || targets[window] != float64(len(segment)) {
				t.Errorf("segment %d: %g bits over %g tokens, want %g over %d", window, found.windows[window], targets[window], mean, len(segment))
			}
			window++
		}
		bits += total(losses)
	}
	if len(found.windows) != window || math.Abs(found.bpc-bits/float64(n)) > 1e-6 {
		t.Errorf("%.7f bits in %d segments, want %.7f in %d", found.bpc, len(found.windows), bits/float64(n), window)
	}
}

// Logits of a position are the same to the bit however long the padded window
// is, and whatever it holds from there on.
func TestLongerWindowsKeepEarlierBits(t *testing.T) {
	corpus := inMemory(0)
	window := corpus.Test[:40]
	for _, shorten := range shortenings {
		for _, upsample := range upsamplings {
			s := tiny(t, "hourglass", "model.shorten="+shorten, "model.upsample="+upsample, `model.hierarchy="1@1,1@2,1@6,1@2,1@1"`)
			run := start(t, s, corpus, 1)
			run.steps(3)
			m, err := NewModel(s, data.Vocab)
			if err != nil {
				t.Fatal(err)
			}
			var first []float64
			for _, length := range []int{13, 14, 18, 19, 40} { // padded to 18, 18, 18, 24, 42
				read := newReader(t, m, length, run.machine)
				read.bits(window[:length])
				logits := read.machine.Read(read.program, read.logits)[:13*data.Vocab]
				if first == nil {
					first = logits
				}
				if !slices.Equal(logits, first) {
					t.Errorf("%s, %s: a window of %d tokens changes the logits of the first 13", shorten, upsample, length)
				}
			}
		}
	}
}

func TestEvaluateErrors(t *testing.T) {
	path := "data=" + textFile(t)
	for name, c := range map[string]struct{ split, weights, want string }{
		"split":   {"tset", "", `split "tset": want train, valid or test`},
		"weights": {"test", "/no/such", "/no/such: open: no such file"},
	} {
		_, err := Evaluate(t.Context(), tiny(t, "transformer", path), c.weights, c.split, Options{})
		if err == nil || !contains(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Evaluate(t.Context(), tiny(t, "transformer", "data=nowhere"), "", "test", Options{}); err == nil || !contains(err, "unknown corpus") {
		t.Error(err)
	}
}
