package plots

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hgbench/results"
)

func namesOf(figures []Figure) string {
	var names []string
	for _, f := range figures {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}

func TestFigures(t *testing.T) {
	for _, c := range []struct {
		name    string
		records []results.Record
		want    string
	}{
		{"trained", quick(), "bpc-vs-flops bpc-vs-dense-flops bpc-vs-seconds bpc-vs-memory bpc-vs-cost curves bpc-vs-position"},
		{"planned only", contexts(), "memory-vs-context"},
		{"one run", quick()[:1], "bpc-vs-flops bpc-vs-dense-flops bpc-vs-seconds bpc-vs-memory bpc-vs-cost curves bpc-vs-position"},
	} {
		figures, err := Figures(c.records, Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := namesOf(figures); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestNothingToDraw: no figure without data, and the error says what is missing.
func TestNothingToDraw(t *testing.T) {
	failed := slices.Clone(quick())
	for i := range failed {
		failed[i].Status = results.Failed
	}
	bare := []results.Record{{ID: "1", Status: results.Done, Spec: json.RawMessage(`{}`)}}
	for name, records := range map[string][]results.Record{"none": nil, "failed": failed, "bare": bare} {
		builders := map[string]func() error{
			"Figures":       func() error { _, err := Figures(records, Options{}); return err },
			"Costs":         func() error { _, err := Costs(records, Options{}); return err },
			"Curves":        func() error { _, err := Curves(records, "steps", Options{}); return err },
			"Position":      func() error { _, err := Position(records, Options{}); return err },
			"MemoryContext": func() error { _, err := MemoryContext(records, Options{}); return err },
			"Scaling":       func() error { _, err := Scaling(records, results.Seconds, Options{}); return err },
		}
		for _, a := range results.Axes() {
			builders[a.Name] = func() error { _, err := Efficiency(records, a, Options{Published: true}); return err }
		}
		for figure, build := range builders {
			err := build()
			if err == nil || !strings.Contains(err.Error(), "want") {
				t.Errorf("%s of %s: error %v, want one that says what is wanted", figure, name, err)
			}
			if name == "failed" && figure != "MemoryContext" && !strings.Contains(err.Error(), "9 failed") {
				t.Errorf("%s of %s: error %q does not say that 9 runs failed", figure, name, err)
			}
		}
	}
}

func TestCaptionsSayWhatIsLeftOut(t *testing.T) {
	f, err := Efficiency(seeded(), results.NecessaryFLOPs, Options{Protocol: results.P2})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Left out: 2 runs", "1 failed", "† looks ahead", "1 without a finite BPC", "3 seeds", "standard deviation"} {
		if !strings.Contains(f.Caption, want) {
			t.Errorf("caption %q lacks %q", f.Caption, want)
		}
	}
	if want := "P2: equal necessary FLOPs  ·  enwik7"; f.Subtitle != want {
		t.Errorf("subtitle %q, want %q", f.Subtitle, want)
	}
}

// TestPublishedIsToldApart: on the one axis that the paper has numbers for, and
// never without the words.
func TestPublishedIsToldApart(t *testing.T) {
	for _, a := range results.Axes() {
		f, err := Efficiency(quick(), a, Options{Published: true})
		if err != nil {
			t.Fatal(err)
		}
		svg, err := f.SVG()
		if err != nil {
			t.Fatal(err)
		}
		want := a.Name == results.PeakMemory.Name
		if got := strings.Contains(string(svg), "published: Hourglass, arXiv 2110.13711"); got != want {
			t.Errorf("%s: legend with published numbers: %v, want %v", a.Name, got, want)
		}
		if got := strings.Contains(f.Caption, "published"); got != want {
			t.Errorf("%s: caption with published numbers: %v, want %v", a.Name, got, want)
		}
	}
	for _, m := range publishedOn(results.PeakMemory).marks {
		if !m.hollow || m.look.color != foreign {
			t.Errorf("%s is not hollow and grey", m.label)
		}
	}
}

// TestHostileRecords: whatever numbers stand in records, a figure is drawn or
// an error says why not.
func TestHostileRecords(t *testing.T) {
	values := []float64{0, -1, 1e-300, 1, 3, 1e300, math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1)}
	rng := rand.New(rand.NewPCG(5, 5))
	value := func() float64 { return values[rng.IntN(len(values))] }
	whole := func() int64 {
		return []int64{0, -5, 1, 1 << 20, 1 << 40, math.MaxInt64, math.MinInt64}[rng.IntN(7)]
	}
	specs := []string{``, `null`, `[]`, `{"model":3}`, `{"model":{"system":"hourglass","hierarchy":"1@1"},"train":{"context":-4}}`,
		`{"model":{"system":"transformer","attention":{"1":"full"}},"train":{"context":1e308}}`, `{"model":{"system":"","hierarchy":["a"]},"train":{"context":64}}`}
	for range 25 {
		records := quick()
		for i := range records {
			r := &records[i]
			for _, f := range []*float64{&r.ValidBPC, &r.TestBPC, &r.Seconds, &r.FLOPs.Total, &r.FLOPs.DensePerToken, &r.FLOPs.NecessaryPerToken} {
				if rng.IntN(3) == 0 {
					*f = value()
				}
			}
			if rng.IntN(3) == 0 {
				r.Memory = results.Memory{Planned: results.Planned{Total: whole(), Weights: whole()}, MeasuredPeak: whole(), Idle: whole()}
			}
			if rng.IntN(4) == 0 {
				r.Spec = json.RawMessage(specs[rng.IntN(len(specs))])
			}
			for k := range r.Curve {
				if rng.IntN(6) == 0 {
					v := value()
					r.Curve[k] = results.Point{Step: int(whole()), Tokens: whole(), FLOPs: value(), Seconds: value(), TrainBPC: value(), ValidBPC: &v}
				}
			}
			if rng.IntN(3) == 0 {
				r.PositionBPC = []float64{value(), value(), value()}
				r.Evaluation.Context = int(whole())
			}
		}
		figures, err := Figures(records, Options{Published: rng.IntN(2) == 0})
		if err != nil {
			continue
		}
		for _, over := range []string{"steps", "flops", "seconds"} {
			if f, err := Curves(records, over, Options{}); err == nil {
				figures = append(figures, f)
			}
		}
		for _, f := range figures {
			if _, err := f.SVG(); err != nil {
				t.Errorf("%s: %v", f.Name, err)
			}
		}
	}
}

// TestContextLegend: each line's exponents stand in the legend, and time has a
// panel where it was taken.
func TestContextLegend(t *testing.T) {
	planned, err := MemoryContext(contexts(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	timed, err := MemoryContext(measuredContexts(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(planned.Panels[0]) != 1 || len(timed.Panels[0]) != 2 {
		t.Errorf("%d panels of plans, %d of what was timed; want 1 and 2", len(planned.Panels[0]), len(timed.Panels[0]))
	}
	for _, c := range []struct {
		figure Figure
		key    int
		want   string
	}{
		{planned, 0, "hourglass 1@1,4@3,1@1 (storage streaming): memory 1.00"},
		{timed, 0, "hourglass 1@1,4@3,1@1 (storage streaming): memory 1.00, time 1.50"},
		{timed, 1, "hourglass 1@1,4@3,1@1 (storage materialised): memory 1.91"}, // not timed
		{timed, 4, "transformer(relative) 8@1 (storage streaming): memory 1.00, time 1.50"},
	} {
		if got := c.figure.keys[c.key].name; got != c.want {
			t.Errorf("key %d: %q, want %q", c.key, got, c.want)
		}
	}
	if k := timed.keys; !k[1].hollow || k[0].hollow || k[4].color != looks["transformer(relative)"].color || k[2].color == k[4].color {
		t.Error("storage is told by markers, hierarchies by shades")
	}
}

func TestPatternCounts(t *testing.T) {
	square, memory := window(4, 2), [][]bool{{true, true, true, false}, {false, true, true, true}}
	leak := window(4, 2)
	leak[0][3] = true
	for _, c := range []struct {
		mask [][]bool
		want string
	}{
		{square, "70 % of the 10 causal pairs are visible"},
		{memory, "85.7 % of the 7 causal pairs are visible"},
		{leak, "70 % of the 10 causal pairs are visible, and 1 pair of the future: not causal"},
	} {
		f, err := Pattern("p", c.mask)
		if err != nil || f.Subtitle != c.want {
			t.Errorf("subtitle %q, %v, want %q", f.Subtitle, err, c.want)
		}
	}
	for _, bad := range [][][]bool{nil, {{}}, {{true}, {true, false}}} {
		if _, err := Pattern("p", bad); err == nil {
			t.Errorf("mask %v: no error", bad)
		}
	}
	for name, want := range map[string]string{"window(64)": "window-64", "Top 2!": "top-2", "()": ""} {
		if got := slug(name); got != want {
			t.Errorf("slug(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestFiguresOfSeveralCorpora: no axis has BPCs of two corpora.
func TestFiguresOfSeveralCorpora(t *testing.T) {
	records := quick()
	for i := range records[:4] {
		records[i].Data = results.Data{Name: "cifar10:a/b", SHA256: "other"}
	}
	for name, build := range map[string]func() (Figure, error){
		"bpc-vs-flops":    func() (Figure, error) { return Efficiency(records, results.NecessaryFLOPs, Options{}) },
		"curves":          func() (Figure, error) { return Curves(records, "tokens", Options{}) },
		"bpc-vs-position": func() (Figure, error) { return Position(records, Options{}) },
	} {
		want := name + ": the runs are on different data (cifar10:a/b, enwik7); take one corpus at a time"
		if _, err := build(); err == nil || err.Error() != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	figures, err := Figures(records, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := namesOf(figures); !strings.HasPrefix(got, "bpc-vs-flops-cifar10-a-b ") || strings.Count(got, "bpc-vs-flops-") != 2 || !strings.HasSuffix(got, " bpc-vs-position-enwik7") {
		t.Error(got)
	}
	if y := figures[0].Panels[0][0].Y.Label.Text; y != "validation BPD (bits per dim)" || figures[0].Title != "Validation BPD against necessary FLOPs of training, cifar10:a/b" {
		t.Errorf("%s: %s", figures[0].Title, y)
	}
}
