package results

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriteReplacesAFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "baseline.jsonl")
	spec := []byte(`{"seed":1}`)
	avx2 := Record{ID: "a", Status: Done, Spec: spec, Machine: Machine{ISA: "avx2"}}
	avx512 := Record{ID: "a", Status: Done, Spec: spec, Machine: Machine{ISA: "avx512"}}
	for _, want := range []Records{{avx2, avx512}, {avx512}} {
		if err := Write(path, want); err != nil {
			t.Fatal(err)
		}
		got, warnings, err := ReadAll(path)
		if d := cmp.Diff(want, got); err != nil || len(warnings) > 0 || d != "" {
			t.Fatalf("%v, %v, (-want +got)\n%s", err, warnings, d)
		}
	}
	if latest, _, err := Read(path); err != nil || len(latest) != 1 {
		t.Errorf("Read keeps %d records of one id, %v", len(latest), err)
	}

	broken := avx2
	broken.TestBPC = math.NaN()
	for _, bad := range []Record{broken, {ID: "b"}} {
		if err := Write(path, Records{avx2, bad}); err == nil {
			t.Errorf("%+v was written", bad)
		}
	}
	if got, _, err := ReadAll(path); err != nil || len(got) != 1 || got[0].Machine.ISA != "avx512" {
		t.Errorf("a failed write left %v, %v", got, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := Write(filepath.Join(dir, "nowhere", "baseline.jsonl"), Records{avx2}); err == nil {
		t.Error("written into a folder that does not exist")
	}
}
