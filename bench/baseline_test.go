package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hgbench/pkg/cpu"
	"hgbench/results"
)

// baselineOf is a baseline of records that look trained: of a spec in each of
// the seeds, on an instruction set and a kernel version.
func baselineOf(t *testing.T, s Spec, isa string, kernel int, seeds ...uint64) results.Records {
	t.Helper()
	sha256, err := corpusSHA256(t.Context(), s.Data)
	if err != nil {
		t.Fatal(err)
	}
	var all results.Records
	for _, seed := range seeds {
		s.Seed = seed
		r := recordedRun("0", isa, 3+0.01*float64(seed))
		r.ID, r.Data, r.Versions.Kernel = s.ID(sha256), results.Data{Name: s.Data, SHA256: sha256}, kernel
		if r.Spec, err = s.Canonical(); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// written is the path of a file with these records.
func written(t *testing.T, records results.Records) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "baseline.jsonl")
	if err := results.Write(path, records); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadBaseline(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t))
	good := baselineOf(t, s, "avx512", 1, 1, 2, 3)
	if b, err := LoadBaseline(written(t, good)); err != nil || len(b.Records) != 3 || b.Len() != 1 {
		t.Fatalf("%d records of %d specs, %v", len(b.Records), b.Len(), err)
	}
	change := func(f func(r *results.Record)) results.Records {
		all := slices.Clone(good)
		f(&all[1])
		return all
	}
	for _, c := range []struct {
		records results.Records
		want    string
	}{
		{change(func(r *results.Record) { r.Status, r.Error = results.Failed, "diverged" }), "record 2 (" + good[1].ID + "): it is recorded as failed (diverged)"},
		{change(func(r *results.Record) { r.Causality.Leak = true }), "looks ahead"},
		{change(func(r *results.Record) { r.Machine.Threads = 100_000 }), "made on 100000 threads; want 1 to 1024"},
		{change(func(r *results.Record) { r.ValidBPC, r.Curve = 0, nil }), "not trained"},
		{change(func(r *results.Record) { r.Spec = []byte(`{"model": {"sytem": "transformer"}}`) }), "unknown key model.sytem"},
		{change(func(r *results.Record) { r.Spec = []byte(`{"model": {"system": "retnet"}}`) }), `"retnet"`},
		{change(func(r *results.Record) { r.Data.SHA256 = "00" }), "its spec and data have the id"},
		{change(func(r *results.Record) { *r = good[0] }), "the same run on the same instruction set as record 1"},
		{results.Records{}, "has no records"},
	} {
		if _, err := LoadBaseline(written(t, c.records)); err == nil || !contains(err, c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}

	text, err := os.ReadFile(written(t, good))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, want string }{
		{string(text[:len(text)-40]), "half-written"},
		{strings.Replace(string(text), "\n", " x\n", 1), "baseline.jsonl:1: damaged record"},
		{"", "has no records"},
	} {
		path := filepath.Join(t.TempDir(), "baseline.jsonl")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadBaseline(path); err == nil || !contains(err, c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, err := LoadBaseline("nowhere.jsonl"); err == nil || !contains(err, "nowhere.jsonl") {
		t.Errorf("%v", err)
	}
}

// Of the records of a spec, the nearest to this machine is compared with, and
// the most seeds give the tolerance.
func TestExpected(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t))
	seeds := baselineOf(t, s, "avx512", 1, 7, 1, 2)
	all := Baseline{Path: "b.jsonl", Records: slices.Concat(seeds, baselineOf(t, s, "avx2", 1, 7), baselineOf(t, s, "portable", 1, 7))}
	for _, c := range []struct {
		isa          string
		kernel       int
		of           string
		exact, alike bool
	}{
		{"avx512", 1, "avx512", true, true},
		{"avx2", 1, "avx2", true, true},
		{"portable", 1, "portable", true, true},
		{"avx2", 2, "avx2", false, true},
		{"neon", 1, "avx512", false, false},
		{"neon", 2, "avx512", false, false},
	} {
		got, err := all.Expected(c.isa, c.kernel)
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		e := got[0]
		if e.Record.Machine.ISA != c.of || e.Exact != c.exact || e.Alike != c.alike || e.Spec.Seed != 7 || len(e.Seeds.Records) != 3 || e.Label != "transformer(relative) 1@1" {
			t.Errorf("%s, %d: record of %s, exact %v, alike %v, seed %d, %d seeds, %s", c.isa, c.kernel, e.Record.Machine.ISA, e.Exact, e.Alike, e.Spec.Seed, len(e.Seeds.Records), e.Label)
		}
	}

	few := Baseline{Path: "b.jsonl", Records: seeds[:2]}
	if _, err := few.Expected("avx512", 1); err != nil {
		t.Errorf("bits of two seeds: %v", err)
	}
	if _, err := few.Expected("avx2", 1); err == nil || !contains(err, "fewer than 3 seeds give no tolerance") {
		t.Errorf("a tolerance from two seeds: %v", err)
	}
}

