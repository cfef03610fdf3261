package results

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func appendAll(t *testing.T, s *Store, rs Records) {
	t.Helper()
	for _, r := range rs {
		if err := s.Append(r); err != nil {
			t.Fatal(err)
		}
	}
}

func two() Records {
	return records(
		synthetic{system: "transformer", hierarchy: "4@1", bpc: 2.31, flops: 1000, seconds: 70, memory: 40},
		synthetic{system: "hourglass", hierarchy: "1@1,4@3,1@1", bpc: 2.25, flops: 800, seconds: 60, memory: 30},
	)
}

func TestAppendedRecordsAreRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, dir)
	if _, err := os.Stat(s.Path()); !os.IsNotExist(err) {
		t.Errorf("the file exists before the first record (%v)", err)
	}
	if rs, ws, err := s.Read(); len(rs) != 0 || len(ws) != 0 || err != nil {
		t.Errorf("a new store reads as %v, %v, %v", rs, ws, err)
	}
	want := two()
	want[0].Sample = "== [[Anarchism]] & <br> =="
	appendAll(t, s, want)
	for _, path := range []string{dir, s.Path()} {
		got, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("Load(%s) (-want +got):\n%s", path, d)
		}
	}
	if text, _ := os.ReadFile(s.Path()); !bytes.Contains(text, []byte("<br>")) {
		t.Error("markup in samples is escaped")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("Open left %v behind", left)
	}
}

