package published

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestFileHasOnlyKnownFields(t *testing.T) {
	d := json.NewDecoder(bytes.NewReader(file))
	d.DisallowUnknownFields()
	var c contents
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
}

func TestNothingLost(t *testing.T) {
	count := map[string]int{}
	for _, f := range Figures() {
		count[f.Dataset]++
	}
	for dataset, want := range map[string]int{"enwik8": 22, "CIFAR-10": 17, "ImageNet32": 10, "ImageNet64": 20} {
		if count[dataset] != want {
			t.Errorf("%s has %d figures, want %d", dataset, count[dataset], want)
		}
		if got, err := On(dataset); err != nil || len(got) != want {
			t.Errorf("On(%q) gives %d figures, %v", dataset, len(got), err)
		}
	}
	if n := len(HourglassTable1().Rows); n != 15 {
		t.Errorf("Table 1 has %d rows, want 15", n)
	}
	if n := len(HourglassTable4().Rows); n != 9 {
		t.Errorf("Table 4 has %d rows, want 9", n)
	}
	rows := map[int]int{}
	for _, a := range HourglassAblations() {
		rows[a.Table] = len(a.Rows)
	}
	for table, want := range map[int]int{5: 4, 6: 5, 7: 4, 8: 4} {
		if rows[table] != want {
			t.Errorf("Table %d has %d rows, want %d", table, rows[table], want)
		}
	}
	if len(AllSources()) != 15 || len(LeftOut()) != 6 {
		t.Errorf("%d sources and %d left out, want 15 and 6", len(AllSources()), len(LeftOut()))
	}
}

func TestEveryFigureHasASource(t *testing.T) {
	known := sources()
	read := func(what string, rs []Reading) {
		if len(rs) == 0 {
			t.Errorf("%s was read nowhere", what)
		}
		for _, r := range rs {
			if known[r.Source] == "" {
				t.Errorf("%s: source %q is not listed", what, r.Source)
			}
		}
	}
	for _, f := range Figures() {
		what := f.Dataset + " " + f.Model
		read(what, f.Read)
		if f.Model == "" || f.Value < 0.5 || f.Value > 8 {
			t.Errorf("%s: implausible value %g", what, f.Value)
		}
		if f.Exact != 0 && (f.Exact-f.Value > 0.0051 || f.Value-f.Exact > 0.0051) {
			t.Errorf("%s: exact %g is not %g with more digits", what, f.Exact, f.Value)
		}
		if want := map[bool]string{true: "bpc", false: "bpd"}[f.Dataset == "enwik8"]; f.Metric != want {
			t.Errorf("%s: metric %q, want %q", what, f.Metric, want)
		}
		if f.Bound && f.Autoregressive {
			t.Errorf("%s: an autoregressive model's likelihood is exact, not a bound", what)
		}
		if slices.Contains(f.Sources(), "") {
			t.Errorf("%s: a source without a title", what)
		}
	}
	read("Table 1", HourglassTable1().Read)
	read("Table 4", HourglassTable4().Read)
	for _, a := range HourglassAblations() {
		read(a.Origin, a.Read)
		if a.Origin == "" || a.Caption == "" {
			t.Errorf("table %d has no origin or caption", a.Table)
		}
	}
}

func TestHierarchiesAreWritten(t *testing.T) {
	form := regexp.MustCompile(`^\d+@\d+(,\d+@\d+)*$`)
	for _, r := range HourglassTable1().Rows {
		if !form.MatchString(r.Hierarchy) || !(r.BPC > 1 && r.MemoryGB > 4 && r.StepsPerSecond > 0 && r.ParametersMillions > 20) {
			t.Errorf("row %+v", r)
		}
	}
	for _, r := range HourglassTable4().Rows {
		if !strings.Contains(r.Hierarchy, "@k") || len(r.BPCAtFactor) != len(r.TrainFactors) {
			t.Errorf("row %+v", r)
		}
	}
}

func TestWellKnownFigures(t *testing.T) {
	find := func(dataset, model string) Figure {
		t.Helper()
		fs, err := On(dataset)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(fs, func(f Figure) bool { return f.Model == model })
		if i < 0 {
			t.Fatalf("no %s on %s", model, dataset)
		}
		return fs[i]
	}
	if f := find("enwik8", "Sparse Transformer 30L fixed"); f.Bits() != 0.992 || f.ParametersMillions != 95 {
		t.Errorf("%+v", f)
	}
	if f := find("ImageNet64", "Very Deep VAE"); f.Bits() != 3.52 || !f.Bound || f.Autoregressive || !strings.Contains(f.Remark, "3.55") {
		t.Errorf("%+v", f)
	}
	if f := find("CIFAR-10", "DDPM (L)"); f.Bits() != 3.70 || !f.Bound {
		t.Errorf("%+v", f)
	}
	if f := find("enwik8", "Longformer 12L (small)"); f.Dev != 1.02 {
		t.Errorf("%+v", f)
	}
}

func TestUnknownDataset(t *testing.T) {
	if _, err := On("enwik9"); err == nil || !strings.Contains(err.Error(), "enwik8") {
		t.Errorf("error %v does not say what there is", err)
	}
}

func TestCallersCannotChangeTheFigures(t *testing.T) {
	Figures()[0].Value = 0
	HourglassTable4().Rows[0].BPCAtFactor[2] = 0
	if Figures()[0].Value == 0 || HourglassTable4().Rows[0].BPCAtFactor[2] == 0 {
		t.Error("a caller changed the figures for everybody")
	}
}