// A corpus that is not the one of the baseline is told of before anything is
// trained.
func TestCheckHoldsTheCorpus(t *testing.T) {
	path := textFile(t)
	s := tiny(t, "transformer", "data="+path)
	b := Baseline{Path: "b.jsonl", Records: baselineOf(t, s, cpu.Current().String(), cpu.KernelVersion, 1, 2, 3)}
	began := CheckOptions{Begin: func(string, int, int) { t.Error("a run began") }}
	if err := os.WriteFile(path, text(20_000, 2), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Check(t.Context(), began); err == nil || !contains(err, "when the baseline was recorded") || strings.Count(err.Error(), "\n") > 0 {
		t.Errorf("another corpus: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Check(t.Context(), began); err == nil || !contains(err, path) {
		t.Errorf("no corpus: %v", err)
	}
}

// A run that fails is a regression which programs can read, and the rest goes
// on.
func TestCheckOfARunThatFails(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t))
	diverging := s
	diverging.Train.LearningRate, diverging.Train.Schedule, diverging.Train.Steps = 100, "constant", 200
	here := cpu.Current().String()
	b := Baseline{Path: "b.jsonl", Records: slices.Concat(baselineOf(t, diverging, here, cpu.KernelVersion, 1), baselineOf(t, s, here, cpu.KernelVersion, 1))}
	checked, err := b.Check(t.Context(), CheckOptions{})
	if err != nil || len(checked) != 2 || checked[0].Error == "" || !checked[0].Regressed() || checked[1].Error != "" {
		t.Errorf("%+v, %v", checked, err)
	}
	if _, err := json.Marshal(checked); err != nil {
		t.Error(err)
	}
}

// An update trains all seeds where there is no tolerance yet, and otherwise
// only what has the bits of this instruction set.
func TestPlanUpdate(t *testing.T) {
	here := cpu.Current().String()
	s := tiny(t, "transformer", "data="+textFile(t))
	old := baselineOf(t, s, here, cpu.KernelVersion, 4, 5, 9)
	other := baselineOf(t, s, "neon", cpu.KernelVersion, 4, 5, 9)
	specs, err := Baseline{Records: old}.Specs()
	if err != nil || len(specs) != 3 {
		t.Fatalf("%d specs, %v", len(specs), err)
	}
	wider := specs[0]
	wider.Model.DFF *= 2
	for _, c := range []struct {
		name    string
		records results.Records
		specs   []Spec
		seeds   int
		todo    []uint64 // of all specs
		kept    int
	}{
		{"of nothing", nil, specs[:1], 3, []uint64{4, 5, 6}, 0},
		{"of nothing, one seed", nil, specs[:1], 0, []uint64{4}, 0},
		{"some seeds given", nil, specs, 5, []uint64{4, 5, 9, 10, 11}, 0},
		{"again", old, specs, 0, []uint64{4, 5, 9}, 0},
		{"after another instruction set", other, specs, 0, []uint64{4}, 3},
		{"after one seed of another", other[:1], specs, 0, []uint64{4, 5, 9}, 1},
		{"both", slices.Concat(other, old), specs, 0, []uint64{4}, 3},
		{"of another kernel version", baselineOf(t, s, "neon", 0, 4, 5, 9), specs, 0, []uint64{4, 5, 9}, 0},
		{"another spec", other, []Spec{wider}, 3, []uint64{4, 5, 6}, 0},
		{"another spec as well", other, []Spec{specs[0], wider}, 3, []uint64{4, 4, 5, 6}, 3},
		{"another first seed", other, specs[1:], 0, []uint64{5}, 3},
		{"a first seed that others lack", other[1:], specs, 0, []uint64{4, 5, 9}, 0},
	} {
		families, err := (Baseline{Records: c.records}).planUpdate(t.Context(), c.specs, UpdateOptions{Seeds: c.seeds})
		if err != nil {
			t.Fatal(c.name, err)
		}
		var todo []uint64
		kept := 0
		for _, f := range families {
			if first := f.arrange(nil); len(first) > 0 && first[0].Setting("seed") != fmt.Sprint(f.seeds[0]) {
				t.Errorf("%s: seed %s is first", c.name, first[0].Setting("seed"))
			}
			for _, s := range f.todo {
				todo = append(todo, s.Seed)
			}
			kept += len(f.kept)
		}
		if !slices.Equal(todo, c.todo) || kept != c.kept {
			t.Errorf("%s: seeds %v to do and %d records kept, want %v and %d", c.name, todo, kept, c.todo, c.kept)
		}
	}

	timed := specs[0]
	if err := timed.Set("budget.seconds=9"); err != nil {
		t.Fatal(err)
	}
	if _, err := (Baseline{}).planUpdate(t.Context(), []Spec{timed}, UpdateOptions{}); err == nil || !contains(err, "want steps, tokens or flops") {
		t.Errorf("a budget in seconds: %v", err)
	}
	if _, err := (Baseline{}).planUpdate(t.Context(), nil, UpdateOptions{}); err == nil {
		t.Error("nothing to record is no error")
	}
}

