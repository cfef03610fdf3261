package main

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// commands are root and all below it that users see.
func commands(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, c := range cmd.Commands() {
		if !c.Hidden && c.Name() != "help" && c.Name() != "completion" {
			all = append(all, commands(c)...)
		}
	}
	return all
}

// Each example must be a command line that hgbench understands.
func TestExamples(t *testing.T) {
	for _, cmd := range commands(newRoot()) {
		if cmd.Short == "" || cmd.Example == "" {
			t.Errorf("%s: want a short description and an example", cmd.CommandPath())
		}
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			words := splitWords(line)
			if len(words) == 0 || words[0] != "hgbench" {
				t.Errorf("%s: example %q is no call of hgbench", cmd.CommandPath(), line)
				continue
			}
			found, rest, err := newRoot().Find(words[1:])
			if err != nil {
				t.Errorf("%q: %v", line, err)
				continue
			}
			if cmd.HasParent() && !strings.HasPrefix(found.CommandPath(), cmd.CommandPath()) {
				t.Errorf("%q is an example of %s, not of %s", line, found.CommandPath(), cmd.CommandPath())
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
			}
			if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%q: %v", line, err)
			}
			if err := found.ValidateFlagGroups(); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	}
}

// splitWords splits a line as a shell does, with double quotes.
func splitWords(line string) (words []string) {
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

func TestHelp(t *testing.T) {
	for _, cmd := range commands(newRoot()) {
		args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
		help := ok(t, args...)
		contains(t, help, "Usage:", "Examples:", cmd.Example)
		for line := range strings.SplitSeq(cmd.Long, "\n") {
			if len(line) > 90 {
				t.Errorf("%s: line of help too wide: %q", cmd.CommandPath(), line)
			}
		}
	}
}

func TestMisuse(t *testing.T) {
	workFolder(t)
	for _, c := range []struct{ args, want string }{
		{"swep", `hgbench: unknown command "swep"; did you mean sweep?; see hgbench --help`},
		{"frobnicate", `unknown command "frobnicate"; see hgbench --help`},
		{"help swep", `unknown command "swep"`},
		{"completion foo", `unknown shell "foo": want one of bash, `},
		{"sweep --bogus", "unknown flag: --bogus; see hgbench sweep --help"},
		{"--bogus", "unknown flag: --bogus; see hgbench --help"},
		{"sweep quick lr", "see hgbench sweep --help"},
		{"sweep --threads -1", "--threads -1: want a whole number up to 1024, 0 for one thread a core; see"},
		{"sweep --list lr", "--list shows all sweeps"},
		{"sweep --list --dry-run", "--dry-run and --list do not go together"},
		{"sweep --list --slurm", "--list and --slurm do not go together"},
		{"sweep --time 1:00:00", "--time is for Slurm; want --slurm beside it"},
		{"sweep --slurm --sbatch account=physics", `"account=physics" is no option of sbatch`},
		{"status a b", `unexpected argument "b"`},
		{"run extra", `unexpected argument "extra"`},
		{"run --id 12 -f tiny.yaml", "--file and --id do not go together"},
		{"plan quick -f tiny.yaml", "sweep quick and -f tiny.yaml: want one of them"},
		{"eval", "hgbench: want --id or --weights; see hgbench eval --help"},
		{"eval --id 12 --split dev", `unknown split "dev": want valid or test`},
		{"sample", "want --id or --weights"},
		{"measure --steps 0", "--steps 0: want at least 1"},
		{"measure --bench --json", "--bench and --json do not go together"},
		{"dump --steps 0", "--steps 0: want at least 1"},
		{"export --format xls", `unknown format "xls": want one of bench, csv, jsonl, parquet`},
		{"compare 12", "too few arguments: want hgbench compare ID... ID"},
		{"data get", "too few arguments: want hgbench data get NAME"},
		{"data get a b", `unexpected argument "b"`},
		{"sample --weights w --seed x", "--seed x: want a whole number from 0; see hgbench sample --help"},
		{"sample --weights w --length 1.5", "--length 1.5: want a whole number"},
		{"sample --weights w --temperature hot", "--temperature hot: want a number"},
		{"table --json=perhaps", "--json perhaps: want true or false"},
		{"run --checkpoint -1s", "--checkpoint -1s: want a time such as 90s or 1h30m, or 0"},
		{"run --checkpoint often", "--checkpoint often: want a time"},
		{"dump -f tiny.yaml --steps 13", "--steps 13: the spec trains for 12 (train.steps)"},
		{"plot patterns --layers -2", "--layers -2: want 1 to "},
		{"plot patterns --length 0", "--length 0: want 1 to 2048"},
		{"version 1", "unexpected argument"},
	} {
		got := hgbench(t, strings.Fields(c.args)...)
		if got.status != exitUsage || got.stdout != "" || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q; want 2 and one line of error", c.args, got.status, got.stdout, got.stderr)
		}
		contains(t, got.stderr, "hgbench: ", c.want)
	}
}

