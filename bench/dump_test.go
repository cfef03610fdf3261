package bench

import (
	"path/filepath"
	"slices"
	"testing"

	"hgbench/pkg/checkpoint"
	"hgbench/pkg/data"
)

// What is dumped is what a run would start from and read.
func TestDump(t *testing.T) {
	for name, s := range runs(t) {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "dump")
			if err := Dump(t.Context(), s, 6, dir); err != nil {
				t.Fatal(err)
			}
			files := map[string]*checkpoint.File{}
			for _, name := range []string{DumpedWeights, DumpedBatches, DumpedValid} {
				f, err := checkpoint.Load(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				files[name] = f
			}
			dumped, err := LoadSpec(filepath.Join(dir, DumpedSpec))
			if err != nil || dumped.Train.Steps != 6 || dumped.Model.System != s.Model.System || dumped.Seed != s.Seed {
				t.Errorf("spec %+v, %v", dumped, err)
			}
			corpus, err := data.Open(t.Context(), s.Data)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { corpus.Close() })
			run := start(t, s, corpus, 1)
			hash := run.machine.Hash()
			run.machine.Init(s.Seed + 1)
			if err := loadWeights(run.machine, run.variants[0].Program, filepath.Join(dir, DumpedWeights)); err != nil || run.machine.Hash() != hash {
				t.Errorf("other weights than a run's first: %v", err)
			}
			tokens, err := files[DumpedBatches].Ints("tokens", 6, s.Train.Batch, s.Train.Context)
			if err != nil {
				t.Fatal(err)
			}
			for step := range 6 {
				run.pick(corpus, run.machine, step)
				if !slices.Equal(tokens[step*len(run.tokens):][:len(run.tokens)], run.tokens) {
					t.Errorf("step %d: other tokens than a run's", step)
				}
			}
			valid, err := files[DumpedValid].Ints("tokens", 60)
			if err != nil || valid[59] != int32(corpus.Valid[59]) {
				t.Errorf("validation tokens: %v", err)
			}
		})
	}
	if err := Dump(t.Context(), tiny(t, "transformer", "data="+textFile(t)), 0, t.TempDir()); err == nil {
		t.Error("0 steps are dumped")
	}
}