// From a sweep's specs to a check that passes; an update that fails or is
// stopped leaves the file as it was.
func TestUpdateAndCheck(t *testing.T) {
	s := tiny(t, "hourglass", "data="+textFile(t))
	path := filepath.Join(t.TempDir(), "baseline.jsonl")
	b, compared, err := Baseline{Path: path}.Update(t.Context(), []Spec{s}, UpdateOptions{Seeds: 3, Threads: 1, Sweep: "mine"})
	if err != nil || len(b.Records) != 3 || len(compared) != 0 {
		t.Fatalf("%d records, %d compared, %v", len(b.Records), len(compared), err)
	}
	loaded, err := LoadBaseline(path)
	if err != nil {
		t.Fatal(err)
	}
	checked, err := loaded.Check(t.Context(), CheckOptions{})
	if err != nil || len(checked) != 1 || checked[0].Regressed() || checked[0].Figures[0].Verdict != Same || checked[0].Record.Machine.Threads != 1 {
		t.Errorf("%+v, %v", checked, err)
	}

	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := loaded.Check(stopped, CheckOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped check: %v", err)
	}
	if _, _, err := loaded.Update(stopped, []Spec{s}, UpdateOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped update: %v", err)
	}
	diverging := s
	diverging.Train.LearningRate, diverging.Train.Schedule, diverging.Train.Steps = 100, "constant", 200
	if _, _, err := loaded.Update(t.Context(), []Spec{diverging}, UpdateOptions{}); err == nil || !contains(err, "stays as it was") {
		t.Errorf("diverging: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file has changed, %v", err)
	}

	again, compared, err := loaded.Update(t.Context(), []Spec{s}, UpdateOptions{Seeds: 3})
	if err != nil || len(again.Records) != 3 || again.Records[0].Sweep != "mine" || len(compared) != 1 || compared[0].Figures[0].Verdict != Same {
		t.Errorf("again: %d records, %+v, %v", len(again.Records), compared, err)
	}
}

