package main

import (
	"fmt"
	"strings"
	"testing"
)

// writeRecords writes records with these ids, which failed.
func writeRecords(t *testing.T, folder string, ids ...string) {
	t.Helper()
	var lines strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&lines, `{"id":%q,"status":"failed","error":"for a test","spec":{"seed":1}}`+"\n", id)
	}
	write(t, folder+"/records.jsonl", lines.String())
}

// An id is found in spite of a damaged folder beside that of its record; where
// it is not, the error says why.
func TestFindRecord(t *testing.T) {
	workFolder(t)
	writeRecords(t, "hgbench-results/a", "12aa", "12ab", "34")
	writeRecords(t, "hgbench-results/b", "12b", "12aa", "5", "56")
	write(t, "hgbench-results/damaged/records.jsonl", "this is no record\n")
	for _, c := range []struct {
		id   string
		want []string
	}{
		{"34", []string{"run 34 is recorded as failed"}},
		{"12aa", []string{"run 12aa is recorded as failed"}},
		{"5", []string{"run 5 is recorded as failed"}}, // the whole of one id, the start of another
		{"12a", []string{"id 12a is that of 2 runs: 12a", "12aa in hgbench-results/", "12ab in hgbench-results/a", "want more of its digits"}},
		{"12", []string{"id 12 is that of 3 runs", "12b in hgbench-results/b"}},
		{"7", []string{"id 7: no record has it in ", "hgbench-results/a", "hgbench-results/b"}},
	} {
		got := hgbench(t, "run", "--id", c.id)
		if got.status != exitError {
			t.Errorf("%s: status %d", c.id, got.status)
		}
		contains(t, got.stderr, append(c.want, "warning: hgbench-results/damaged is left out: hgbench-results/damaged/records.jsonl:1: damaged record")...)
	}
	got := hgbench(t, "run", "--id", "34", "--out", "damaged")
	contains(t, got.stderr, "hgbench: hgbench-results/damaged/records.jsonl:1: damaged record")
}

// A name is one of the folders of here, or else of those that came with the
// source; where it is neither, the error says what there is.
func TestNamesOfResults(t *testing.T) {
	workFolder(t)
	contains(t, hgbench(t, "table", "nosuch").stderr, "no results named nosuch", "there are none in ./hgbench-results")
	writeRecords(t, "hgbench-results/mine", "12")
	writeRecords(t, "hgbench-results/both", "34")
	writeRecords(t, "results/recorded/both", "56")
	writeRecords(t, "results/recorded/theirs", "78")
	for name, want := range map[string]string{"mine": "12", "both": "34", "theirs": "78", "results/recorded/both": "56", "hgbench-results/mine/records.jsonl": "12"} {
		got := hgbench(t, "export", name, "--format", "jsonl")
		contains(t, got.stdout, `{"id":"`+want+`"`)
		if told := strings.Contains(got.stderr, "results in results/recorded/theirs, which came with the source"); told != (name == "theirs") {
			t.Errorf("%s: %q", name, got.stderr)
		}
	}
	for _, command := range []string{"table", "plot", "report", "export", "serve"} {
		got := hgbench(t, command, "nosuch")
		if got.status != exitError {
			t.Errorf("%s: status %d", command, got.status)
		}
		contains(t, got.stderr, "no results named nosuch", "mine", " in ./hgbench-results; ", "theirs", " in ./results/recorded")
	}
	// What is made of those that came with the source leaves it as it is, and does not stand before them afterwards.
	contains(t, ok(t, "report", "theirs"), "hgbench-results/theirs/report.html")
	contains(t, ok(t, "export", "theirs", "--format", "jsonl"), `{"id":"78"`)
	contains(t, ok(t, "report", "results/recorded/theirs"), "results/recorded/theirs/report.html")
	contains(t, hgbench(t, "plot", "paterns").stderr, `no results named paterns; did you mean "hgbench plot patterns"?`)
	completed := ok(t, "__complete", "table", "")
	contains(t, completed, "mine\thgbench-results/mine\n", "both\thgbench-results/both\n", "theirs\tresults/recorded/theirs\n")
	if strings.Contains(completed, "results/recorded/both") {
		t.Errorf("%q has a name twice", completed)
	}
}
