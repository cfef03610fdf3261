package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hgbench/bench"
	"hgbench/results"
)

// One run, and everything that can be done with what it leaves behind.
func TestRun(t *testing.T) {
	workFolder(t)
	run := okJSON[results.Record](t, "run", "-f", "tiny.yaml", "--set", "seed=7", "--threads", "2", "--json")
	if run.Status != results.Done || run.Setting("seed") != "7" || len(run.Curve) == 0 {
		t.Errorf("got status %s, seed %s, a curve of %d points", run.Status, run.Setting("seed"), len(run.Curve))
	}
	records := recorded(t, "hgbench-results/runs")
	if len(records) != 1 || records[0].ID != run.ID || records[0].TestBPC != run.TestBPC {
		t.Errorf("recorded %v", records)
	}

	t.Run("replay", func(t *testing.T) {
		out := ok(t, "run", "--id", run.ID[:6], "--threads", "1")
		contains(t, out, "run "+run.ID, "bitwise the same as recorded")
		if again := recorded(t, "hgbench-results/runs"); len(again) != 1 {
			t.Error("the replay was recorded")
		}
	})

	t.Run("replay of another result", func(t *testing.T) {
		other := run
		other.ValidBPC += 1e-15
		line, err := json.Marshal(other)
		if err != nil {
			t.Fatal(err)
		}
		write(t, "other/records.jsonl", string(line)+"\n")
		got := hgbench(t, "run", "--id", run.ID, "--out", "other")
		if got.status != exitError {
			t.Errorf("status %d", got.status)
		}
		contains(t, got.stderr, "hgbench: run "+run.ID+": not bitwise the same", "this is a bug or a fault of the machine")
	})

	t.Run("eval", func(t *testing.T) {
		for split, want := range map[string]float64{"test": run.TestBPC, "valid": run.ValidBPC} {
			if got := okJSON[bench.Scored](t, "eval", "--id", run.ID, "--split", split, "--json"); got.BPC != want {
				t.Errorf("%s: %v, recorded %v", split, got.BPC, want)
			}
		}
		weights := filepath.Join("hgbench-results/runs/weights", run.ID+".safetensors")
		contains(t, ok(t, "eval", "-f", "tiny.yaml", "--weights", weights, "--set", "eval.stride=6"), "test BPC ", "of 24 tokens advancing by 6")
	})

	t.Run("sample", func(t *testing.T) {
		args := []string{"sample", "--id", run.ID, "--prompt", "Line 1 says", "--length", "30", "--top-k", "5"}
		text := ok(t, args...)
		if !strings.HasPrefix(text, "Line 1 says") || len(text) != len("Line 1 says")+30+1 {
			t.Errorf("%q", text)
		}
		if ok(t, args...) != text {
			t.Error("the same seed draws another text")
		}
		if ok(t, append(args, "--seed", "2")...) == text {
			t.Error("another seed draws the same text")
		}
	})

	t.Run("from weights", func(t *testing.T) {
		weights := filepath.Join("hgbench-results/runs/weights", run.ID+".safetensors")
		further := okJSON[results.Record](t, "run", "-f", "tiny.yaml", "--weights", weights, "--json")
		if !(further.ValidBPC < run.ValidBPC) {
			t.Errorf("trained further it has BPC %v, before %v", further.ValidBPC, run.ValidBPC)
		}
		if again := recorded(t, "hgbench-results/runs"); len(again) != 1 {
			t.Error("the run from given weights was recorded")
		}
	})

	t.Run("weights are gone", func(t *testing.T) {
		if err := os.RemoveAll("hgbench-results/runs/weights"); err != nil {
			t.Fatal(err)
		}
		got := hgbench(t, "sample", "--id", run.ID)
		if got.status != exitError {
			t.Errorf("status %d", got.status)
		}
		contains(t, got.stderr, "left no weights at", "want --weights FILE")
	})
}

// A run that fails is recorded as failed, and says so.
func TestRunFails(t *testing.T) {
	workFolder(t)
	got := hgbench(t, "run", "-f", "tiny.yaml", "--set", "train.lr=100", "--set", "train.steps=200", "--set", "train.schedule=constant")
	if got.status != exitError || strings.Count(got.stderr, "hgbench: ") != 1 {
		t.Fatalf("status %d\n%s", got.status, got.stderr)
	}
	records := recorded(t, "hgbench-results/runs")
	if len(records) != 1 || records[0].Status != results.Failed || !strings.Contains(got.stderr, records[0].Error) {
		t.Errorf("recorded %v", records)
	}
	got = hgbench(t, "run", "--id", records[0].ID)
	contains(t, got.stderr, "is recorded as failed")
}

