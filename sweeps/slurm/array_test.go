package slurm

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScript(t *testing.T) {
	a := Array{
		Name: "hgbench-lr", About: []string{"Points of lr.", "", "   1  ab12  two\nlines"},
		Tasks: 8, AtOnce: 3, CPUs: 4, Bytes: 600<<20 + 1, Partition: "cpu", Time: "4:00:00", Options: []string{"--account=physics", `--comment=say "hello"`},
		Dir: "/home/a user", Log: "/home/a user/slurm/1/%a.log", Environment: []string{"HGBENCH_ISA=avx2", "HGBENCH_CACHE=/it's here"},
		Command: []string{"/bin/hgbench", "task", "a b"},
	}
	got, err := a.Script()
	if err != nil {
		t.Fatal(err)
	}
	want := `#!/bin/bash
# Points of lr.
#
#    1  ab12  two lines
#SBATCH --job-name=hgbench-lr
#SBATCH --array=1-8%3
#SBATCH "--chdir=/home/a user"
#SBATCH "--output=/home/a user/slurm/1/%a.log"
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:TERM@120
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --mem=601M
#SBATCH --partition=cpu
#SBATCH --time=4:00:00
#SBATCH --account=physics
#SBATCH "--comment=say \"hello\""

export HGBENCH_ISA=avx2
export HGBENCH_CACHE='/it'\''s here'
exec /bin/hgbench task 'a b' "$SLURM_ARRAY_TASK_ID"
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got, err = Array{Name: "a", Tasks: 1, CPUs: 1, Dir: "/", Log: "/%a.log", Command: []string{"a"}}.Script()
	if err != nil || strings.Contains(got, "--mem") || strings.Contains(got, "--time") || strings.Contains(got, "--partition") || !strings.Contains(got, "--array=1-1\n") {
		t.Errorf("%v\n%s", err, got)
	}
}

// Words reach the command as they are, whatever is in them.
func TestScriptInAShell(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash here")
	}
	words := []string{"plain", "two words", "it's", `"quoted"`, "$HOME", "`id`", "a\\b", "*", "", "é", "#"}
	a := Array{Name: "a", Tasks: 1, CPUs: 1, Dir: "/", Log: "/%a.log", Environment: []string{"HGBENCH_X=$y 'z'"},
		Command: append([]string{bash, "-c", `printf '%s|' "$HGBENCH_X" "$@"`, "0"}, words...)}
	script, err := a.Script()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bash, "-c", script)
	cmd.Env = append(cmd.Environ(), "SLURM_ARRAY_TASK_ID=7")
	out, err := cmd.Output()
	if want := "$y 'z'|" + strings.Join(words, "|") + "|7|"; err != nil || string(out) != want {
		t.Errorf("%v, got %q, want %q", err, out, want)
	}
}

func TestScriptErrors(t *testing.T) {
	good := Array{Name: "a", Tasks: 1, CPUs: 1, Dir: "/work", Log: "/work/%a.log", Command: []string{"a"}}
	for want, change := range map[string]func(*Array){
		"want an absolute one":    func(a *Array) { a.Dir = "work" },
		"want a folder without":   func(a *Array) { a.Log = "/50% off/%a.log" },
		`take`:                    func(a *Array) { a.Log = `/a\b/%a.log` },
		"has a control character": func(a *Array) { a.Partition = "cpu\nrm -rf" },
	} {
		a := good
		change(&a)
		if script, err := a.Script(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q\n%s", err, want, script)
		}
	}
}

func TestCheckOption(t *testing.T) {
	for text, ok := range map[string]bool{
		"--account=physics": true, "--exclusive": true, "--comment=two words": true, "--gres=gpu:1": true,
		"": false, "account": false, "-A physics": false, "--account physics": false, "--": false, "--a=b\n#SBATCH --c": false,
	} {
		if err := CheckOption(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
