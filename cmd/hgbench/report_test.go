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
		{"serve nowhere", "no results in nowhere"},
	} {
		got := hgbench(t, strings.Fields(c.args)...)
		if got.status != exitError {
			t.Errorf("%s: status %d", c.args, got.status)
		}
		contains(t, got.stderr, c.want)
	}
}
