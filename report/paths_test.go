package report

import (
	"bytes"
	"strings"
	"testing"
)

// A page to keep or send tells nobody where things are on this machine; a live
// page, which stays on it, does.
func TestPageHasNoLocalPaths(t *testing.T) {
	for version, want := range map[string]bool{"": false, "1": true} {
		records := synthetic(models...)
		for i := range records {
			records[i].Data.Name = "file:/home/me/text.txt"
			records[i].Spec = bytes.ReplaceAll(records[i].Spec, []byte(`"enwik7"`), []byte(`"file:/home/me/text.txt"`))
		}
		page := newPage(t, records, Options{Source: "/home/me/my results", Version: version})
		if got := strings.Contains(page, "/home/me"); got != want {
			t.Errorf("version %q: a path of this machine: %v, want %v", version, got, want)
		}
		if !strings.Contains(page, "file:text.txt") && !want {
			t.Error("the corpus has no name")
		}
	}
}

// The name of a run and its BPC come first, so that they are seen on a narrow page.
func TestTableStartsWithResults(t *testing.T) {
	table := newTable(synthetic(models...), chips{})
	var heads []string
	for _, h := range table.Heads {
		heads = append(heads, h.Name)
	}
	if got := strings.Join(heads[:4], ", "); got != "system, valid BPC, test BPC, hierarchy" {
		t.Error(got)
	}
	pictures := synthetic(models...)
	for i := range pictures {
		pictures[i].Evaluation.Row = 3072
	}
	if h := newTable(pictures, chips{}).Heads[1]; h.Name != "valid BPD" || !strings.HasPrefix(h.Help, "bits per dim ") {
		t.Errorf("%+v", h)
	}
}