func TestBadInput(t *testing.T) {
	workFolder(t)
	write(t, "unknown.yaml", "model:\n  d_modle: 32\n")
	write(t, "type.yaml", "train: {steps: many}\n")
	write(t, "hierarchy.yaml", "model: {hierarchy: \"2@1,8@3\"}\n")
	write(t, "nodata.yaml", tiny+"seed: 1\n")
	write(t, "seeds.yaml", "protocol: P1\naxes: {seed: [1, 2]}\n")
	write(t, "damaged/records.jsonl", "this is no record\n")
	write(t, "corrupt.safetensors", "no tensors in here")
	write(t, "file", "")
	t.Setenv("HGBENCH_CACHE", t.TempDir())
	for _, c := range []struct {
		args string
		want []string
	}{
		{"run -f missing.yaml", []string{"missing.yaml", "no such file"}},
		{"run -f unknown.yaml", []string{"unknown.yaml:2: unknown key model.d_modle; did you mean model.d_model?"}},
		{"run -f sweep.yaml", []string{`sweep.yaml is a sweep, not a spec: "hgbench sweep sweep.yaml" runs it`}},
		{"plan -f sweep.yaml", []string{`sweep.yaml is a sweep, not a spec`}},
		{"sweep tiny.yaml", []string{`tiny.yaml is a spec, not a sweep: "hgbench run -f tiny.yaml" runs it`}},
		{"plan tiny.yaml", []string{`tiny.yaml is a spec, not a sweep`}},
		{"results fsck .", []string{"results folder . holds no records.jsonl"}},
		{"data get nosuch", []string{`unknown corpus "nosuch": want one of enwik7, enwik8, text8`}},
		{"run -f type.yaml", []string{"type.yaml:1: train.steps", "want a whole number"}},
		{"run -f hierarchy.yaml", []string{"hierarchy.yaml:1: model.hierarchy", "8@3"}},
		{"run -f tiny.yaml --set model.heads=3", []string{"model.heads: 3 does not divide d_model 16"}},
		{"run -f tiny.yaml --set model.d_modle=3", []string{"did you mean model.d_model?"}},
		{"run -f tiny.yaml --set budget.seconds=0", []string{"set budget.seconds=0: a budget of 0 pays for no step"}},
		{"run -f tiny.yaml --set d_model", []string{"want KEY=VALUE"}},
		{"run -f tiny.yaml --set data=enwik8", []string{"hgbench data get enwik8"}},
		{"run -f tiny.yaml --set data=enwki8", []string{"did you mean enwik8?"}},
		{"run -f tiny.yaml --set data=nowhere/text", []string{"nowhere/text"}},
		{"run -f tiny.yaml --set train.context=30000", []string{"context 30000 is longer than the training split"}},
		{"run -f tiny.yaml --out file/results", []string{"file/results", "not a directory"}},
		{"run -f tiny.yaml --weights corrupt.safetensors", []string{"corrupt.safetensors"}},
		{"run --id 1234", []string{"id 1234: no results in ./hgbench-results"}},
		{"run --id 1234 --out nowhere", []string{"nowhere", "no such file"}},
		{"plan -f tiny.yaml --set model.attention=relativ", []string{"did you mean relative?"}},
		{"plan quik", []string{`unknown sweep "quik"`, "did you mean quick?"}},
		{"sweep missing.yaml", []string{"missing.yaml", "no such file"}},
		{"sweep sweep.yaml --set data=enwik8", []string{"hgbench data get enwik8"}},
		{"sweep sweep.yaml --set model.hierarchy=2@1,8@3", []string{"hierarchy"}},
		{"sweep sweep.yaml --out file/results", []string{"file/results", "not a directory"}},
		{"sweep seeds.yaml --set seed=3", []string{"the points of the sweep differ in it (seed=1)"}},
		{"sweep sweep.yaml --set budget.seconds=9", []string{"protocol P1 wants equal steps", "want steps or tokens"}},
		{"eval -f tiny.yaml --weights missing.safetensors", []string{"missing.safetensors"}},
		{"eval -f tiny.yaml --weights corrupt.safetensors", []string{"corrupt.safetensors"}},
		{"sample -f tiny.yaml --weights corrupt.safetensors", []string{"corrupt.safetensors"}},
		{"sample -f tiny.yaml --weights corrupt.safetensors --length 0", []string{"length 0: want at least 1"}},
		{"sample -f tiny.yaml --weights corrupt.safetensors --temperature -1", []string{"temperature -1"}},
		{"table", []string{`no results in ./hgbench-results: run "hgbench sweep"`}},
		{"table nowhere", []string{"nowhere"}},
		{"status", []string{`nothing was started in ./hgbench-results: run "hgbench sweep"`}},
		{"status nowhere", []string{"nothing of nowhere was started"}},
		{"status file", []string{"nothing of file was started"}},
		{"status damaged", []string{"damaged/records.jsonl:1: damaged record"}},
		{"table damaged", []string{"damaged/records.jsonl:1: damaged record"}},
		{"plot damaged", []string{"damaged/records.jsonl:1: damaged record"}},
		{"export .", []string{"holds no records.jsonl"}},
		{"compare 12 34", []string{"id 12"}},
		{"data get enwki8", []string{"did you mean enwik8?"}},
		{"data gte", []string{`unknown corpus "gte"`}},
		{"run --id=", []string{"--id is empty"}},
	} {
		got := hgbench(t, strings.Fields(c.args)...)
		if got.status != exitError || got.stdout != "" {
			t.Errorf("%s: status %d, stdout %q; want 1 and nothing", c.args, got.status, got.stdout)
		}
		contains(t, got.stderr, append(c.want, "hgbench: ")...)
		errors := 0
		for line := range strings.Lines(got.stderr) {
			if strings.HasPrefix(line, "hgbench: ") {
				errors++
			}
		}
		if errors != 1 {
			t.Errorf("%s: want one line of error, got %q", c.args, got.stderr)
		}
	}
	// Of all these not one may have left results.
	for _, folder := range []string{"hgbench-results/tiny", "hgbench-results/seeds", "hgbench-results/runs/records.jsonl"} {
		if _, err := os.Stat(folder); err == nil {
			t.Errorf("%s was written", folder)
		}
	}
}
