package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"hgbench/pkg/checkpoint"
	"hgbench/pkg/verify"
)

const goldenFolder = "../../pkg/verify/testdata/golden"

func TestVerifyGolden(t *testing.T) {
	out := ok(t, "verify", "golden", "--threads", "2") // finds the cases around the current folder
	contains(t, out, "linear", "transformer-xl-two-segment", "model", "pass", "1e-05")
	if strings.Contains(out, "FAIL") {
		t.Error(out)
	}
	all := okJSON[[]goldenResult](t, "verify", "golden", goldenFolder, "--json")
	cases, err := os.ReadDir(goldenFolder)
	if err != nil || len(all) != len(cases) {
		t.Errorf("%d results of %d cases, %v", len(all), len(cases), err)
	}
	for _, r := range all {
		if !r.Pass || r.Output.Of == "" || !(r.Output.Value < verify.GoldenTolerance) || r.Kind == "" {
			t.Errorf("%+v", r)
		}
	}
	one := okJSON[[]goldenResult](t, "verify", "golden", filepath.Join(goldenFolder, "linear"), "--json")
	if len(one) != 1 || filepath.Base(one[0].Case) != "linear" {
		t.Errorf("%+v", one)
	}
}

// spoil copies a golden case below folder and changes one of its files.
func spoil(t *testing.T, folder, file string, change func(tensors map[string]checkpoint.Tensor)) {
	t.Helper()
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(goldenFolder, "linear"))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, file)
	f, err := checkpoint.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	change(f.Tensors)
	if err := checkpoint.Save(path, f); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyGoldenFails(t *testing.T) {
	type tensors = map[string]checkpoint.Tensor
	for _, c := range []struct {
		name, file string
		change     func(tensors)
		table      string
		errors     []string
	}{
		{"perturbed weight", "weights.safetensors", func(w tensors) { w["post.norm.scale"].Floats[7] += 0.01 }, "FAIL", nil},
		{"perturbed gradient", "grads.safetensors", func(w tensors) { w["out.b"].Floats[3] += 0.01 }, "FAIL", nil},
		{"missing", "weights.safetensors", func(w tensors) { delete(w, "out.b") }, "not run", []string{`tensor "out.b" is missing`}},
		{"extra", "weights.safetensors", func(w tensors) { w["gain"] = w["out.b"] }, "not run", []string{`tensor "gain" [64]: the model has no such weight`}},
		{"misshapen", "weights.safetensors", func(w tensors) { w["out.w"] = w["out.b"] }, "not run", []string{`tensor "out.w" is [64]: want [48 64]`}},
	} {
		folder := t.TempDir()
		spoil(t, filepath.Join(folder, "spoilt"), c.file, c.change)
		if err := os.CopyFS(filepath.Join(folder, "good"), os.DirFS(filepath.Join(goldenFolder, "average-repeat"))); err != nil {
			t.Fatal(err)
		}
		got := hgbench(t, "verify", "golden", folder)
		if got.status != exitError {
			t.Errorf("%s: status %d", c.name, got.status)
		}
		contains(t, got.stdout, c.table, "pass", "spoilt")
		contains(t, got.stderr, append(c.errors, "hgbench: 1 of 2 golden cases fail")...)
		got = hgbench(t, "verify", "golden", folder, "--json")
		var all []goldenResult
		if err := json.Unmarshal([]byte(got.stdout), &all); err != nil || got.status != exitError || len(all) != 2 || !all[0].Pass || all[1].Pass {
			t.Errorf("%s: status %d, %v, %+v", c.name, got.status, err, all)
		}
	}
}

