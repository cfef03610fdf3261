package bench

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hgbench/pkg/checkpoint"
)

// What runs leave behind is in order, with whatever system; what is changed
// afterwards is not.
func TestFsck(t *testing.T) {
	for name, s := range runs(t) {
		t.Run(name, func(t *testing.T) {
			o := Options{Threads: 1, SaveDir: t.TempDir()}
			r, err := Run(t.Context(), s, o)
			if err != nil {
				t.Fatal(err)
			}
			weights := filepath.Join(o.SaveDir, r.ID+".safetensors")
			if wrong := CheckRecord(r); wrong != nil {
				t.Error(wrong)
			}
			if err := CheckWeights(r, weights); err != nil {
				t.Error(err)
			}
			other := r
			other.Spec = []byte(strings.Replace(string(r.Spec), `"seed":1`, `"seed":2`, 1))
			if wrong := CheckRecord(other); len(wrong) != 1 || !strings.Contains(wrong[0].Error(), "its spec and data have the id ") {
				t.Error(wrong)
			}
			other.Spec = []byte(`{"modle": {}}`)
			if wrong := CheckRecord(other); len(wrong) != 1 || !strings.Contains(wrong[0].Error(), "modle") {
				t.Error(wrong)
			}
			f, err := checkpoint.Load(weights)
			if err != nil {
				t.Fatal(err)
			}
			for _, tensor := range f.Tensors {
				tensor.Floats[0]++
				break
			}
			if err := checkpoint.Save(weights, f); err != nil {
				t.Fatal(err)
			}
			if err := CheckWeights(r, weights); err == nil || !strings.Contains(err.Error(), "its weights have SHA-256 ") {
				t.Error(err)
			}
		})
	}
}

func TestFsckOfWhatIsMissingOrDamaged(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t), "train.steps=9")
	dir := t.TempDir()
	r, err := Run(t.Context(), s, Options{Threads: 1, SaveDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckWeights(r, filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if whole, wrong := CheckCheckpoints(filepath.Join(dir, "none")); whole != 0 || wrong != nil {
		t.Error(whole, wrong)
	}
	o := Options{Threads: 1, Checkpoints: filepath.Join(dir, "checkpoints")}
	stopped(t, s, o, 5)
	run := filepath.Join(o.Checkpoints, r.ID)
	paths, err := filepath.Glob(filepath.Join(run, "*.safetensors"))
	if err != nil || len(paths) != 2 {
		t.Fatal(paths, err)
	}
	if err := os.Truncate(paths[0], 1000); err != nil {
		t.Fatal(err)
	}
	if whole, wrong := CheckCheckpoints(o.Checkpoints); whole != 1 || len(wrong) != 1 || !strings.HasPrefix(wrong[0].Error(), paths[0]) {
		t.Error(whole, wrong)
	}
	if err := os.Rename(run, run+"0"); err != nil {
		t.Fatal(err)
	}
	if whole, wrong := CheckCheckpoints(o.Checkpoints); whole != 0 || len(wrong) != 2 || !strings.Contains(errors.Join(wrong...).Error(), "is a checkpoint of run "+r.ID) {
		t.Error(whole, wrong)
	}
}
