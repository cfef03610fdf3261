package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hgbench/bench"
	"hgbench/pkg/cpu"
	"hgbench/results"
)

// A baseline of a sweep, checked, and recorded again.
func TestCheck(t *testing.T) {
	workFolder(t)
	out := hgbench(t, "check", "--update", "--baseline", "my.jsonl", "sweep.yaml", "--seeds", "3", "--threads", "1")
	if out.status != exitOK || out.stdout != "" {
		t.Fatalf("%+v", out)
	}
	contains(t, out.stderr, "[9/9] hourglass 1@1,1@2,1@1, seed 3", "my.jsonl has 9 records: 3 specs, bits of "+cpu.Current().String())

	contains(t, ok(t, "check", "--baseline", "my.jsonl"),
		"transformer(relative) 1@1", "test BPC", "same bits", "3 runs: 3 the same to the bit, 0 regressed")
	got := okJSON[checkedRuns](t, "check", "--baseline", "my.jsonl", "--json")
	if len(got.Runs) != 3 || got.Regressions != 0 || got.Runs[0].Record.Machine.Threads != 1 || !got.Runs[2].Exact {
		t.Errorf("%+v", got)
	}

	t.Run("again", func(t *testing.T) {
		out := hgbench(t, "check", "--update", "--baseline", "my.jsonl")
		if out.status != exitOK {
			t.Fatal(out.stderr)
		}
		contains(t, out.stdout, "3 runs: 3 the same to the bit")
		contains(t, out.stderr, "my.jsonl has 9 records")
	})
	t.Run("other bits", func(t *testing.T) {
		changed(t, "my.jsonl", "other.jsonl", func(r *results.Record) { r.Curve[0].TrainBPC += 1e-15 })
		out := hgbench(t, "check", "--baseline", "other.jsonl")
		if out.status != exitError {
			t.Errorf("status %d", out.status)
		}
		contains(t, out.stdout, "REGRESSION: training BPC of step 1, the first that differs", "3 runs: 2 the same to the bit, 1 regressed")
		contains(t, out.stderr, "hgbench: transformer(relative) 1@1: other bits: training BPC of step 1, the first that differs: ", "raise cpu.KernelVersion",
			`hgbench: 1 of 3 runs regressed from other.jsonl; "hgbench check --update --baseline other.jsonl" records what is meant to change`)
	})
	t.Run("speed", func(t *testing.T) {
		changed(t, "my.jsonl", "fast.jsonl", func(r *results.Record) { r.ShareOfPeak = 50 })
		contains(t, ok(t, "check", "--baseline", "fast.jsonl"), "share of peak", "slower")
		if out := hgbench(t, "check", "--baseline", "fast.jsonl", "--strict-speed"); out.status != exitError {
			t.Errorf("strictly: status %d", out.status)
		}
	})
	t.Run("another corpus", func(t *testing.T) {
		write(t, "corpus.txt", strings.Repeat("Nothing is as it was. ", 2000))
		out := hgbench(t, "check", "--baseline", "my.jsonl")
		if out.status != exitError || strings.Count(out.stderr, "\n") != 1 {
			t.Errorf("status %d, %s", out.status, out.stderr)
		}
		contains(t, out.stderr, "corpus corpus.txt has SHA-256")
	})
}

// A baseline that gives no tolerance says so.
func TestCheckWithFewSeeds(t *testing.T) {
	workFolder(t)
	write(t, "one.yaml", strings.Replace(tinySweep, "    - {system: transformer, hierarchy: 2@1}\n    - {hierarchy: \"1@1,1@2,1@1\"}\n", "", 1))
	got := hgbench(t, "check", "--update", "--baseline", "few.jsonl", "one.yaml", "--seeds", "2")
	if got.status != exitOK {
		t.Errorf("status %d", got.status)
	}
	contains(t, got.stderr, "1 of 1 specs have too few seeds", "want --seeds 3 or more")
}

// On another instruction set the tolerance decides, until the baseline has its
// bits as well.
func TestCheckOnAnotherInstructionSet(t *testing.T) {
	if len(cpu.Supported()) == 1 {
		t.Log("this machine has one only")
		return
	}
	workFolder(t)
	write(t, "one.yaml", strings.Replace(tinySweep, "    - {system: transformer, hierarchy: 2@1}\n    - {hierarchy: \"1@1,1@2,1@1\"}\n", "", 1))
	ok(t, "check", "--update", "--baseline", "my.jsonl", "one.yaml", "--seeds", "3")
	for _, c := range []struct{ args, want string }{
		{"check --baseline my.jsonl", "1 run: 0 the same to the bit, 0 regressed"},
		{"check --baseline my.jsonl --update", "my.jsonl has 4 records: 1 specs, bits of"},
		{"check --baseline my.jsonl", "1 run: 1 the same to the bit, 0 regressed"},
	} {
		portable := command(t, strings.Fields(c.args)...)
		portable.Env = append(portable.Env, "HGBENCH_ISA=portable")
		text, err := portable.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
		}
		contains(t, string(text), c.want)
	}
	contains(t, ok(t, "check", "--baseline", "my.jsonl"), "1 the same to the bit")
}

