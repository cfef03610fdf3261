package results

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sound is a record that contradicts itself in nothing.
func sound() Record {
	r := two()[0]
	r.Memory.Planned = Planned{Weights: 3, Gradients: 2, Optimizer: 6, Activations: 10, Workspace: 1, Total: 22}
	r.Evaluation = Evaluation{Context: 10, Stride: 5, Bytes: 17}
	r.TestWindows = []float64{2, 3, 4} // of 10, 5 and 2 targets
	r.TestBPC = (2*10 + 3*5 + 4*2) / 17.
	r.WeightsHash = strings.Repeat("0a", 32)
	valid := 2.5
	r.ValidBPC = valid
	end := r.Curve[0]
	end.ValidBPC = &valid
	half := end
	half.Step, half.Tokens, half.FLOPs, half.Seconds, half.ValidBPC = end.Step/2, end.Tokens/2, end.FLOPs/2, end.Seconds/2, nil
	r.Curve = []Point{half, end}
	return r
}

func TestContradictions(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(r *Record)
		want   string // the start of the only contradiction; empty: none
	}{
		{"sound", func(*Record) {}, ""},
		{"failed", func(r *Record) { *r = Record{ID: "x", Status: Failed, Error: "out of memory", Spec: r.Spec} }, ""},
		{"plan only", func(r *Record) { r.ValidBPC, r.Curve, r.TestWindows, r.TestBPC = 0, nil, nil, 0 }, ""},
		{"no error", func(r *Record) { r.Status = Failed }, "status failed without an error"},
		{"status", func(r *Record) { r.Status = "so so" }, `status "so so"; want done or failed`},
		{"memory", func(r *Record) { r.Memory.Planned.Weights++ }, "planned memory adds up to 23 bytes; its total is 22"},
		{"no curve", func(r *Record) { r.Curve = nil }, "done without a curve"},
		{"steps go back", func(r *Record) { r.Curve[0].Step = 1001 }, "the curve goes back from step 1001"},
		{"time goes back", func(r *Record) { r.Curve[0].Seconds = 1e9 }, "the curve goes back from step 500"},
		{"no BPC", func(r *Record) { r.Curve[0].TrainBPC = math.NaN() }, "point 1 of the curve has BPC NaN"},
		{"negative BPC", func(r *Record) { v := -1.; r.Curve[0].ValidBPC = &v }, "point 1 of the curve has BPC"},
		{"no BPC left", func(r *Record) { r.Curve[0].TrainBPC = 0 }, "point 1 of the curve has BPC 0"},
		{"failed at 0", func(r *Record) { r.Status, r.Error, r.Curve[0].TrainBPC = Failed, "the loss is NaN", 0 }, ""},
		{"other BPC", func(r *Record) { r.ValidBPC = 2.4 }, "validation BPC 2.4 is not that of the curve's end"},
		{"short", func(r *Record) { r.Curve[1].Step = 999 }, "the curve ends at step 999 of 1000"},
		{"FLOPs", func(r *Record) { r.FLOPs.Total *= 2 }, "2e+12 FLOPs in all, but 1e+12 at the curve's end"},
		{"leak", func(r *Record) { r.Causality.Final = "token 3 sees 4" }, `done, but the proof of causality says "pass" and "token 3 sees 4"`},
		{"leak, known", func(r *Record) { r.Causality.Final, r.Causality.Leak = "token 3 sees 4", true }, ""},
		{"hash", func(r *Record) { r.WeightsHash = "abc" }, `weights_sha256 "abc" is no SHA-256`},
		{"windows", func(r *Record) { r.TestWindows[2]++ }, "test BPC is "},
		{"count", func(r *Record) { r.TestWindows = r.TestWindows[:2] }, "2 windows, but context 10, stride 5 over 17 bytes makes 3"},
	} {
		r := sound()
		c.change(&r)
		got := r.contradictions()
		if len(got) > 1 || (c.want == "") != (len(got) == 0) || len(got) == 1 && !strings.HasPrefix(got[0].Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, got, c.want)
		}
	}
}

// Whatever is wrong is told with its line, and the rest is read.
func TestFsck(t *testing.T) {
	s := open(t, t.TempDir())
	good, other, wrong := sound(), sound(), sound()
	other.ID, wrong.ID = "other", "wrong"
	wrong.Memory.Planned.Total = 0
	text := string(line(t, good)) + "garbage\n\n" + string(line(t, wrong)) + strings.Repeat("x", maxLine+1) + "\n" + string(line(t, other)) + `{"id": "torn`
	if err := os.WriteFile(s.Path(), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	records, problems, err := Fsck(s.Dir(), func(r Record) []error {
		if r.ID == "other" {
			return []error{errors.New("no such spec")}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Records{good, wrong, other}, records); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want := []string{
		"2: no record: invalid character 'g' looking for beginning of value",
		"4: record wrong: planned memory adds up to 22 bytes; its total is 0",
		"5: line is longer than 16 MiB: no record",
		"6: record other: no such spec",
		"7: torn last line of 12 bytes, which the next record will take the place of",
	}
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%d: %s", p.Line, p.Text))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	after, err := os.ReadFile(s.Path())
	if err != nil || string(after) != text {
		t.Errorf("the file was changed, %v", err)
	}
	if records, problems, err := Fsck(t.TempDir(), nil); len(records)+len(problems) > 0 || err != nil {
		t.Errorf("a folder without records: %v, %v, %v", records, problems, err)
	}
	if _, _, err := Fsck(s.Path()+".none", nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

// No failure takes the place of a result.
func TestFailureLeavesTheResult(t *testing.T) {
	s := open(t, t.TempDir())
	rs := two()
	failed := rs[0]
	failed.Status, failed.Error = Failed, "no space left on device"
	appendAll(t, s, Records{failed, rs[0], failed})
	got, _, err := s.Read()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rs[:1], got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestClaim(t *testing.T) {
	path := t.TempDir() + "/lock"
	first, err := Claim(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Claim(path); !errors.Is(err, ErrClaimed) || !strings.Contains(err.Error(), path) {
		t.Errorf("claimed twice: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Claim(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Claim(t.TempDir() + "/no/lock"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("in no folder: %v", err)
	}
}

// Whatever a file is, Fsck reads it to its end, and finds something wrong where
// Read would refuse it.
func FuzzFsck(f *testing.F) {
	f.Add(line(f, sound()))
	f.Add([]byte("garbage\n{}\n\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(dir+"/"+FileName, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, problems, err := Fsck(dir, func(Record) []error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if _, warnings, err := Read(dir); (err != nil || len(warnings) > 0) && len(problems) == 0 {
			t.Errorf("nothing wrong, but reading gives %v, %v", warnings, err)
		}
	})
}
