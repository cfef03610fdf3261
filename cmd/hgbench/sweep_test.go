package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"hgbench/results"
)

func TestSweep(t *testing.T) {
	workFolder(t)
	contains(t, ok(t, "sweep", "sweep.yaml", "--dry-run"), "transformer(relative) 2@1", "missing", "3 of 3 points are to do in hgbench-results/tiny")
	if exists("hgbench-results") {
		t.Error("a dry run left results")
	}
	got := hgbench(t, "sweep", "sweep.yaml")
	if got.status != exitOK {
		t.Fatalf("status %d\n%s", got.status, got.stderr)
	}
	contains(t, got.stdout, "valid BPC", "hourglass", "P1, FLOPs", "hgbench-results/tiny/figures/bpc-vs-flops.png")
	contains(t, got.stderr, "sweep tiny: 3 points, 3 to do", "[3/3] hourglass 1@1,1@2,1@1: validation BPC ")
	records := recorded(t, "hgbench-results/tiny")
	if len(records) != 3 {
		t.Fatalf("%d records", len(records))
	}
	for _, r := range records {
		if r.Status != results.Done || r.Sweep != "tiny" || !exists("hgbench-results/tiny/weights/"+r.ID+".safetensors") {
			t.Errorf("run %s of sweep %s is %s, or its weights are missing", r.ID, r.Sweep, r.Status)
		}
	}
	for _, path := range []string{"bpc-vs-flops.png", "bpc-vs-flops.svg", "curves.png"} {
		if !exists(filepath.Join("hgbench-results/tiny/figures", path)) {
			t.Errorf("no %s", path)
		}
	}

	t.Run("again", func(t *testing.T) {
		got := okJSON[shown](t, "sweep", "sweep.yaml", "--json")
		if got.Sweep != "tiny" || got.Protocol != results.P1 || len(got.Records) != 3 || len(got.Summary) == 0 || len(got.Figures) == 0 {
			t.Errorf("got %+v", got)
		}
		if again := recorded(t, "hgbench-results/tiny"); !again[0].Time.Equal(records[0].Time) {
			t.Error("a done point was run again")
		}
		states := okJSON[[]pointState](t, "sweep", "sweep.yaml", "--dry-run", "--json")
		for i, s := range states {
			if s.State != results.Done || s.ID != records[i].ID {
				t.Errorf("got %+v", s)
			}
		}
	})

	t.Run("replay", func(t *testing.T) {
		for _, r := range records {
			contains(t, ok(t, "run", "--id", r.ID), "bitwise the same as recorded")
		}
	})

	t.Run("table", func(t *testing.T) {
		for _, args := range [][]string{{"table"}, {"table", "tiny"}, {"table", "hgbench-results/tiny"}, {"table", "hgbench-results/tiny/records.jsonl"}} {
			contains(t, ok(t, args...), "1@1,1@2,1@1", "P1, FLOPs")
		}
		contains(t, ok(t, "table", "--markdown"), "| system", "|--")
		if got := okJSON[results.Records](t, "table", "--json"); len(got) != 3 {
			t.Errorf("%d records", len(got))
		}
	})

	t.Run("plot", func(t *testing.T) {
		contains(t, ok(t, "plot", "tiny", "--out", "pictures"), filepath.Join("pictures", "bpc-vs-flops.png"))
		if !exists("pictures/bpc-vs-flops.svg") {
			t.Error("no figure")
		}
	})

	t.Run("export", func(t *testing.T) {
		for format, start := range map[string]string{"csv": "id,status", "parquet": "PAR1", "bench": "pkg: hgbench", "jsonl": `{"id":"`} {
			if out := ok(t, "export", "tiny", "--format", format); !strings.HasPrefix(out, start) {
				t.Errorf("%s: %.40q", format, out)
			}
		}
		ok(t, "export", "-o", "out.csv")
		if !exists("out.csv") {
			t.Error("no file")
		}
	})

	t.Run("compare", func(t *testing.T) {
		ids := []string{records[0].ID, records[1].ID, records[2].ID}
		contains(t, ok(t, "compare", ids[0], ids[1]), "transformer(relative) 1@1 ("+ids[0][:8]+", seed 1) is ", ids[1][:8]+", seed 1) on test", "95 % interval")
		if got := okJSON[[]results.Comparison](t, append([]string{"compare", "--json"}, ids...)...); len(got) != 2 || got[0].B != records[2].Label() || got[1].AID != ids[1] {
			t.Errorf("got %+v", got)
		}
		contains(t, ok(t, "compare", "--json", ids[0], ids[1]), `"a_id": "`+ids[0], `"b_seed": "1"`, `"p_adjusted": `)
	})
}