func TestPlan(t *testing.T) {
	workFolder(t)
	plan := okJSON[bench.PlanReport](t, "plan", "-f", "tiny.yaml", "--json")
	if plan.Steps != 12 || plan.Tokens != 12*48 || plan.Memory.Total == 0 || plan.EvalFLOPs == 0 || len(plan.ID) != 16 {
		t.Errorf("got %+v", plan)
	}
	contains(t, ok(t, "plan", "-f", "tiny.yaml"), plan.ID, "12 steps of 2 × 24 tokens", "weights", "gradients", "optimizer", "activations", "workspace", "evaluation", "time")
	contains(t, ok(t, "plan", "-f", "tiny.yaml", "--set", "budget.seconds=30"), "30 seconds, as many steps")
	if plans := okJSON[[]bench.PlanReport](t, "plan", "sweep.yaml", "--json"); len(plans) != 3 {
		t.Errorf("%d plans", len(plans))
	}
	contains(t, ok(t, "plan", "sweep.yaml"), "transformer(relative) 2@1", "tiny: 3 points")
	if exists("hgbench-results") {
		t.Error("a plan left results")
	}
}

func TestPlanPaper(t *testing.T) {
	workFolder(t)
	t.Setenv("HGBENCH_CACHE", t.TempDir()) // enwik8 is not there, and need not be
	for name, points := range map[string]int{"paper/table1": 15, "paper/enwik8-v1": 1, "paper/enwik8-v2": 1} {
		if plans := okJSON[[]bench.PlanReport](t, "plan", name, "--json"); len(plans) != points || plans[0].ID != "" || plans[0].Seconds < 1e5 {
			t.Errorf("%s: got %+v", name, plans)
		}
	}
}

// A run that is recorded is shown, and trained again only with --restart.
func TestRunDoneBefore(t *testing.T) {
	workFolder(t)
	args := []string{"run", "-f", "tiny.yaml", "--set", "budget.tokens=600", "--threads", "1"}
	first := okJSON[results.Record](t, append(args, "--json")...)
	again := hgbench(t, args...)
	if again.status != exitOK {
		t.Fatalf("status %d\n%s", again.status, again.stderr)
	}
	contains(t, again.stderr, "run "+first.ID+" was done before", "--restart trains it again")
	contains(t, again.stdout, "validation BPC ")
	if got := okJSON[results.Record](t, append(args, "--json")...); got.Time != first.Time || len(recorded(t, runsFolder)) != 1 {
		t.Error("it was trained again")
	}
	weights := filepath.Join(runsFolder, "weights", first.ID+".safetensors")
	if err := os.Remove(weights); err != nil {
		t.Fatal(err)
	}
	ok(t, append(args, "--restart")...)
	if !exists(weights) {
		t.Error("--restart did not train it again")
	}
}

// What is known to look ahead is refused before anything is written or trained.
func TestLeakIsRefused(t *testing.T) {
	workFolder(t)
	write(t, "leaks.yaml", strings.Replace(tinySweep, "{hierarchy: \"1@1,1@2,1@1\"}",
		"{system: transformer, hierarchy: 1@1, attention: \"favor(16, selection: original)\"}", 1))
	write(t, "leak.yaml", strings.Replace(tiny, `hierarchy: "1@1,1@2,1@1"`, `system: transformer, hierarchy: 1@1, attention: "favor(16, selection: original)"`, 1))
	for _, args := range [][]string{{"run", "-f", "leak.yaml"}, {"sweep", "leaks.yaml"}} {
		got := hgbench(t, args...)
		if got.status != exitError || got.stdout != "" || exists("hgbench-results") {
			t.Errorf("%v: status %d, results: %t", args, got.status, exists("hgbench-results"))
		}
		contains(t, got.stderr, "looks ahead, as published", "--allow-leak")
	}
	got := hgbench(t, "sweep", "leaks.yaml", "--dry-run")
	if got.status != exitOK {
		t.Errorf("status %d", got.status)
	}
	contains(t, got.stderr, "warning: it will not start: sweep tiny: 1 of 3 points would fail: attention favor(16, selection: original)")
	if got := hgbench(t, "sweep", "leaks.yaml", "--dry-run", "--allow-leak"); got.stderr != "" {
		t.Errorf("with --allow-leak: %q", got.stderr)
	}
}
