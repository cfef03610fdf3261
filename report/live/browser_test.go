package live

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hgbench/report/internal/browser"
	"hgbench/report/running"
)

// The page follows a sweep without being loaded again, and what a reader has
// opened and sorted stays so.
func TestInBrowser(t *testing.T) {
	dir, store := folder(t, record("a1", "2@1", 3), record("a2", "3@1", 2.9))
	address, stop := serve(t, dir, usual)
	p := browser.Open(t, "http://"+address+"/#a1", 1200, 900)
	p.Eval(`window.loaded = true; document.querySelector("#table thead th:nth-child(4) button").click()`, nil)
	p.Wait(`document.getElementById("a1").open && document.querySelector("#live").textContent === ""`)

	teller, err := running.Tell(dir, running.Run{ID: "b1", Index: 3, Points: 3, Label: "transformer(relative) 4@1", Spec: record("", "4@1", 1).Spec})
	if err != nil {
		t.Fatal(err)
	}
	for step := 1; step <= 60; step++ {
		teller.Update(running.State{Phase: "train", Done: step, Total: 100, Training: true, StepTokens: 100, TrainBPC: 2 + 4/float64(step),
			TokensPerSecond: 12_300, Remaining: 40 * time.Second, Sweep: 3 * time.Minute})
	}
	p.Wait(`document.querySelector("#live .state")?.textContent.includes("train 60/100") && document.querySelector("#running-b1 .plot path")`)
	var length float64
	curve := `Math.max(...[...document.querySelectorAll("#running-b1 .plot path")].map(e => e.getTotalLength()))`
	p.Eval(curve, &length)
	if err := os.WriteFile(filepath.Join(t.ArtifactDir(), "live.png"), p.Screenshot(), 0o644); err != nil {
		t.Fatal(err)
	}
	for step := 61; step <= 90; step++ {
		teller.Update(running.State{Phase: "train", Done: step, Total: 100, Training: true, StepTokens: 100, TrainBPC: 2 + 4/float64(step)})
	}
	p.Wait(`document.querySelector("#live progress").value === 90`)
	p.Wait(`JSON.parse(document.querySelector("#running-b1").dataset.values).at.some(v => v[4] === "9000")`)

	if err := teller.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.Append(record("b1", "4@1", 2.5)); err != nil {
		t.Fatal(err)
	}
	p.Wait(`document.querySelector("#live").textContent === "" && document.querySelectorAll("#table tbody tr").length === 3`)
	p.Wait(`document.getElementById("b1") && document.querySelector("#bpc-vs-flops .plot")`)
	var kept string
	p.Eval(`[window.loaded, document.getElementById("a1").open, document.querySelector("#table th[aria-sort]").textContent,
		[...document.querySelectorAll("#table tbody tr")].map(r => r.dataset.run).join(" "),
		getComputedStyle(document.querySelector("#bpc-vs-flops .plot text")).fontSize].join("; ")`, &kept)
	if want := "true; true; hierarchy; a1 a2 b1; 10px"; kept != want {
		t.Errorf("after the page changed it has %s; want %s", kept, want)
	}
	if complaints := p.Complaints(); len(complaints) > 0 {
		t.Errorf("the page has errors: %s", strings.Join(complaints, "\n"))
	}

	stop()
	p.Wait(`document.querySelector("#live").textContent.startsWith("Not connected")`)
}

// Another site's page can neither read this one, nor frame it.
func TestOtherSiteInBrowser(t *testing.T) {
	dir, _ := folder(t, record("a1", "2@1", 3))
	address, _ := serve(t, dir, usual)
	_, port, _ := strings.Cut(address, ":")
	path := filepath.Join(t.TempDir(), "evil.html")
	writeFile(t, path, fmt.Sprintf(`<!DOCTYPE html><iframe id="frame" src="http://%[1]s/"></iframe><script>
		window.results = [];
		const note = (name) => (x) => window.results.push(name + " " + (x instanceof Error ? "refused" : "READ"));
		Promise.allSettled([
			fetch("http://%[1]s/").then(note("fetch"), note("fetch")),
			fetch("http://%[1]s/", {mode: "no-cors"}).then((r) => r.text()).then((s) => note("opaque")(s === "" ? new Error() : s), note("opaque")),
			new Promise((done) => { const e = new EventSource("http://%[1]s/events"); e.onopen = () => done(note("events")(1)); e.onerror = () => done(note("events")(new Error())); }),
			fetch("http://rebound.localhost:%[2]s/").then(note("rebound"), note("rebound")),
		]).then(() => { window.done = true; });
	</script>`, address, port))
	p := browser.Open(t, "file://"+filepath.ToSlash(path), 800, 600)
	p.Wait(`window.done`)
	var got string
	p.Eval(`window.results.sort().join(", ")`, &got)
	if want := "events refused, fetch refused, opaque refused, rebound refused"; got != want {
		t.Errorf("another site has: %s", got)
	}
	var framed bool
	p.Eval(`(() => { try { return document.getElementById("frame").contentDocument !== null; } catch { return false; } })()`, &framed)
	if framed {
		t.Error("the page can be framed")
	}
}
