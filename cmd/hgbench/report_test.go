package main

import (
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hgbench/bench"
)

func TestReport(t *testing.T) {
	workFolder(t)
	ok(t, "run", "-f", "tiny.yaml")
	r := recorded(t, "hgbench-results/runs")[0]
	contains(t, ok(t, "report"), "report of 1 records, ", filepath.Join("hgbench-results", "runs", "report.html"))
	page, err := os.ReadFile("hgbench-results/runs/report.html")
	if err != nil {
		t.Fatal(err)
	}
	contains(t, html.UnescapeString(string(page)), "<!DOCTYPE html>", r.Label(), "hgbench run --id "+r.ID+"<", r.WeightsHash)

	// The commands of the page do what it says: the run again, here and elsewhere.
	contains(t, ok(t, "run", "--id", r.ID), "bitwise the same as recorded")
	spec := regexp.MustCompile(`(?s)<pre class="spec">(.*?)</pre>`).FindStringSubmatch(string(page))
	write(t, "spec.yaml", html.UnescapeString(spec[1]))
	if plan := okJSON[bench.PlanReport](t, "plan", "-f", "spec.yaml", "--json"); plan.ID != r.ID {
		t.Errorf("the page's spec is of run %s, want %s", plan.ID, r.ID)
	}

	if err := os.Rename("hgbench-results/runs", "my results"); err != nil {
		t.Fatal(err)
	}
	ok(t, "report", "my results", "-o", "there.html")
	page, err = os.ReadFile("there.html")
	if err != nil {
		t.Fatal(err)
	}
	contains(t, html.UnescapeString(string(page)), "hgbench run --id "+r.ID+" --out 'my results'<")
}

func TestReportFails(t *testing.T) {
	workFolder(t)
	write(t, "empty/records.jsonl", "")
	write(t, "torn/records.jsonl", `{"id":`)
	write(t, "damaged/records.jsonl", "{}\n")
	for _, c := range []struct{ args, want string }{
		{"report", "no results in ./hgbench-results"},
		{"report nowhere", "nowhere"},
		{"report empty", "no records in empty"},
		{"report torn", "no records in torn"},
		{"report damaged", "records.jsonl:1: damaged record"},
		{"serve", "no results in ./hgbench-results"},
		{"serve nowhere", "no results named nowhere"},
	} {
		got := hgbench(t, strings.Fields(c.args)...)
		if got.status != exitError {
			t.Errorf("%s: status %d", c.args, got.status)
		}
		contains(t, got.stderr, c.want)
	}
}

// What -o names is never replaced by a file unless it is one.
func TestOutputThatIsNoFile(t *testing.T) {
	workFolder(t)
	write(t, "results/records.jsonl", `{"id":"1","status":"failed","error":"for a test","spec":{"seed":1}}`+"\n")
	for _, command := range []string{"export", "report"} {
		got := hgbench(t, command, "results", "-o", ".")
		if got.status != exitError || got.stdout != "" {
			t.Errorf("%s: status %d, stdout %q", command, got.status, got.stdout)
		}
		contains(t, got.stderr, ".: is a folder; want the name of a file")
		got = hgbench(t, command, "results", "-o", "nowhere/file")
		contains(t, got.stderr, "nowhere/file: there is no folder nowhere")
	}
	if err := os.Symlink("target", "link"); err != nil {
		t.Skip(err)
	}
	ok(t, "export", "results", "-o", "link")
	if to, err := os.Readlink("link"); err != nil || to != "target" || !exists("target") {
		t.Errorf("the link points to %q, %v", to, err)
	}
}
