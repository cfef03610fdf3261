package slurm

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Warning is how long before the end of its time a task gets SIGTERM. Slurm may
// give it up to a minute earlier.
const Warning = 2 * time.Minute

// Array is a job array: tasks numbered from 1 that run the same command.
type Array struct {
	Name  string
	About []string // what a reader of the script should know, line by line

	Tasks  int
	AtOnce int   // tasks to run at once at most; 0: as many as there is room for
	CPUs   int   // of each task
	Bytes  int64 // of memory of each task; 0: what the cluster gives

	Partition string   // empty: the cluster's default
	Time      string   // of each task, as sbatch has it; empty: the partition's
	Options   []string // more of sbatch's, such as --account=NAME; they come last, so they win

	Dir string // absolute, where tasks run
	Log string // absolute, with %a for the number of the task

	Environment []string // KEY=VALUE, to be set in each task
	Command     []string // the number of the task is added as its last argument
}

var (
	option    = regexp.MustCompile(`^--[a-z][a-z-]*(=[^\n\r]*)?$`)
	plainWord = regexp.MustCompile(`^[A-Za-z0-9@%+=:,./_-]+$`)
	unclean   = regexp.MustCompile(`[\x00-\x1f\x7f]`)
)

// CheckOption says whether text is an option of sbatch, --key or --key=value.
func CheckOption(text string) error {
	if !option.MatchString(text) {
		return fmt.Errorf("%q is no option of sbatch; want --key=value, such as --account=NAME", text)
	}
	return nil
}

// Script is what sbatch reads: bash whose comments are options. It errs on
// what cannot be written so.
//
// A task goes back to the queue when it is preempted or its node fails, with
// its log appended to. Only the command itself gets SIGTERM before its time
// ends: it takes the place of bash.
func (a Array) Script() (string, error) {
	for _, path := range []string{a.Dir, a.Log} {
		if !filepath.IsAbs(path) {
			return "", fmt.Errorf("job %s: path %q: want an absolute one", a.Name, path)
		}
	}
	if strings.ContainsAny(strings.ReplaceAll(a.Log, "%a", ""), `%\`) {
		return "", fmt.Errorf("job %s: Slurm takes %% and \\ in the name of a log to mean something else: %q; want a folder without them", a.Name, a.Log)
	}
	array := fmt.Sprintf("1-%d", a.Tasks)
	if a.AtOnce > 0 {
		array += fmt.Sprintf("%%%d", a.AtOnce)
	}
	options := []string{
		"--job-name=" + a.Name,
		"--array=" + array,
		"--chdir=" + a.Dir,
		"--output=" + a.Log,
		"--open-mode=append",
		"--requeue",
		fmt.Sprintf("--signal=B:TERM@%.0f", Warning.Seconds()),
		"--ntasks=1",
		fmt.Sprintf("--cpus-per-task=%d", a.CPUs),
	}
	if a.Bytes > 0 {
		options = append(options, fmt.Sprintf("--mem=%dM", (a.Bytes+1<<20-1)>>20))
	}
	if a.Partition != "" {
		options = append(options, "--partition="+a.Partition)
	}
	if a.Time != "" {
		options = append(options, "--time="+a.Time)
	}
	var b strings.Builder
	b.WriteString("#!/bin/bash\n")
	for _, line := range a.About {
		fmt.Fprintln(&b, strings.TrimRight("# "+unclean.ReplaceAllString(line, " "), " "))
	}
	for _, o := range append(options, a.Options...) {
		if unclean.MatchString(o) {
			return "", fmt.Errorf("job %s: sbatch's option %q has a control character", a.Name, o)
		}
		fmt.Fprintln(&b, "#SBATCH", optionWord(o))
	}
	b.WriteByte('\n')
	for _, e := range a.Environment {
		key, value, _ := strings.Cut(e, "=")
		fmt.Fprintf(&b, "export %s=%s\n", key, shellWord(value))
	}
	b.WriteString("exec")
	for _, word := range a.Command {
		b.WriteString(" " + shellWord(word))
	}
	b.WriteString(" \"$SLURM_ARRAY_TASK_ID\"\n")
	return b.String(), nil
}

// optionWord quotes what stands behind #SBATCH, where only " \ and spaces need
// it, and comments begin with #.
func optionWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(s) + `"`
}

// shellWord quotes for a shell.
func shellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