func TestVerifyGoldenBadInput(t *testing.T) {
	truncated := filepath.Join(t.TempDir(), "truncated")
	if err := os.CopyFS(truncated, os.DirFS(filepath.Join(goldenFolder, "linear"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(truncated, "io.safetensors"), 1000); err != nil {
		t.Fatal(err)
	}
	got := hgbench(t, "verify", "golden", truncated)
	if got.status != exitError {
		t.Errorf("status %d", got.status)
	}
	contains(t, got.stderr, "io.safetensors", "1 of 1 golden cases fail")

	t.Chdir(t.TempDir())
	if got := hgbench(t, "verify", "golden"); got.status != exitUsage || !strings.Contains(got.stderr, "want DIR") {
		t.Errorf("outside of the source: %+v", got)
	}
	for folder, want := range map[string]string{".": "no golden case", "nowhere": "nowhere"} {
		if got := hgbench(t, "verify", "golden", folder); got.status != exitError || got.stdout != "" || !strings.Contains(got.stderr, want) {
			t.Errorf("%s: %+v", folder, got)
		}
	}
	if got := hgbench(t, "verify", "gradiants"); got.status != exitUsage || !strings.Contains(got.stderr, `"gradiants"`) {
		t.Errorf("%+v", got)
	}
}

func TestProve(t *testing.T) {
	good := verify.Verdict{Pass: true, Error: verify.Error{Value: 2e-7, Of: "w"}, Tolerance: 1e-6}
	bad := verify.Verdict{Error: verify.Error{Value: 0.5, Of: "b"}, Tolerance: 1e-6}
	exact := verify.Verdict{Pass: true}
	list := func(verdicts ...any) []proof {
		var proofs []verify.Proof
		for i, v := range verdicts {
			proofs = append(proofs, verify.Proof{Group: "ops", Name: string(rune('a' + i)), Run: func(threads int) (verify.Verdict, error) {
				if threads != 3 {
					t.Errorf("%d threads", threads)
				}
				switch v := v.(type) {
				case error:
					return verify.Verdict{Pass: true}, v
				case verify.Verdict:
					return v, nil
				}
				panic(v)
			}})
		}
		return append(proofsOf("gradients", proofs), proofsOf("causality", []verify.Proof{{Group: "all", Name: "x", Run: func(int) (verify.Verdict, error) { return exact, nil }}})...)
	}
	many := make([]any, 30)
	for i := range many {
		many[i] = bad
	}
	for _, c := range []struct {
		name   string
		proofs []proof
		status int
		table  []string
		errors []string
	}{
		{"pass", list(good, good), exitOK, []string{"2 of 2", "2.0e-07", "1e-06", "pass", "1 of 1"}, nil},
		{"fail", list(good, bad, good), exitError, []string{"2 of 3", "5.0e-01", "FAIL", "pass"},
			[]string{"gradients: ops: b: error 5.0e-01 of b, may be 1e-06", "1 of 4 proofs fail"}},
		{"broken", list(errors.New("no such op"), good), exitError, []string{"1 of 2", "FAIL"}, []string{"gradients: ops: a: no such op", "1 of 3 proofs fail"}},
		{"what", list(verify.Verdict{What: "looks ahead"}), exitError, []string{"0 of 1", "FAIL"}, []string{"gradients: ops: a: looks ahead"}},
		{"many", list(many...), exitError, []string{"0 of 30"}, []string{"30 of 31 proofs fail"}},
	} {
		for _, asJSON := range []bool{false, true} {
			var stdout, stderr bytes.Buffer
			cmd := &cobra.Command{}
			cmd.SetContext(t.Context())
			cmd.SetOut(&stdout)
			cmd.SetErr(&stderr)
			status := exitStatus(verifyOptions{threads: 3, json: asJSON}.prove(cmd, c.proofs), &stderr)
			if status != c.status {
				t.Errorf("%s: status %d, want %d", c.name, status, c.status)
			}
			contains(t, stderr.String(), c.errors...)
			if n := strings.Count(stderr.String(), "hgbench: "); n > mostFailures+1 {
				t.Errorf("%s: %d lines of error", c.name, n)
			}
			if !asJSON {
				contains(t, stdout.String(), c.table...)
				continue
			}
			var all []proven
			if err := json.Unmarshal(stdout.Bytes(), &all); err != nil || len(all) != len(c.proofs) {
				t.Errorf("%s: %v: %s", c.name, err, stdout.String())
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cmd := &cobra.Command{}
	cmd.SetContext(ctx)
	cmd.SetOut(&bytes.Buffer{})
	cmd.SetErr(&bytes.Buffer{})
	if status := exitStatus(verifyOptions{threads: 3}.prove(cmd, list(good)), &bytes.Buffer{}); status != exitInterrupted {
		t.Errorf("interrupted: status %d", status)
	}
}
