package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hgbench/bench"
	"hgbench/pkg/data"
	"hgbench/results"
	"hgbench/sweeps"
)

func TestVersionAndEnv(t *testing.T) {
	contains(t, ok(t, "version"), "hgbench ", "go1.", "kernel version ")
	if line := ok(t, "--version"); line != ok(t, "version") {
		t.Errorf("--version prints %q", line)
	}
	version := okJSON[results.Versions](t, "version", "--json")
	env := okJSON[struct {
		Machine  results.Machine
		Versions results.Versions
	}](t, "env", "--threads", "1", "--json")
	if env.Versions != version || env.Machine.Threads != 1 || !(env.Machine.PeakGFLOPS > 0) {
		t.Errorf("version %+v, env %+v", version, env)
	}
	contains(t, ok(t, "env"), env.Machine.ISA, "peak")
}

func TestData(t *testing.T) {
	t.Setenv("HGBENCH_CACHE", t.TempDir())
	contains(t, ok(t, "data"), "enwik7", "9000000 training", `run "hgbench data get enwik8"`)
	list := okJSON[[]corpus](t, "data", "--json")
	if len(list) != len(data.List()) || list[0].Name != "enwik7" || list[0].Stats == nil || list[1].Stats != nil {
		t.Errorf("got %+v", list)
	}
	workFolder(t)
	write(t, "text", strings.Repeat("a text of one's own. ", 100))
	one := okJSON[[]corpus](t, "data", "text", "--stats=false", "--json")
	if len(one) != 1 || one[0].Size != 2100 || one[0].Test != 105 || one[0].Stats != nil {
		t.Errorf("got %+v", one)
	}
}

func TestDataStats(t *testing.T) {
	t.Setenv("HGBENCH_CACHE", t.TempDir())
	contains(t, ok(t, "data", "--stats"), "order 3", "gzip -9")
}

func TestDataGetFails(t *testing.T) {
	t.Setenv("HGBENCH_CACHE", t.TempDir())
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	t.Setenv("HGBENCH_DATA_URL", server.URL)
	got := hgbench(t, "data", "get", "text8")
	if got.status != exitError || got.stdout != "" {
		t.Errorf("status %d, stdout %q", got.status, got.stdout)
	}
	contains(t, got.stderr, "hgbench: ", "text8", "404")
}

func TestSweepList(t *testing.T) {
	list := okJSON[[]listed](t, "sweep", "--list", "--json")
	if len(list) != len(sweeps.List()) || list[0].Name != sweeps.Default || !(list[0].Seconds > 0) {
		t.Errorf("got %+v", list)
	}
}

func TestCompletion(t *testing.T) {
	workFolder(t)
	ok(t, "run", "-f", "tiny.yaml")
	id := recorded(t, "hgbench-results/runs")[0].ID
	for _, c := range []struct{ args, want string }{
		{"sweep qu", "quick\tHourglass"},
		{"plan paper/", "paper/table1\t"},
		{"run --set model.d_m", "model.d_model=\n"},
		{"sweep --set train.", "train.lr=\n"},
		{"run --set model.system=", "model.system=hourglass\nmodel.system="},
		{"run --set model.attention=fav", "model.attention=favor\n"},
		{"run --set model.storage=m", "model.storage=materialised\n"},
		{"run --set train.schedule=", "train.schedule=cosine\n"},
		{"run --set data=", "data=enwik7\n"},
		{"run --id ", id + "\thourglass"},
		{"compare ", id + "\thourglass"},
		{"plot ", "runs\thgbench-results/runs\n"},
		{"report ru", "runs\thgbench-results/runs\n"},
		{"table ", "runs\thgbench-results/runs\n"},
		{"export --format p", "parquet\n"},
		{"eval --split ", "valid\n"},
		{"data get en", "enwik8\t"},
	} {
		words := strings.Split(c.args, " ")
		got := ok(t, append([]string{"__complete"}, words...)...)
		contains(t, got, c.want)
	}
	keys, _ := bench.SpecKeys()
	if out := ok(t, "__complete", "run", "--set", ""); strings.Count(out, "=\n") != len(keys) {
		t.Errorf("%d keys are completed, there are %d", strings.Count(out, "=\n"), len(keys))
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out := ok(t, "completion", shell); !strings.Contains(out, "hgbench") {
			t.Errorf("%s: %.80q", shell, out)
		}
	}
}