// changed writes a baseline whose first spec is recorded otherwise.
func changed(t *testing.T, from, to string, change func(*results.Record)) {
	t.Helper()
	records := recorded(t, from)
	for i := range records {
		if records[i].Label() == records[0].Label() {
			change(&records[i])
		}
	}
	if err := results.Write(to, records); err != nil {
		t.Fatal(err)
	}
}

// A real fault: hgbench built with another epsilon in LayerNorm is caught, by
// the bits, and where those cannot tell by its BPC if it is large enough.
func TestCheckCatchesAWrongEpsilon(t *testing.T) {
	source, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	workFolder(t)
	ok(t, "check", "--update", "--baseline", "b.jsonl", "sweep.yaml", "--seeds", "3")
	var elsewhere results.Records
	for _, r := range recorded(t, "b.jsonl") {
		r.Machine.ISA = "neon"
		elsewhere = append(elsewhere, r)
	}
	if err := results.Write("elsewhere.jsonl", elsewhere); err != nil {
		t.Fatal(err)
	}

	norm := filepath.Join(source, "pkg", "nn", "norm.go")
	text, err := os.ReadFile(norm)
	if err != nil {
		t.Fatal(err)
	}
	wrong := strings.Replace(string(text), "epsilon = 1e-6", "epsilon = 10", 1)
	if wrong == string(text) {
		t.Fatalf("%s has another epsilon", norm)
	}
	write(t, "norm.go", wrong)
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{norm: filepath.Join(folder, "norm.go")}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, "overlay.json", string(overlay))
	broken := filepath.Join(folder, "broken.exe")
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", filepath.Join(folder, "overlay.json"), "-o", broken, "./cmd/hgbench")
	build.Dir = source
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}

	for baseline, exact := range map[string]bool{"b.jsonl": true, "elsewhere.jsonl": false} {
		check := exec.CommandContext(t.Context(), broken, "check", "--baseline", baseline, "--json")
		var stderr strings.Builder
		check.Stderr = &stderr
		stdout, _ := check.Output()
		if status := check.ProcessState.ExitCode(); status != exitError {
			t.Errorf("%s: status %d: %s", baseline, status, stderr.String())
		}
		var got checkedRuns
		if err := json.Unmarshal(stdout, &got); err != nil {
			t.Fatalf("%v: %s %s", err, stdout, stderr.String())
		}
		if got.Regressions == 0 || exact && got.Regressions != 3 {
			t.Errorf("%s: %d regressions of %d", baseline, got.Regressions, len(got.Runs))
		}
		for _, c := range got.Runs {
			if exact != (c.Figures[0].Name == "bits" && c.Figures[0].Verdict == bench.Regression) {
				t.Errorf("%s: %s: %+v", baseline, c.Label, c.Figures[0])
			}
			t.Log(baseline, c.Label, c.Figures[:3])
		}
		contains(t, stderr.String(), "runs regressed from "+baseline)
	}
}

func TestCheckMisuse(t *testing.T) {
	workFolder(t)
	for _, c := range []struct{ args, want string }{
		{"check sweep.yaml", "a check takes its specs from the baseline"},
		{"check --seeds 3", "--seeds: a check does as its baseline says"},
		{"check --threads 3", "--threads: a check does as its baseline says"},
		{"check --update --set train.steps=3", "--set changes the specs of a sweep"},
		{"check --update --strict-speed", "--strict-speed and --update do not go together"},
	} {
		got := hgbench(t, strings.Fields(c.args)...)
		if got.status != exitUsage {
			t.Errorf("%s: status %d", c.args, got.status)
		}
		contains(t, got.stderr, c.want)
	}
	write(t, "torn.jsonl", `{"id": "1234", "sta`)
	for _, c := range []struct{ args, want string }{
		{"check", "no baseline at " + defaultBaseline},
		{"check --update", "no baseline at " + defaultBaseline},
		{"check --baseline nowhere.jsonl", "nowhere.jsonl"},
		{"check --baseline torn.jsonl", "half-written"},
		{"check --update --baseline my.jsonl context-memory", "trains nothing"},
		{"check --update --baseline torn.jsonl sweep.yaml", "to begin anew, remove torn.jsonl first"},
		{"check --update --baseline nowhere/my.jsonl sweep.yaml --seeds 1", "baseline: folder nowhere is not writable"},
	} {
		got := hgbench(t, strings.Fields(c.args)...)
		if got.status != exitError || got.stdout != "" {
			t.Errorf("%s: status %d, %s", c.args, got.status, got.stdout)
		}
		contains(t, got.stderr, c.want)
	}
	if exists("my.jsonl") {
		t.Error("my.jsonl was written")
	}
}
