package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"hgbench/results"
)

func TestPageHasEverything(t *testing.T) {
	records := append(synthetic(models...), failed(), leaking())
	page := newPage(t, records, Options{Source: "my results"})
	text := html.UnescapeString(page)
	for _, want := range append(results.Summarise(records, results.P1).Lines,
		"<title>synthetic · hgbench</title>", "8 runs done · 2 not · enwik7 · Example CPU 9000, 2 threads",
		"step 120: the loss is NaN", "logits[17] change with token 18", "Published on enwik8", "Adaptive",
		`id="bpc-vs-flops"`, `id="bpc-vs-dense-flops"`, `id="bpc-vs-seconds"`, `id="bpc-vs-memory"`, `id="curves"`, `id="bpc-vs-position"`,
		`id="bpc-vs-memory-published"`,
	) {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, r := range records {
		for _, want := range []string{
			`id="` + r.ID + `"`, `id="curve-` + r.ID + `"`, "hgbench run --id " + r.ID + " --out 'my results'",
			r.Sample, r.WeightsHash, r.Versions.Commit, results.FormatBytes(r.Memory.Planned.Total), results.FormatSI(r.FLOPs.Total, ""),
			"hierarchy: " + r.Hierarchy(), "at 267 positions",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the page lacks %q of run %s", want, r.Label())
			}
		}
	}
	if strings.Count(page, `class="badge good"`) != 8 || strings.Count(page, "looks ahead</span>") != 2 {
		t.Error("what is proven causal is not told from what is not")
	}
}

// A page is one file: it names no other, and forbids itself to load any.
func TestPageNeedsNoNetwork(t *testing.T) {
	page := newPage(t, synthetic(models...), Options{})
	if at := regexp.MustCompile(`(src|srcset|data|action)=|url\(|@import|href="[^#]|<(link|base|iframe|object|embed)`).FindString(page); at != "" {
		t.Errorf("the page has %q", at)
	}
	if !strings.Contains(page, `content="default-src &#39;none&#39;; script-src &#39;sha256-`) {
		t.Error("the page has no policy")
	}
}

func TestPageIsDeterministic(t *testing.T) {
	records := append(synthetic(models...), failed())
	first := newPage(t, records, Options{})
	for range 5 {
		if newPage(t, records, Options{}) != first {
			t.Fatal("the same records give different pages")
		}
	}
}

func TestPageSize(t *testing.T) {
	var many []model
	for i := range 50 {
		m := models[i%len(models)]
		m.seed = uint64(i)
		many = append(many, m)
	}
	page := newPage(t, synthetic(many...), Options{})
	if len(page) > 1<<20 {
		t.Errorf("a page of 50 runs takes %d bytes", len(page))
	}
	if n := strings.Count(page, ", seed "); n < 50 {
		t.Errorf("%d runs of several seeds say theirs", n)
	}
}

func TestPageIsWellFormed(t *testing.T) {
	for name, records := range map[string]results.Records{
		"nothing": nil, "one": synthetic(models[0]), "failed": {failed()}, "leaking": {leaking()}, "hostile": {hostile()},
		"all": append(synthetic(models...), failed(), leaking(), hostile()),
		"bare": {
			{ID: "a", Status: results.Done, Spec: []byte(`{}`)}, {ID: "b", Status: results.Failed, Spec: []byte(`{"model":3}`)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, o := range []Options{{}, {Version: "1"}} {
				checkForm(t, newPage(t, records, o))
			}
		})
	}
}

