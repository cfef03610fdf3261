package docs_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hgbench/bench"
	"hgbench/pkg/nn"
	"hgbench/plots"
	"hgbench/results"
	"hgbench/sweeps"
)

var update = flag.Bool("update", false, "write the generated parts of README.md and docs")

// recorded are the results that README.md shows.
const recorded = "results/recorded/quick"

// Between <!-- generated: NAME --> and <!-- end --> stands what the program
// says; "make readme" writes it.
func TestGenerated(t *testing.T) {
	for _, g := range []struct {
		page, name string
		text       func(t *testing.T) string
	}{
		{"README.md", "quick", quickResults},
		{"README.md", "peers", peersSpeed},
		{"docs/sweeps.md", "sweeps", listOfSweeps},
		{"docs/cli.md", "cli", helpTexts},
		{"docs/specs.md", "systems", systems},
		{"docs/specs.md", "kinds", kinds},
		{"docs/attention.md", "costs", costsOfSystems},
		{"docs/attention.md", "hourglass", costsInside},
	} {
		t.Run(g.name, func(t *testing.T) {
			p := read(t, g.page)
			start := fmt.Sprintf("<!-- generated: %s -->\n", g.name)
			before, rest, ok := strings.Cut(p.text, start)
			old, after, ends := strings.Cut(rest, "<!-- end -->")
			if !ok || !ends {
				t.Fatalf("%s has no place for %s", g.page, strings.TrimSpace(start))
			}
			text := g.text(t)
			if old == text {
				return
			}
			if !*update {
				t.Fatalf("%s: what stands after %s is out of date: run \"make readme\"", g.page, strings.TrimSpace(start))
			}
			if err := os.WriteFile(filepath.Join(root, g.page), []byte(before+start+text+"<!-- end -->"+after), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// quickResults is the table of the recorded quick sweep, what it says, and
// where it was made. With -update its figure is drawn too.
func quickResults(t *testing.T) string {
	records, err := results.Load(filepath.Join(root, recorded))
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		figure, err := plots.Efficiency(records, results.NecessaryFLOPs, plots.Options{Protocol: results.P1})
		if err == nil {
			err = plots.Save(figure, "images", "")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", records.Markdown())
	for _, line := range results.Summarise(records, results.P1).Lines {
		fmt.Fprintf(&b, "> %s\n>\n", line)
	}
	r := records.Done()[0]
	fmt.Fprintf(&b, "\nMeasured on %s, %d threads, %s, peak %s; %s; hgbench %s, %s, kernel version %d. Records: [%s](%[9]s).\n",
		strings.Join(strings.Fields(r.Machine.CPU), " "), r.Machine.Threads, r.Machine.ISA, results.FormatSI(r.Machine.PeakGFLOPS*1e9, "FLOP/s"),
		r.Data.Name, r.Versions.Commit, r.Versions.Go, r.Versions.Kernel, recorded)
	return b.String()
}

func listOfSweeps(t *testing.T) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| sweep | points | protocol | |\n| --- | --- | --- | --- |\n")
	for _, s := range sweeps.List() {
		points, err := sweeps.Expand(s, bench.NecessaryPerToken)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "| `%s` | %d | %s | %s |\n", s.Name, len(points), cmp.Or(string(s.Protocol), "–"), s.Description)
	}
	return b.String()
}

// systems is what each system of a spec has by default.
func systems(t *testing.T) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| system | hierarchy | attention | positions |\n| --- | --- | --- | --- |\n")
	for _, name := range bench.Systems() {
		s := bench.DefaultSpec()
		if err := s.Set("model.system=" + name); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | `%s` | `%s` |\n", name, s.Model.Hierarchy, s.Model.Attention, s.Model.Positions)
	}
	return b.String()
}

func kinds(*testing.T) string {
	var b strings.Builder
	for _, kind := range nn.Kinds() {
		fmt.Fprintf(&b, "- `%s`\n", nn.Usage(kind))
	}
	return b.String()
}

func helpTexts(t *testing.T) string {
	var b strings.Builder
	for _, path := range commandPaths(t) {
		help, _, _ := run(t, ".", append(strings.Fields(path), "--help")...)
		fmt.Fprintf(&b, "## hgbench %s\n\n```text\n%s\n```\n\n", path, strings.TrimSpace(help))
	}
	return b.String()
}
