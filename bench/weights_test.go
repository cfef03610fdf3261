package bench

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"hgbench/pkg/checkpoint"
)

// What a run saves scores as the run did, and is where another run starts.
func TestWeightsRoundTrip(t *testing.T) {
	all := runs(t)
	for _, name := range []string{"hourglass, factors", "transformer-xl, post"} {
		s := all[name]
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r, err := Run(t.Context(), s, Options{Threads: 2, SaveDir: dir})
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, r.ID+".safetensors")
			var windows int
			for split, want := range map[string]float64{"test": r.TestBPC, "valid": r.ValidBPC} {
				found, err := Evaluate(t.Context(), s, path, split, Options{Threads: 1, Progress: func(p Progress) { windows = p.Done }})
				if err != nil || found.BPC != want || found.Split != split || found.Windows != windows {
					t.Errorf("%s: %+v after %d windows, %v; the run had %g", split, found, windows, err, want)
				}
			}
			// From there the first loss is that of trained weights, and saving
			// them again changes nothing.
			s.Train.Steps, s.Train.Warmup, s.Train.LearningRate, s.Model.Dropout = 1, 0, 1e-30, 0
			again, err := Run(t.Context(), s, Options{Threads: 1, Weights: path, SaveDir: dir})
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(again.TestBPC-r.TestBPC) > 1e-6 || again.Curve[0].TrainBPC > 7.9 {
				t.Errorf("started from there: test %g bits, was %g; training %g", again.TestBPC, r.TestBPC, again.Curve[0].TrainBPC)
			}
		})
	}
}

func TestWeightsErrors(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t))
	run := start(t, s, inMemory(0), 1)
	good := tensorsOf(run.machine, run.variants[0].Program)
	dir := t.TempDir()
	for name, c := range map[string]struct {
		change func(tensors map[string]checkpoint.Tensor)
		want   string
	}{
		"missing": {func(m map[string]checkpoint.Tensor) { delete(m, "embed") }, `"embed"`},
		"extra":   {func(m map[string]checkpoint.Tensor) { m["b"], m["a"] = m["embed"], m["embed"] }, "tensors that the model does not have: a, b"},
		"misshapen": {func(m map[string]checkpoint.Tensor) {
			m["embed"] = checkpoint.Tensor{Shape: []int{16, 256}, Floats: m["embed"].Floats}
		}, `"embed"`},
		"integers": {func(m map[string]checkpoint.Tensor) {
			m["embed"] = checkpoint.Tensor{Shape: []int{256, 16}, Ints: make([]int32, 256*16)}
		}, `"embed"`},
	} {
		f := &checkpoint.File{Tensors: maps.Clone(good.Tensors)}
		c.change(f.Tensors)
		path := filepath.Join(dir, name)
		if err := checkpoint.Save(path, f); err != nil {
			t.Fatal(err)
		}
		for what, load := range map[string]func() error{
			"run":      func() error { _, err := Run(t.Context(), s, Options{Threads: 1, Weights: path}); return err },
			"evaluate": func() error { _, err := Evaluate(t.Context(), s, path, "test", Options{Threads: 1}); return err },
		} {
			if err := load(); err == nil || !contains(err, path+": ") || !contains(err, c.want) {
				t.Errorf("%s, %s: error %v, want %q", name, what, err, c.want)
			}
		}
	}
	damaged := filepath.Join(dir, "damaged")
	if err := os.WriteFile(damaged, []byte("not weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := loadWeights(run.machine, run.variants[0].Program, damaged); err == nil || !contains(err, damaged) {
		t.Error(err)
	}
}

// Every weight of the model is saved, under its own name and shape.
func TestTensorsOf(t *testing.T) {
	everySystem(t, func(name string, s Spec) {
		if s.Model.Storage != "streaming" {
			return
		}
		t.Run(name, func(t *testing.T) {
			run := start(t, s, inMemory(0), 1)
			n := int64(0)
			for name, tensor := range tensorsOf(run.machine, run.variants[0].Program).Tensors {
				w := run.machine.Weight(name)
				if w == nil || !slices.Equal(w.Shape, tensor.Shape) || len(tensor.Floats) != w.Elements() {
					t.Errorf("%s is %v, the weight %v", name, tensor.Shape, w)
				}
				if !w.Frozen {
					n += int64(len(tensor.Floats))
				}
			}
			if want := parametersOf(run.variants[0].Program); n != want {
				t.Errorf("%d numbers saved of %d parameters", n, want)
			}
		})
	})
}
