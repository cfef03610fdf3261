package docs_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hgbench/results"
)

// hgbench is the program, built for these tests.
var hgbench string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "hgbench-docs")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		hgbench = filepath.Join(dir, "hgbench.exe")
		build := exec.Command("go", "build", "-o", hgbench, "../cmd/hgbench")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// run runs the program in a folder.
func run(t *testing.T, dir string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, hgbench, args...)
	var out, err bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &err
	var exit *exec.ExitError
	if e := cmd.Run(); errors.As(e, &exit) {
		status = exit.ExitCode()
	} else if e != nil {
		t.Fatalf("hgbench %s: %v", strings.Join(args, " "), e)
	}
	return out.String(), err.String(), status
}

// command of a page, split into words, with what it prints where the page says.
type command struct {
	page    string
	words   []string
	environ bool   // environment variables stood before it
	output  string // of a console block
}

func (c command) String() string { return c.page + ": " + strings.Join(c.words, " ") }

// arguments of the program; nil if the command is another.
func (c command) arguments() []string {
	switch {
	case c.words[0] == "hgbench" || c.words[0] == "./hgbench":
		return c.words[1:]
	case len(c.words) > 2 && slices.Equal(c.words[:3], []string{"go", "run", "./cmd/hgbench"}):
		return c.words[3:]
	}
	return nil
}

var (
	inline     = regexp.MustCompile("`((?:hgbench|go run|make) [^`]+)`")
	assignment = regexp.MustCompile(`^[A-Z_]+=`)
)

// commands of a page: lines of sh blocks, lines after a $ of console blocks,
// and what stands in backticks.
func (p page) commands() []command {
	var list []command
	add := func(line, output string) {
		if c := (command{page: p.path, words: words(line), output: output}); len(c.words) > 0 {
			for assignment.MatchString(c.words[0]) {
				c.words, c.environ = c.words[1:], true
			}
			list = append(list, c)
		}
	}
	for _, b := range p.blocks("sh") {
		for line := range strings.Lines(strings.ReplaceAll(b.text, "\\\n", " ")) {
			add(line, "")
		}
	}
	for _, b := range p.blocks("console") {
		for part := range strings.SplitSeq(strings.TrimPrefix(b.text, "$ "), "\n$ ") {
			line, output, _ := strings.Cut(part, "\n")
			add(line, output)
		}
	}
	for _, m := range inline.FindAllStringSubmatch(p.prose(), -1) {
		add(m[1], "")
	}
	return list
}

