package tensorboard

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hgbench/internal/venv"
)

// TensorBoard itself reads what Write writes.
func TestTensorBoardReads(t *testing.T) {
	if testing.Short() {
		t.Skip("installs TensorBoard; not in short mode")
	}
	python := venv.Python(t, filepath.Join("..", ".."), "tensorboard-venv", "tensorboard", "TensorBoard does not read the events")
	dir := t.TempDir()
	r := record()
	if err := Write(dir, r); err != nil {
		t.Fatal(err)
	}
	out := venv.Run(t, python, "read.py", filepath.Join(dir, Name(r)))
	var got map[string][][3]float64 // time, step, value
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	at := float64(r.Time.Unix())
	want := map[string][][3]float64{
		TrainBPC:        {{at - 20, 10, 4}, {at - 10, 20, 3}, {at, 30, 2.25}},
		ValidBPC:        {{at - 20, 10, 3.5}, {at, 30, 2.5}},
		TestBPC:         {{at, 30, 2.75}},
		TokensPerSecond: {{at - 20, 10, 100}, {at - 10, 20, 200}, {at, 30, 100}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
