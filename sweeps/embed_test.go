package sweeps

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hgbench/bench"
	"hgbench/results"
)

func TestEmbeddedSweeps(t *testing.T) {
	sizes := map[string]int{
		"quick": 7, "lr": 8, "shorten-factor": 8, "hierarchy": 13, "shorten-upsample": 8, "vanilla-layers": 5, "check": 12,
		"shortened-layers": 4, "context-memory": 82, "attention": 10, "hourglass-attention": 17, "leaks": 6,
		"paper/sparse-transformer": 1, "paper/longformer": 1, "paper/reformer": 1, "paper/routing-transformer": 1, "paper/bigbird-performer": 2, "paper/table1": 15, "paper/enwik8-v1": 1, "paper/enwik8-v2": 1,
	}
	list := List()
	if list[0].Name != Default {
		t.Errorf("the first sweep is %s, want %s", list[0].Name, Default)
	}
	for _, s := range list {
		points, err := Expand(s, bench.NecessaryPerToken)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(points) != sizes[s.Name] {
			t.Errorf("%s: %d points, want %d", s.Name, len(points), sizes[s.Name])
		}
		delete(sizes, s.Name)
		if s.Description == "" || len(s.Description) > 120 {
			t.Errorf("%s: description %q does not fit a line", s.Name, s.Description)
		}
		ids, names := map[string]string{}, map[string]bool{}
		for _, p := range points {
			if err := p.Spec.Validate(); err != nil {
				t.Errorf("%s, %s: %v", s.Name, p.Name, err)
			}
			id := p.Spec.ID("corpus")
			if other, ok := ids[id]; ok {
				t.Errorf("%s: %q and %q have one id", s.Name, p.Name, other)
			}
			if names[p.Name] {
				t.Errorf("%s: two points are called %q", s.Name, p.Name)
			}
			ids[id], names[p.Name] = p.Name, true
			if strings.Contains(p.Name, "eval") {
				t.Errorf("%s: the name %q tells what follows from the context", s.Name, p.Name)
			}
			if p.Spec.Train.Steps == 0 {
				t.Errorf("%s, %s: no steps", s.Name, p.Name)
			}
		}
		loaded, err := Load(s.Name)
		if err != nil || loaded.Name != s.Name {
			t.Errorf("load %s: got %v, %v", s.Name, loaded, err)
		}
		if s.PlanOnly != (s.Protocol == "") {
			t.Errorf("%s: plan only %v, protocol %q", s.Name, s.PlanOnly, s.Protocol)
		}
	}
	for name := range sizes {
		t.Errorf("no sweep %s", name)
	}
}

// The proportions that make a small run resemble the paper's, and no padding.
func TestQuickKeepsThePapersProportions(t *testing.T) {
	s, err := Load("quick")
	if err != nil {
		t.Fatal(err)
	}
	if s.Protocol != results.P1 {
		t.Errorf("protocol %s", s.Protocol)
	}
	points, err := Expand(s, bench.NecessaryPerToken)
	if err != nil {
		t.Fatal(err)
	}
	flat, factors, levels := 0, map[int]bool{}, map[int]bool{}
	for _, p := range points {
		m, c := p.Spec.Model, p.Spec.Train.Context
		if m.DFF != 4*m.DModel || c < 3*m.DModel || c > 5*m.DModel || c%12 != 0 {
			t.Errorf("%s: d_model %d, d_ff %d, context %d", p.Name, m.DModel, m.DFF, c)
		}
		h, err := p.Spec.ParsedHierarchy()
		if err != nil {
			t.Fatal(err)
		}
		levels[len(h.Levels)] = true
		switch {
		case h.Flat():
			flat++
		case len(h.Levels) == 2:
			factors[h.Divisor()] = true
		}
	}
	if flat < 3 || !factors[2] || !factors[3] || !factors[4] || !levels[3] {
		t.Errorf("%d flat models, factors %v, levels %v", flat, factors, levels)
	}
}

func TestTable1IsThePapers(t *testing.T) {
	s, err := Load("paper/table1")
	if err != nil {
		t.Fatal(err)
	}
	points, err := Expand(s, bench.NecessaryPerToken)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split("6@1;2@1 1@3 2@1;2@1 4@4 2@1;8@1;2@1 4@3 2@1;2@1 8@4 2@1;2@1 1@2 4@4 1@2 2@1;2@1 8@3 2@1;10@1;3@1 8@4 3@1;12@1;4@1 8@4 4@1;2@1 16@3 2@1;14@1;5@1 8@2 5@1", ";")
	for i, p := range points {
		if got := strings.ReplaceAll(p.Spec.Model.Hierarchy, ",", " "); got != want[i] {
			t.Errorf("row %d: %s, want %s", i, got, want[i])
		}
		e := p.Spec.Eval
		if p.Spec.Train.Steps != 200_000 || p.Spec.Train.Batch != 8 || p.Spec.Train.Context != 2048 || e.Context != 2048 || e.Stride != 2048 {
			t.Errorf("row %d: %+v %+v", i, p.Spec.Train, e)
		}
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(path, []byte("protocol: P1\naxes: {seed: [1, 2]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path)
	if err != nil || s.Name != "mine" {
		t.Errorf("got %v, %v", s, err)
	}
	for _, c := range []struct{ in, want string }{
		{"quikc", `unknown sweep "quikc", and no such file; did you mean quick?`},
		{"nothing-like-it", "want one of quick, "},
		{path + ".yaml", "no such file"},
		{filepath.Dir(path), "sweep: read"},
	} {
		if _, err := Load(c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.in, err, c.want)
		}
	}
}

// A recorded spec must be read back as the point that asked for it.
func TestPointsSurviveTheirRecord(t *testing.T) {
	for _, s := range List() {
		points, err := Expand(s, bench.NecessaryPerToken)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range points {
			b, err := p.Spec.Canonical()
			if err != nil {
				t.Fatal(err)
			}
			var back bench.Spec
			if err := json.Unmarshal(b, &back); err != nil {
				t.Fatal(err)
			}
			if back.ID("x") != p.Spec.ID("x") {
				t.Errorf("%s, %s: another id after a round trip", s.Name, p.Name)
			}
		}
	}
}
