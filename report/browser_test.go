package report

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hgbench/report/internal/browser"
	"hgbench/results"
)

// keep keeps a picture of the page, to be looked at: "go test -artifacts".
func keep(t *testing.T, name string, picture []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), name), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// open opens the page of records as a file, as one opens what somebody sent.
func open(t *testing.T, records results.Records, width, height int) *browser.Page {
	t.Helper()
	page := newPage(t, records, Options{})
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
	return browser.Open(t, (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String(), width, height)
}

func content(p *browser.Page, expression string) (text string) {
	p.Eval("String("+expression+")", &text)
	return text
}

// center of an element, in the window.
func center(p *browser.Page, selector string) (x, y float64) {
	var at [2]float64
	p.Eval(`(() => { const e = document.querySelector(`+"`"+selector+"`"+`); e.scrollIntoView({block: "center", behavior: "instant"});
		const b = e.getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2]; })()`, &at)
	return at[0], at[1]
}

func TestInBrowser(t *testing.T) {
	records := append(synthetic(models...), failed(), leaking())
	p := open(t, records, 1320, 900)
	keep(t, "light.png", p.Screenshot())

	seeSorting(t, p)
	seeValues(t, p, records[5])
	seeDark(t, p)
	seeNarrow(t, p)
	seePrint(t, p)
	if complaints := p.Complaints(); len(complaints) > 0 {
		t.Errorf("the page has errors: %s", strings.Join(complaints, "\n"))
	}
}

func seeSorting(t *testing.T, p *browser.Page) {
	column := func() string {
		return content(p, `[...document.querySelectorAll("#table tbody tr")].map(r => r.cells[3].textContent).join(" ")`)
	}
	before := column()
	if !strings.HasPrefix(before, "6@1 ") || !strings.HasSuffix(before, "2@1,8@6,2@1 2@1,8@3,2@1") {
		t.Errorf("the table begins with %s; want the best first, and what is not done last", before)
	}
	p.Click(center(p, `#table thead th:nth-child(5) button`)) // parameters
	up := column()
	if !strings.HasPrefix(up, "2@1 ") || content(p, `document.querySelector("#table th[aria-sort]").textContent`) != "parameters" {
		t.Errorf("sorted by parameters: %s", up)
	}
	p.Eval(`document.activeElement.focus()`, nil)
	p.Press("Enter") // the button has the focus
	if down := column(); strings.HasPrefix(down, "2@1 ") || down == up {
		t.Errorf("sorted the other way: %s", down)
	}
}

func seeValues(t *testing.T, p *browser.Page, r results.Record) {
	var at [2]float64
	p.Eval(`(() => { const f = document.querySelector("#bpc-vs-flops"), v = JSON.parse(f.dataset.values), svg = f.querySelector(".plot");
			f.scrollIntoView({block: "center", behavior: "instant"});
			const q = v.at.find(q => v.names[q[2]] === "hourglass 1@1,4@3,1@1"), b = svg.getBoundingClientRect(), k = b.width / svg.viewBox.baseVal.width;
			return [b.left + q[0] * k, b.top + q[1] * k]; })()`, &at)
	p.Point(at[0]+3, at[1]-2)
	for _, want := range []string{"hourglass 1@1,4@3,1@1", "validation BPC", bits(r.ValidBPC), "136 TFLOP"} {
		if tip := content(p, `document.querySelector("#tip").hidden ? "" : document.querySelector("#tip").textContent`); !strings.Contains(tip, want) {
			t.Errorf("pointing at a value tells %q, which lacks %q", tip, want)
		}
	}
	keep(t, "pointed.png", p.Screenshot())
	p.Click(at[0], at[1])
	p.Wait(`document.getElementById("` + r.ID + `").open`)
	p.Eval(`document.querySelector("#curves .plot").focus()`, nil)
	p.Press("ArrowRight")
	p.Press("ArrowRight")
	if tip := content(p, `document.querySelector("#tip").hidden ? "" : document.querySelector("#tip").textContent`); !strings.Contains(tip, "tokens seen") {
		t.Errorf("the arrow keys tell %q", tip)
	}
	p.Press("Escape")
	p.Wait(`document.querySelector("#tip").hidden`)
	p.Point(center(p, `#table tr[data-run="`+r.ID+`"]`))
	p.Wait(`document.querySelectorAll(".ring").length >= 3`)
}

func seeDark(t *testing.T, p *browser.Page) {
	p.Media("screen", "dark")
	background := func() string { return content(p, `getComputedStyle(document.body).backgroundColor`) }
	if got := background(); got != "rgb(16, 17, 19)" {
		t.Errorf("a dark page is %s", got)
	}
	if got := content(p, `getComputedStyle(document.querySelector("#bpc-vs-flops path")).fill`); got != content(p, `getComputedStyle(document.querySelector("#bpc-vs-flops")).backgroundColor`) {
		t.Errorf("the paper of a figure is %s on a dark page", got)
	}
	keep(t, "dark.png", p.Screenshot())
	p.Eval(`document.querySelector("#theme").click()`, nil)
	if got := background(); got != "rgb(246, 246, 244)" {
		t.Errorf("turned light, the page is %s", got)
	}
	p.Eval(`document.querySelector("#theme").click()`, nil)
	p.Media("print", "dark")
	if got := background(); got != "rgb(255, 255, 255)" {
		t.Errorf("in print the page is %s", got)
	}
	p.Media("screen", "light")
	p.Eval(`document.querySelector("#theme").click()`, nil)
}

func seeNarrow(t *testing.T, p *browser.Page) {
	for _, width := range []int{360, 768, 1024} {
		p.Resize(width, 800)
		if got := content(p, `document.documentElement.scrollWidth`); got != content(p, `innerWidth`) {
			t.Errorf("a page of %d pixels is %s wide", width, got)
		}
		if width == 360 {
			keep(t, "narrow.png", p.Screenshot())
		}
	}
	p.Resize(1320, 900)
}

func seePrint(t *testing.T, p *browser.Page) {
	p.Media("", "light")
	pdf := p.PDF()
	if !bytes.HasPrefix(pdf, []byte("%PDF")) || bytes.Count(pdf, []byte("/Type /Page\n")) < 5 {
		t.Errorf("printing gives %d bytes", len(pdf))
	}
	keep(t, "print.pdf", pdf)
	if n := content(p, `document.querySelectorAll("details[open]").length`); n != "1" {
		t.Errorf("after printing %s details are open; want the one that was", n)
	}
}

func TestHostileRecordsInBrowser(t *testing.T) {
	p := open(t, results.Records{hostile()}, 1000, 800)
	if content(p, `window.owned`) != "undefined" || content(p, `document.scripts.length`) != "1" {
		t.Error("a record ran its own script")
	}
	if complaints := p.Complaints(); len(complaints) > 0 {
		t.Errorf("the page has errors: %s", strings.Join(complaints, "\n"))
	}
}

// hostile is a record whose texts try to be more than text.
func hostile() results.Record {
	const attack = `"><script>window.owned=1</script><img src=x onerror="window.owned=1">`
	m := models[4]
	m.hierarchy = attack
	r := record(m)
	r.ID, r.Sample, r.Sweep, r.Data.Name = attack, `</pre>`+attack, attack, attack
	r.Machine.CPU, r.Versions.Commit, r.Causality.Init = attack, attack, attack
	return r
}