// checkForm checks that elements nest, and that no two have the same id.
func checkForm(t *testing.T, page string) {
	t.Helper()
	rest, ok := strings.CutPrefix(page, "<!DOCTYPE html>")
	if !ok {
		t.Error("the page does not say that it is HTML")
	}
	// The only texts that are not markup stand between these.
	rest = regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>`).ReplaceAllString(rest, "")
	d := xml.NewDecoder(strings.NewReader(rest))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta"}, xml.HTMLEntity
	ids := map[string]bool{}
	depth := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			depth++
			for _, a := range e.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "style" {
					t.Errorf("<%s> has %s=%q", e.Name.Local, a.Name.Local, a.Value)
				}
				if a.Name.Local == "id" && ids[a.Value] {
					t.Errorf("two elements have the id %q", a.Value)
				} else if a.Name.Local == "id" {
					ids[a.Value] = true
				}
			}
			if e.Name.Local == "script" || e.Name.Local == "img" {
				t.Errorf("a <%s> that is none of the page's own", e.Name.Local)
			}
		case xml.EndElement:
			depth--
		}
	}
	if depth != 0 {
		t.Errorf("%d elements are not closed", depth)
	}
}

// What the page shows as spec.yaml is the record's spec.
func TestSpecYAML(t *testing.T) {
	for _, spec := range []string{
		string(record(models[7]).Spec),
		`{"model":{"attention":{"1":"window(64)","3":"relative"},"dropout":0},"train":{"shorten_factors":[2,3],"lr":1e-3},"data":"yes","seed":18446744073709551615}`,
		`{"data":"1e3","model":{"hierarchy":"4@1: a # b","null":null,"on":true}}`,
	} {
		var want, got any
		text := specYAML([]byte(spec))
		if err := yaml.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if err := yaml.Unmarshal([]byte(spec), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
		if strings.Contains(text, "{") && !strings.Contains(spec, "{}") {
			t.Errorf("a spec with braces:\n%s", text)
		}
	}
	if got := specYAML([]byte("{")); got != "{" {
		t.Errorf("a damaged spec is shown as %q", got)
	}
}

func TestValueText(t *testing.T) {
	for _, c := range []struct {
		v           float64
		title, want string
	}{
		{3.13912, "validation BPC (bits per byte)", "3.139"},
		{9.59e11, "necessary FLOPs of training (FLOP)", "959 GFLOP"},
		{13.4812, "planned peak memory (MiB)", "13.48 MiB"},
		{3.5059, "training time (s)", "3.506 s"},
		{403200, "tokens seen", "403 k"},
		{252, "context (tokens)", "252 tokens"},
	} {
		if got := valueText(c.v, c.title); got != c.want {
			t.Errorf("%v on %q is %q, want %q", c.v, c.title, got, c.want)
		}
	}
}

func TestSeconds(t *testing.T) {
	for v, want := range map[float64]string{0.04: "0.0 s", 3.46: "3.5 s", 59.96: "1 m 00 s", 754: "12 m 34 s", 3599.6: "1 h 00 m", 40000: "11 h 06 m"} {
		if got := seconds(v); got != want {
			t.Errorf("%v s is %q, want %q", v, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	for s, want := range map[string]string{"a/b-1.2": "a/b-1.2", "my results": "'my results'", "it's": `'it'\''s'`, "$(rm)": "'$(rm)'"} {
		if got := quote(s); got != want {
			t.Errorf("%q is quoted as %s, want %s", s, got, want)
		}
	}
}

// Values keep apart, and say which run they are of.
func TestPointers(t *testing.T) {
	records := synthetic(models...)
	page := newPage(t, records, Options{})
	figure := regexp.MustCompile(`id="curves" data-values="([^"]*)"`).FindStringSubmatch(page)
	var v values
	if err := json.Unmarshal([]byte(html.UnescapeString(figure[1])), &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Names) != 2*len(models) || len(v.At) < 200 {
		t.Errorf("%d values of %v", len(v.At), v.Names)
	}
	for i, name := range v.Names {
		r, ok := records.Find(v.Runs[i])
		if !ok || r.Label() != strings.TrimSuffix(name, ", training") {
			t.Errorf("%s is run %q, which is %s", name, v.Runs[i], r.Label())
		}
	}
}