// An update that is stopped goes on with the runs that are missing, if the
// source is the same.
func TestUpdateGoesOn(t *testing.T) {
	was := versions
	t.Cleanup(func() { versions = was })
	commit := "c0ffee"
	versions = func() results.Versions { return results.Versions{Commit: commit, Go: "go", Kernel: cpu.KernelVersion} }

	s := tiny(t, "transformer", "data="+textFile(t))
	path := filepath.Join(t.TempDir(), "baseline.jsonl")
	update := func(stopAt int) (runs int, err error) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		_, _, err = Baseline{Path: path}.Update(ctx, []Spec{s}, UpdateOptions{Seeds: 3, Threads: 1, CheckOptions: CheckOptions{
			Begin: func(_ string, i, _ int) {
				if i == stopAt {
					stop()
				}
			},
			Progress: func(p Progress) {
				if p.Phase == Training && p.Done == p.Total {
					runs++
				}
			},
		}})
		return runs, err
	}
	if runs, err := update(2); runs != 2 || !errors.Is(err, context.Canceled) {
		t.Errorf("stopped after %d runs, %v", runs, err)
	}
	commit = "decaf"
	if runs, err := update(1); runs != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("other source: stopped after %d runs, %v", runs, err)
	}
	if runs, err := update(-1); runs != 2 || err != nil {
		t.Errorf("went on with %d runs, %v", runs, err)
	}
	b, err := LoadBaseline(path)
	if err != nil || len(b.Records) != 3 || len(b.Records.Where(func(r results.Record) bool { return r.Versions.Commit == commit })) != 3 {
		t.Errorf("%d records, %v", len(b.Records), err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestReusable(t *testing.T) {
	v := results.Versions{Commit: "c0ffee", Go: "go1.26", Kernel: 1}
	record := results.Record{Versions: v, Machine: results.Machine{ISA: "avx2"}}
	for _, c := range []struct {
		change func(v *results.Versions, isa *string)
		want   int
	}{
		{func(*results.Versions, *string) {}, 1},
		{func(v *results.Versions, _ *string) { v.Commit = "decaf" }, 0},
		{func(v *results.Versions, _ *string) { v.Kernel = 2 }, 0},
		{func(v *results.Versions, _ *string) { v.Go = "go1.27" }, 0},
		{func(_ *results.Versions, isa *string) { *isa = "avx512" }, 0},
	} {
		now, isa := v, "avx2"
		c.change(&now, &isa)
		if got := reusable(results.Records{record}, now, isa); len(got) != c.want {
			t.Errorf("%+v, %s: %d, want %d", now, isa, len(got), c.want)
		}
	}
	record.Versions.Commit += "+dirty"
	if got := reusable(results.Records{record}, record.Versions, "avx2"); len(got) != 0 {
		t.Error("source with changes may be another one")
	}
}

func FuzzLoadBaseline(f *testing.F) {
	recorded, err := os.ReadFile("../results/recorded/baseline.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	lines := bytes.SplitAfter(recorded, []byte("\n"))
	f.Add(bytes.Join(lines[:3], nil))
	f.Add(lines[0][:len(lines[0])/2])
	f.Add([]byte(`{"id":"x","status":"done","spec":{},"valid_bpc":1,"test_bpc":1,"curve":[{"step":1}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "baseline.jsonl")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := LoadBaseline(path)
		if err != nil {
			return
		}
		for _, isa := range []string{"avx512", "portable"} {
			all, err := b.Expected(isa, 1)
			if err == nil && (len(all) == 0 || len(all) > len(b.Records)) {
				t.Errorf("%d runs of %d records", len(all), len(b.Records))
			}
		}
	})
}

// Baselines that say less than they seem to: too few seeds for a tolerance, and
// speeds that something else has made.
func TestPoorBaselines(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t))
	for _, c := range []struct {
		seeds     []uint64
		slow      float64 // share of peak of the last one, of 0.4
		poor      int
		scattered int
	}{
		{[]uint64{1, 2, 3}, 0.4, 0, 0},
		{[]uint64{1, 2, 3}, 0.31, 0, 0},
		{[]uint64{1, 2, 3}, 0.29, 0, 1},
		{[]uint64{1, 2}, 0.4, 1, 0},
		{[]uint64{1}, 0.4, 1, 0},
	} {
		b := Baseline{Records: baselineOf(t, s, "avx2", 1, c.seeds...)}
		for i := range b.Records {
			b.Records[i].ShareOfPeak = 0.4
			b.Records[i].Machine.PeakGFLOPS = float64(100 + i) // of processes of their own
		}
		b.Records[len(b.Records)-1].ShareOfPeak = c.slow
		if n, labels := b.WithoutTolerance(), b.Scattered(); n != c.poor || len(labels) != c.scattered {
			t.Errorf("seeds %v, the last with %g: %d without tolerance, scattered %q", c.seeds, c.slow, n, labels)
		}
	}
	if l := LoadAverage(); l < 0 || l > 1e5 {
		t.Errorf("load average %g", l)
	}
}
