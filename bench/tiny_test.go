package bench

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hgbench/pkg/cpu"
	"hgbench/pkg/data"
	"hgbench/pkg/graph"
	"hgbench/results"
)

// text is n bytes of words that repeat: something to learn in a few steps.
func text(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	words := make([]string, 40)
	for i := range words {
		for range 2 + r.IntN(6) {
			words[i] += string(rune('a' + r.IntN(26)))
		}
	}
	var b []byte
	for len(b) < n {
		b = append(append(b, words[min(r.IntN(40), r.IntN(40))]...), ' ')
	}
	return b[:n]
}

// textFile is the path of a text of 20 kB: its splits have 18, 1 and 1 kB.
func textFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(path, text(20_000, 1), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// inMemory is a corpus of that text, or of pictures of row sub-pixels.
func inMemory(row int) *data.Corpus {
	return &data.Corpus{
		Name: "test", SHA256: "00", Unit: data.Byte, Vocab: data.Vocab, RowLen: row,
		Train: text(18_000, 1), Valid: text(1000, 2), Test: text(1000, 3),
	}
}

// tiny is a spec that trains in milliseconds: one of these systems, then
// changes as for Spec.Set.
func tiny(t testing.TB, system string, changes ...string) Spec {
	t.Helper()
	hierarchy := "1@1"
	if system == "hourglass" {
		hierarchy = "1@1,1@3,1@1"
	}
	s := mustParse(t, fmt.Sprintf(`
model: {system: %s, hierarchy: "%s", d_model: 16, heads: 2, d_ff: 24}
train: {context: 14, batch: 4, steps: 4, lr: 3e-3, warmup: 1}
eval: {valid_bytes: 60, bytes: 100}
`, system, hierarchy))
	for _, change := range changes {
		if err := s.Set(change); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s
}

// session is a training with its machine, without the rest of a run.
type session struct {
	*training
	corpus  *data.Corpus
	machine *cpu.Machine
}

// start builds the training of a spec, its weights drawn. More programs may
// share the machine.
func start(t testing.TB, s Spec, c *data.Corpus, threads int, more ...*graph.Program) *session {
	t.Helper()
	tr, err := newTraining(s, c.Vocab, graph.Float32)
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.bind(c); err != nil {
		t.Fatal(err)
	}
	tr.buffer()
	m := machine(t, threads, append(tr.programs(), more...)...)
	m.Init(s.Seed)
	return &session{tr, c, m}
}

func machine(t testing.TB, threads int, programs ...*graph.Program) *cpu.Machine {
	t.Helper()
	m, err := cpu.New(threads, programs...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// steps makes so many, and returns the losses in nats.
func (s *session) steps(n int) []float64 {
	losses := make([]float64, n)
	for i := range losses {
		losses[i] = s.step(s.corpus, s.machine, i)
	}
	return losses
}

// evaluatorOf scores the first n tokens of a split.
func evaluatorOf(t testing.TB, s Spec, c *data.Corpus, split []byte, n int) *evaluator {
	t.Helper()
	e, err := newEvaluator(s, c, split, int64(n), graph.Float32)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func flops(t testing.TB, s Spec) results.FLOPs {
	t.Helper()
	f, err := flopsOf(s, data.Vocab)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// memory planned for training on one thread.
func memory(t testing.TB, s Spec) results.Planned {
	t.Helper()
	tr, err := newTraining(s, data.Vocab, graph.Float32)
	if err != nil {
		t.Fatal(err)
	}
	return planned(graph.PeakMemory(1, tr.programs()...))
}

func contains(err error, want string) bool { return strings.Contains(err.Error(), want) }