// words splits a line as a shell does, up to a comment.
func words(line string) []string {
	var list []string
	var word strings.Builder
	var quote rune
	open := false
	for _, c := range strings.TrimSpace(line) + "\n" {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '"' || c == '\'':
			quote, open = c, true
		case c == '#' && !open:
			return list
		case c == ' ' || c == '\n':
			if open {
				list = append(list, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteRune(c)
			open = true
		}
	}
	return list
}

// Every command on a page exists, with its flags; so does every make target
// and every folder that go is sent to.
func TestCommands(t *testing.T) {
	makefile := read(t, "Makefile").text + read(t, "bench/peers/peers.mk").text
	for _, p := range pages(t) {
		for _, c := range p.commands() {
			if args := c.arguments(); args != nil {
				checkFlags(t, c.String(), args)
				continue
			}
			switch c.words[0] {
			case "make":
				for _, target := range c.words[1:] {
					if !strings.Contains(makefile, "\n"+target+":") {
						t.Errorf("%v: no such target", c)
					}
				}
			case "go":
				for _, w := range c.words {
					if path, ok := strings.CutPrefix(w, "./"); ok && !exists(path) {
						t.Errorf("%v: no such folder", c)
					}
				}
			default:
				t.Errorf("%v: what is this?", c)
			}
		}
	}
}

// Every example in a help text is a command that exists.
func TestExamples(t *testing.T) {
	for _, path := range commandPaths(t) {
		help, _, _ := run(t, ".", append(strings.Fields(path), "--help")...)
		_, examples, ok := strings.Cut(help, "\nExamples:\n")
		if !ok {
			t.Errorf("hgbench %s --help has no example", path)
			continue
		}
		examples, _, _ = strings.Cut(examples, "\n\n")
		for line := range strings.Lines(examples) {
			w := words(line)
			if w[0] != "hgbench" {
				t.Errorf("hgbench %s --help: example %q is no command", path, line)
				continue
			}
			checkFlags(t, "hgbench "+path+" --help", w[1:])
		}
	}
}

// checkFlags has the program parse a command line without running it.
func checkFlags(t *testing.T, where string, args []string) {
	t.Helper()
	if _, stderr, status := run(t, ".", append(slices.Clip(args), "--help")...); status != 0 {
		t.Errorf("%s: hgbench %s: %s", where, strings.Join(args, " "), stderr)
	}
}

// tiny are results of two runs of a moment.
const tiny = `
protocol: P1
base:
  model: {d_model: 16, heads: 2, hierarchy: "1@1,1@2,1@1"}
  train: {context: 24, batch: 2, steps: 10, warmup: 2}
  eval: {valid_bytes: 500, bytes: 2000}
axes: {seed: [1, 2]}
`

// Commands that are over in a moment are run, as somebody who follows the
// pages would, beside results called quick.
func TestCheapCommands(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"tiny.yaml":     tiny,
		"spec.yaml":     read(t, "docs/specs.md").blocks("yaml")[0].text,
		"my-sweep.yaml": read(t, "docs/sweeps.md").blocks("yaml")[0].text,
		"bpc.yaml":      read(t, "docs/ci.md").blocks("yaml")[0].text,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, stderr, status := run(t, dir, "sweep", "tiny.yaml", "--out", "hgbench-results/quick"); status != 0 {
		t.Fatal(stderr)
	}
	records, err := results.Load(filepath.Join(dir, "hgbench-results", "quick"))
	if err != nil || len(records.Done()) != 2 {
		t.Fatalf("%d records are done, %v", len(records.Done()), err)
	}
	ids := strings.NewReplacer("OTHER", records[1].ID, "ID", records[0].ID)
	done := make(map[string]bool)
	for _, p := range pages(t) {
		for _, c := range p.commands() {
			line := ids.Replace(strings.Join(c.arguments(), "\x00"))
			args := strings.Split(line, "\x00")
			if c.environ || done[line] || c.output == "" && !isCheap(args) {
				continue
			}
			done[line] = true
			began := time.Now()
			stdout, stderr, status := run(t, dir, args...)
			t.Log(time.Since(began).Round(time.Millisecond), c)
			switch {
			case c.output != "" && strings.TrimSpace(stdout+stderr) != strings.TrimSpace(c.output):
				t.Errorf("%v prints\n%s\nwant\n%s", c, stdout+stderr, c.output)
			case c.output == "" && status != 0:
				t.Errorf("%v: exit status %d: %s", c, status, stderr)
			}
		}
	}
	if len(done) < 15 {
		t.Errorf("only %d commands were run", len(done))
	}
}

// isCheap says whether a command is over in a moment and needs no network.
func isCheap(args []string) bool {
	switch args[0] {
	case "version", "env", "plan", "table", "plot", "export", "compare", "eval", "sample", "status":
		return !slices.Contains(args, "-f") || args[0] == "plan"
	case "data":
		return !slices.Contains(args, "get")
	case "check":
		return slices.Contains(args, "bpc.jsonl") && !slices.Contains(args, "--set")
	case "sweep":
		return slices.Contains(args, "--list") || slices.Contains(args, "--dry-run")
	case "run":
		return slices.Contains(args, "--id") || slices.Contains(args, "train.steps=20")
	}
	return false
}

// commandPaths are all commands: "sweep", "data", "data get".
func commandPaths(t *testing.T) []string {
	t.Helper()
	var list []string
	var visit func(path []string)
	visit = func(path []string) {
		out, _, _ := run(t, ".", append(append([]string{"__complete"}, path...), "")...)
		for line := range strings.Lines(out) {
			name, about, ok := strings.Cut(strings.TrimSpace(line), "\t")
			if !ok || len(path) == 0 && (name == "help" || name == "completion") {
				continue
			}
			sub := append(slices.Clip(path), name)
			if help, _, status := run(t, ".", append(slices.Clip(sub), "--help")...); status != 0 || !strings.Contains(help, "hgbench "+strings.Join(sub, " ")+" ") || about == "" {
				continue // an argument, not a command
			}
			list = append(list, strings.Join(sub, " "))
			visit(sub)
		}
	}
	visit(nil)
	return list
}