// --set changes every point; what fails is recorded, and the rest goes on.
func TestSweepWithFailures(t *testing.T) {
	workFolder(t)
	write(t, "contexts.yaml", strings.NewReplacer("P1", "P3", "name: tiny", "name: contexts").Replace(tinySweep[:strings.Index(tinySweep, "axes:")])+
		"axes: {train.context: [24, 20000]}\n")
	args := []string{"sweep", "contexts.yaml", "--set", "train.steps=6", "--set", "model.hierarchy=1@1,0@2,1@1", "--set", "eval={context: 24, stride: 12}", "--out", "mine"}
	got := hgbench(t, args...)
	if got.status != exitError {
		t.Errorf("status %d", got.status)
	}
	contains(t, got.stderr, "failed: ", "hgbench: sweep contexts: 1 of 2 points failed, as recorded in "+filepath.Join("mine", "records.jsonl"))
	contains(t, got.stdout, "hourglass", "failed: ", "longer than the training split")
	records := recorded(t, "mine")
	if len(records) != 2 || records[0].Status != results.Done || records[0].Setting("train.steps") != "6" || records[1].Status != results.Failed {
		t.Errorf("recorded %v", records)
	}
	got = hgbench(t, args...) // which says that it has been tried before
	contains(t, got.stderr, "2 points, 1 to do (1 of them failed before)", "20000): tried again, it failed before: context 20000 is longer than the training split", "1 of 2 points failed")
}

func TestSweepThatTrainsNothing(t *testing.T) {
	workFolder(t)
	write(t, "memory.yaml", "name: memory\nplan_only: true\nbase:\n  data: corpus.txt\n  model: {system: transformer, hierarchy: 1@1, d_model: 16, heads: 2}\n"+
		"  train: {batch: 1}\naxes: {train.context: [24, 48]}\n")
	contains(t, ok(t, "sweep", "memory.yaml"), "planned peak", "Growth with the context", " s at 48 tokens", "memory-vs-context.png")
	for _, r := range recorded(t, "hgbench-results/memory") {
		if r.Memory.Planned.Total == 0 || r.TokensPerSecond == 0 || r.ValidBPC != 0 || r.FLOPs.Total != 0 {
			t.Errorf("recorded %+v", r)
		}
	}
}

// A sweep that is interrupted stops after the step, keeps what is done, and
// goes on when the same command is given again.
func TestSweepInterrupted(t *testing.T) {
	workFolder(t)
	args := []string{"sweep", "sweep.yaml", "--set", "train.steps=1500"}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		cmd := command(t, args...)
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		started := 0
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			log.WriteString(lines.Text() + "\n")
			if strings.HasPrefix(lines.Text(), "[") && !strings.Contains(lines.Text(), ":") {
				started++
			}
			// In the second point of the first call, and the first of the second.
			if want := map[syscall.Signal]int{syscall.SIGINT: 2, syscall.SIGTERM: 1}[signal]; started == want {
				started = 100
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
			}
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
			t.Fatalf("%v: %v; want status 130\n%s", signal, err, log.String())
		}
		contains(t, log.String(), "stopping after this step\n", "hgbench: interrupted: 1 of 3 points are done and recorded", "the same command goes on")
		if records := recorded(t, "hgbench-results/tiny"); len(records) != 1 {
			t.Errorf("%d records after %v", len(records), signal)
		}
	}

	first := recorded(t, "hgbench-results/tiny")[0]
	out, err := command(t, append(args, "--json")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var all shown
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Records) != 3 || !all.Records[0].Time.Equal(first.Time) || all.Records[0].TestBPC != first.TestBPC {
		t.Errorf("got %+v", all)
	}
}

func TestRunInterrupted(t *testing.T) {
	workFolder(t)
	cmd := command(t, "run", "-f", "tiny.yaml", "--set", "train.steps=1000000")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		log.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "hourglass") {
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
		t.Fatalf("%v; want status 130\n%s", err, log.String())
	}
	contains(t, log.String(), "the same command goes on where this one stopped")
	if exists("hgbench-results/runs/records.jsonl") {
		t.Error("an interrupted run was recorded")
	}
}
