package sweeps

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hgbench/bench"
)

// A list of points is read as it was written, and its specs are the same runs.
func TestRoster(t *testing.T) {
	dir := t.TempDir()
	if r, ok, err := ReadRoster(dir); ok || err != nil {
		t.Errorf("in an empty folder: %+v, %v, %v", r, ok, err)
	}
	for _, s := range List() {
		points, err := Expand(s, bench.NecessaryPerToken)
		if err != nil {
			t.Fatal(err)
		}
		want := Roster{Sweep: s.Name, PlanOnly: s.PlanOnly, Total: len(points)}
		for i, p := range points {
			want.Points = append(want.Points, Entry{Number: i + 1, Name: p.Name, ID: p.Spec.ID("ab"), Seconds: 1.5, Bytes: 1 << 40, Spec: p.Spec})
		}
		if err := WriteJSON(filepath.Join(dir, RosterFile), want); err != nil {
			t.Fatal(err)
		}
		got, ok, err := ReadRoster(dir)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		for i, p := range got.Points {
			if id := p.Spec.ID("ab"); id != want.Points[i].ID {
				t.Errorf("sweep %s, point %q: its spec was run %s and is run %s", s.Name, p.Name, want.Points[i].ID, id)
			}
			want.Points[i].Spec, got.Points[i].Spec = bench.Spec{}, bench.Spec{} // the same, by their ids
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sweep %s (-want +got):\n%s", s.Name, diff)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(dir, RosterFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadRoster(dir); err == nil || !strings.Contains(err.Error(), "writes it anew") {
		t.Errorf("a torn file: %v", err)
	}
	if err := WriteJSON(filepath.Join(dir, "no", "folder.json"), 1); err == nil {
		t.Error("wrote into a folder that is not there")
	}
}

func FuzzRoster(f *testing.F) {
	f.Add([]byte(`{"sweep":"a","total":2,"points":[{"number":1,"id":"ab","spec":{"model":{"d_model":16}}}]}`))
	f.Add([]byte(`{"points":[{"spec":{"budget":{"seconds":9}}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, RosterFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if r, ok, err := ReadRoster(dir); ok && err == nil {
			if err := WriteJSON(filepath.Join(dir, RosterFile), r); err != nil {
				t.Errorf("%+v was read and cannot be written: %v", r, err)
			}
		}
	})
}
