package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"hgbench/internal/atomicfile"
	"hgbench/pkg/checkpoint"
	"hgbench/pkg/cpu"
	"hgbench/pkg/data"
	"hgbench/pkg/graph"
)

// Files that Dump writes.
const (
	DumpedSpec    = "spec.json"           // every key, defaults included
	DumpedWeights = "initial.safetensors" // the weights that a run starts from, by name
	DumpedBatches = "batches.safetensors" // tokens [steps, batch, context]; for recurrent models reset [steps], 1 where a text begins
	DumpedValid   = "valid.safetensors"   // tokens [valid_bytes]
)

// Dump writes into a folder what another implementation needs to train the
// same spec on the same batches from the same weights, and to validate it: see
// the names of its files. Integers are int32.
func Dump(ctx context.Context, s Spec, steps int, dir string) error {
	s, err := timed(s, steps)
	if err != nil {
		return err
	}
	corpus, err := data.Open(ctx, s.Data)
	if err != nil {
		return err
	}
	defer corpus.Close()
	t, err := newTraining(s, corpus.Vocab, graph.Float32)
	if err != nil {
		return err
	}
	if err := t.bind(corpus); err != nil {
		return err
	}
	m, err := cpu.New(1, t.programs()...)
	if err != nil {
		return err
	}
	defer m.Close()
	m.Init(s.Seed)

	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("dump: %w", err)
	}
	if err := atomicfile.Write(filepath.Join(dir, DumpedSpec), append(text, '\n')); err != nil {
		return fmt.Errorf("dump: %w", err)
	}
	valid := make([]int32, min(s.Eval.ValidBytes, int64(len(corpus.Valid))))
	for i := range valid {
		valid[i] = int32(corpus.Valid[i])
	}
	for name, file := range map[string]*checkpoint.File{
		DumpedWeights: tensorsOf(m, t.variants[0].Program),
		DumpedBatches: t.batches(corpus, steps),
		DumpedValid:   {Tensors: map[string]checkpoint.Tensor{"tokens": {Shape: []int{len(valid)}, Ints: valid}}},
	} {
		if err := checkpoint.Save(filepath.Join(dir, name), file); err != nil {
			return err
		}
	}
	return nil
}

// batches are the tokens of the first steps.
func (t *training) batches(c *data.Corpus, steps int) *checkpoint.File {
	batch, context := t.spec.Train.Batch, t.spec.Train.Context
	f := &checkpoint.File{Tensors: map[string]checkpoint.Tensor{}}
	add := func(name string, shape ...int) []int32 {
		n := 1
		for _, size := range shape {
			n *= size
		}
		ints := make([]int32, n)
		f.Tensors[name] = checkpoint.Tensor{Shape: shape, Ints: ints}
		return ints
	}
	tokens := add("tokens", steps, batch, context)
	if t.streams == nil {
		for step := range steps {
			c.Windows(t.spec.Seed, step, batch, context, tokens[step*batch*context:][:batch*context])
		}
		return f
	}
	resets := add("reset", steps)
	t.buffer()
	for step := range steps {
		if t.streams.At(step, tokens[step*batch*context:][:batch*context], t.previous) {
			resets[step] = 1
		}
	}
	return f
}
