package results

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoadFirst(t *testing.T) {
	dir := t.TempDir()
	own, none := filepath.Join(dir, "own.jsonl"), filepath.Join(dir, "quick")
	if err := os.WriteFile(own, []byte(`{"id":"a","status":"done","spec":{}}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, paths := range [][]string{{own}, {none, own}, {own, none}} {
		if records, err := LoadFirst(paths...); err != nil || len(records) != 1 {
			t.Errorf("%q: %d records, %v; want 1", paths, len(records), err)
		}
	}
	_, err := LoadFirst(none, filepath.Join(dir, "other"))
	if err == nil || !strings.Contains(err.Error(), `"hgbench sweep quick"`) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v: want one line that says how to get some", err)
	}
	if _, err := LoadFirst(); err == nil {
		t.Error("no paths: want an error")
	}
}

func TestMust(t *testing.T) {
	defer func() {
		if r := recover(); r == nil {
			t.Error("want a panic with the error")
		}
	}()
	Must(Load(filepath.Join(t.TempDir(), "none")))
}

func TestRender(t *testing.T) {
	records := Records{{ID: "a", Status: Done, Spec: []byte(`{"model": {"system": "hourglass", "hierarchy": "1@1,4@3,1@1"}}`), ValidBPC: 2.5}}
	data := records.Render().Data
	for kind, want := range map[string]string{"text/html": "<td", "text/plain": "│"} {
		if text, _ := data[kind].(string); !strings.Contains(text, want) || !strings.Contains(text, "1@1,4@3,1@1") {
			t.Errorf("%s is %q: want a table with the record", kind, text)
		}
	}
}

func TestWith(t *testing.T) {
	one := Records{{ID: "a", Status: Failed}, {ID: "b", Status: Done}}
	both := one.With(Records{{ID: "a", Status: Done}, {ID: "c", Status: Done}})
	var ids string
	for _, r := range both {
		ids += r.ID
	}
	if ids != "abc" || both[0].Status != Done || one[0].Status != Failed {
		t.Errorf("got %s with a %s, and left a %s; want abc with the later a, done, and the first records as they were", ids, both[0].Status, one[0].Status)
	}
}