func TestLaterRecordReplacesEarlier(t *testing.T) {
	s := open(t, t.TempDir())
	rs := two()
	failed := rs[0]
	failed.Status, failed.Error = Failed, "loss is NaN at step 3"
	appendAll(t, s, Records{failed, rs[1], rs[0]})
	got, _, err := s.Read()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rs, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestLoadSeveralPaths(t *testing.T) {
	rs := two()
	a, b := open(t, t.TempDir()), open(t, t.TempDir())
	appendAll(t, a, rs[:1])
	appendAll(t, b, rs)
	got, err := Load(a.Dir(), b.Path())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rs, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func line(t testing.TB, r Record) []byte {
	t.Helper()
	b, err := encode(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A last line cut anywhere is dropped, reported, and mended by the next append.
func TestTornTail(t *testing.T) {
	rs := two()
	whole, torn := line(t, rs[0]), line(t, rs[1])
	third := rs[1]
	third.ID = "third"
	for _, cut := range []int{1, 2, 17, len(torn) / 2, len(torn) - 3, len(torn) - 2} {
		s := open(t, t.TempDir())
		if err := os.WriteFile(s.Path(), append(bytes.Clone(whole), torn[:cut]...), 0o644); err != nil {
			t.Fatal(err)
		}
		got, ws, err := s.Read()
		if err != nil || len(got) != 1 || len(ws) != 1 {
			t.Fatalf("cut at %d: %d records, warnings %v, error %v", cut, len(got), ws, err)
		}
		if want := fmt.Sprintf("%s:2: dropped a torn last line of %d bytes", s.Path(), cut); ws[0].String() != want {
			t.Errorf("warning %q, want %q", ws[0], want)
		}
		appendAll(t, s, Records{third})
		if len(s.Warnings()) != 1 {
			t.Errorf("cut at %d: Append reports %v", cut, s.Warnings())
		}
		got, ws, err = s.Read()
		if err != nil || len(ws) != 0 {
			t.Fatalf("cut at %d, appended: %v, %v", cut, ws, err)
		}
		if d := cmp.Diff(Records{rs[0], third}, got); d != "" {
			t.Errorf("cut at %d (-want +got):\n%s", cut, d)
		}
	}
}

// A record that lacks only its newline is whole.
func TestTailWithoutNewline(t *testing.T) {
	rs := two()
	s := open(t, t.TempDir())
	if err := os.WriteFile(s.Path(), bytes.TrimSuffix(line(t, rs[0]), []byte("\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	appendAll(t, s, rs[1:])
	got, ws, err := s.Read()
	if err != nil || len(ws) != 0 || len(s.Warnings()) != 0 {
		t.Fatal(ws, s.Warnings(), err)
	}
	if d := cmp.Diff(rs, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestDamage(t *testing.T) {
	rs := two()
	good := string(line(t, rs[0]))
	for _, c := range []struct{ name, text, want string }{
		{"garbage line", good + "garbage\n" + good, "records.jsonl:2: damaged record"},
		{"half a line", good[:40] + "\n" + good, "records.jsonl:1: damaged record"},
		{"zeros", good + strings.Repeat("\x00", 100) + "\n", "records.jsonl:2: damaged record"},
		{"wrong type", good + `{"id": 7}` + "\n", "records.jsonl:2: damaged record"},
		{"no id", good + `{"status": "done", "spec": {}}` + "\n", "no id"},
		{"a path for an id", good + `{"id": "../../evil", "status": "done", "spec": {}}` + "\n", `its id "../../evil" is none`},
		{"what to do", good + "garbage\n", `"hgbench results fsck `},
		{"no status", good + `{"id": "x", "spec": {}}` + "\n", "no status"},
		{"no spec", good + `{"id": "x", "status": "done"}` + "\n", "spec is no JSON object"},
		{"endless line", good + strings.Repeat("x", maxLine+1) + "\n", "records.jsonl:2: line is longer than 16 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			if err := os.WriteFile(s.Path(), []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(s.Dir()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestTolerated(t *testing.T) {
	rs := two()
	good := string(line(t, rs[0]))
	newer := strings.Replace(good, `"status"`, `"from_the_future": {"x": [1, 2]}, "status"`, 1)
	for name, text := range map[string]string{
		"empty lines": "\n" + good + "\n  \n", "unknown fields": newer, "carriage return": strings.TrimSpace(good) + "\r\n",
	} {
		got, ws, err := parse(strings.NewReader(text), "x")
		if err != nil || len(ws) != 0 {
			t.Errorf("%s: %v, %v", name, ws, err)
		}
		if d := cmp.Diff(rs[:1], got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	if got, ws, err := parse(strings.NewReader(""), "x"); len(got) != 0 || len(ws) != 0 || err != nil {
		t.Errorf("an empty file: %v, %v, %v", got, ws, err)
	}
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		paths []string
		want  string
	}{
		{nil, "want a folder or a .jsonl file"},
		{[]string{filepath.Join(dir, "nowhere")}, "nowhere"},
		{[]string{dir}, "holds no records.jsonl"},
	} {
		if _, err := Load(c.paths...); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("Load(%q): %v, want %q", c.paths, err, c.want)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{file: "file", filepath.Join(file, "sub"): "sub"}
	folder := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(folder, FileName), 0o755); err != nil {
		t.Fatal(err)
	}
	cases[folder] = "cannot be appended"
	if os.Geteuid() > 0 { // root may write anywhere
		locked := filepath.Join(dir, "locked")
		if err := os.Mkdir(locked, 0o555); err != nil {
			t.Fatal(err)
		}
		cases[locked] = "not writable"
	}
	for path, want := range cases {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%s): %v, want %q", path, err, want)
		}
	}
}

func TestNumbersThatAreNotFinite(t *testing.T) {
	s := open(t, t.TempDir())
	r := two()[0]
	nan := math.NaN()
	r.ValidBPC = nan
	r.Curve = append(r.Curve, Point{Step: 1, TrainBPC: nan}, Point{Step: 2, TrainBPC: 3, ValidBPC: &nan})
	r.TestWindows = []float64{1, math.Inf(1)}
	if err := s.Append(r); err == nil || !strings.Contains(err.Error(), r.ID) {
		t.Errorf("a done record with NaN: %v", err)
	}
	if _, err := os.Stat(s.Path()); !os.IsNotExist(err) {
		t.Error("a refused record left a file")
	}
	r.Status, r.Error = Failed, "loss is NaN at step 1"
	appendAll(t, s, Records{r})
	got, _, err := s.Read()
	if err != nil {
		t.Fatal(err)
	}
	if g := got[0]; len(g.Curve) != 2 || g.Curve[1].ValidBPC != nil || g.ValidBPC != 0 || g.TestWindows != nil || g.Error != r.Error {
		t.Errorf("the failed record reads as %+v", g)
	}
	if !math.IsNaN(*r.Curve[2].ValidBPC) {
		t.Error("Append changed its argument")
	}
}

func TestRecordThatIsNone(t *testing.T) {
	s := open(t, t.TempDir())
	for _, r := range []Record{{}, {ID: "x"}, {ID: "x", Status: Done}, {ID: "x", Status: Done, Spec: []byte("{")}, {ID: "x", Status: Done, Spec: []byte("3")}} {
		if err := s.Append(r); err == nil {
			t.Errorf("appended %+v", r)
		}
	}
}

func TestGoroutinesAppend(t *testing.T) {
	dir := t.TempDir()
	shared := open(t, dir)
	var wg sync.WaitGroup
	for i := range 8 {
		store := shared
		if i%2 == 1 {
			store = open(t, dir)
		}
		wg.Go(func() {
			for j := range 5 {
				r := two()[0]
				r.ID = fmt.Sprintf("%d-%d", i, j)
				if err := store.Append(r); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, ws, err := shared.Read(); len(got) != 40 || len(ws) != 0 || err != nil {
		t.Errorf("%d records, warnings %v, error %v; want 40", len(got), ws, err)
	}
}

// TestMain lets the test binary be a process that appends, too.
func TestMain(m *testing.M) {
	dir := os.Getenv("RESULTS_TEST_APPEND")
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := Open(dir)
	for j := 0; j < 10 && err == nil; j++ {
		r := two()[0]
		r.ID = strconv.Itoa(os.Getpid()) + "-" + strconv.Itoa(j)
		err = s.Append(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func TestProcessesAppend(t *testing.T) {
	dir := t.TempDir()
	var commands []*exec.Cmd
	for range 4 {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "RESULTS_TEST_APPEND="+dir)
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		commands = append(commands, c)
	}
	for _, c := range commands {
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
	if got, err := Load(dir); len(got) != 40 || err != nil {
		t.Errorf("%d records, error %v; want 40", len(got), err)
	}
}

func FuzzParse(f *testing.F) {
	rs := two()
	good := line(f, rs[0])
	f.Add(good)
	f.Add(append(bytes.Clone(good), good[:50]...))
	f.Add([]byte("{\"id\":\"x\",\"status\":\"done\",\"spec\":{}}\n"))
	f.Add([]byte("{\"id\":\"x\",\"status\":\"failed\",\"spec\":{\"model\":{\"attention\":{\"1\":\"full\"}},\"train\":3}}\n\n\x00"))
	f.Add([]byte(`{"id":"x","status":"done","spec":{},"evaluation":{"context":1,"stride":1,"bytes":9223372036854775807},"test_windows":[1]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, _, err := parse(bytes.NewReader(text), "fuzz")
		if err != nil {
			return
		}
		// What was read can be written, and reads the same again.
		var again bytes.Buffer
		if err := WriteJSONL(&again, got); err != nil {
			t.Fatal(err)
		}
		same, ws, err := parse(&again, "again")
		if err != nil || len(ws) > 0 {
			t.Fatal(ws, err)
		}
		if len(same) != len(got) {
			t.Fatalf("%d records became %d", len(got), len(same))
		}
		// And nothing that uses it panics.
		_ = got.Table()
		_ = Summarise(got, DetectProtocol(got)).String()
		if err := WriteParquet(&again, got); err != nil {
			t.Fatal(err)
		}
		if err := WriteBench(&again, got); err != nil {
			t.Fatal(err)
		}
		for _, r := range got {
			_, _ = Compare(r, got[0])
		}
	})
}
