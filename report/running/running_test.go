package running

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hgbench/results"
)

func readOne(t *testing.T, dir string) Run {
	t.Helper()
	runs, err := Read(dir)
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	return runs[0]
}

func TestTell(t *testing.T) {
	dir := t.TempDir()
	if runs, err := Read(dir); err != nil || len(runs) != 0 {
		t.Fatalf("in an empty folder: %v, %v", runs, err)
	}
	teller, err := Tell(dir, Run{ID: "ab12", Index: 2, Points: 7, Label: "transformer 2@1", Spec: json.RawMessage(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	first := readOne(t, dir)
	if first.Label != "transformer 2@1" || first.Index != 2 || first.Stale(time.Now()) || first.Phase != "" {
		t.Errorf("told %+v", first)
	}
	for step := 1; step <= 10; step++ {
		teller.Update(State{Phase: "train", Done: step, Total: 100, Training: true, StepTokens: 504, TrainBPC: 8 / float64(step), TokensPerSecond: 1000, Remaining: time.Minute, Sweep: time.Hour})
	}
	teller.Update(State{Phase: "validate", Done: 1, Total: 2, TrainBPC: 0.8, ValidBPC: math.Inf(1)})
	teller.Update(State{Phase: "validate", Done: 2, Total: 2, TrainBPC: math.NaN(), ValidBPC: 2.5})
	if err := teller.write(); err != nil {
		t.Fatal(err)
	}
	r := readOne(t, dir)
	if r.Phase != "validate" || r.Done != 2 || r.ValidBPC != 2.5 || r.TrainBPC != 0 || len(r.Curve) != 10 {
		t.Errorf("told %+v", r)
	}
	if last := r.Curve[9]; last.Step != 10 || last.Tokens != 5040 || last.TrainBPC != 0.8 || last.ValidBPC == nil || *last.ValidBPC != 2.5 {
		t.Errorf("the curve ends with %+v", last)
	}
	if r.Stale(time.Now()) || !r.Stale(time.Now().Add(2*Silence)) {
		t.Error("age does not tell a living run from a dead one")
	}
	if err := teller.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("left behind %v, %v", entries, err)
	}
}

// A step may take an hour: that the process lives is told all the same.
func TestTellByTheClock(t *testing.T) {
	dir := t.TempDir()
	teller, err := Tell(dir, Run{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	defer teller.Close()
	first := readOne(t, dir).Updated
	for deadline := time.Now().Add(20 * Every); !readOne(t, dir).Updated.After(first); time.Sleep(Every / 10) {
		if time.Now().After(deadline) {
			t.Fatal("nothing was told again")
		}
	}
}

// However long a run, its curve stays small, covers all of it, and keeps the
// few validations.
func TestCurveIsBounded(t *testing.T) {
	for _, every := range []int{1, 500} {
		teller := &Teller{every: 1}
		for step := 1; step <= 50_000; step++ {
			s := State{Done: step, Training: true, TrainBPC: 2, StepTokens: 1}
			if step%every == 0 {
				s.ValidBPC = 2 + 1/float64(step)
			} else {
				s.ValidBPC = teller.run.ValidBPC
			}
			teller.Update(s)
		}
		curve := teller.run.Curve
		if len(curve) > maxCurve || len(curve) < maxCurve/3 {
			t.Errorf("%d points", len(curve))
		}
		if curve[len(curve)-1].Step < 49_000 || curve[len(curve)/2].Step < 15_000 {
			t.Errorf("the curve has %d in the middle and %d at the end", curve[len(curve)/2].Step, curve[len(curve)-1].Step)
		}
		if !slices.IsSortedFunc(curve, func(a, b results.Point) int { return a.Step - b.Step }) {
			t.Error("steps are out of order")
		}
	}
}

func TestTellRefusesOddIDs(t *testing.T) {
	for _, id := range []string{"", "..", "../x", "a/b", "a.json", strings.Repeat("a", 65)} {
		if _, err := Tell(t.TempDir(), Run{ID: id}); err == nil {
			t.Errorf("id %q was taken", id)
		}
	}
}

// What is no run's file is skipped, whatever it is.
func TestReadSkips(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, Folder)
	if err := os.MkdirAll(filepath.Join(folder, "folder.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"good.json": `{"id":"good","index":1}`, "torn.json": `{"id":"torn",`, "other.json": `{"id":"good"}`, "array.json": `[]`,
		"note.txt": "hello", "new.json.new": `{"id":"new"}`, "large.json": `{"id":"large"}` + strings.Repeat(" ", maxFile),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_ = os.Symlink("good.json", filepath.Join(folder, "link.json")) // where there are links
	if r := readOne(t, dir); r.ID != "good" {
		t.Errorf("read %+v", r)
	}
	for id, want := range map[string]bool{"good": true, "torn": false, "other": false, "large": false, "none": false, "../good": false} {
		if r, ok := ReadOne(dir, id); ok != want || ok && r.ID != id {
			t.Errorf("%s: read %+v, %v", id, r, ok)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"id":"a","spec":{},"curve":[{"step":1,"train_bpc":2}]}`))
	f.Add([]byte(`{"id":"a","updated":"never"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, Folder), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file(dir, "a"), text, 0o644); err != nil {
			t.Fatal(err)
		}
		runs, err := Read(dir)
		if err != nil || len(runs) > 1 || len(runs) == 1 && runs[0].ID != "a" {
			t.Errorf("%v, %v", runs, err)
		}
	})
}
