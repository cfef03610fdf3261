package notebooks

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hgbench/internal/venv"
)

var update = flag.Bool("update", false, "write the outputs of the executed notebooks into them")

// TestJupyter builds the kernel once, for all that needs it.
func TestJupyter(t *testing.T) {
	python := jupyter(t)
	t.Run("kernel", func(t *testing.T) { testKernel(t, python) })
	t.Run("notebooks", func(t *testing.T) { testNotebooks(t, python) })
}

// testNotebooks executes every notebook from a clean state, headless. Each must
// run without an error and show its figures and tables. Where all results that it
// reads are recorded, its committed outputs must be what it shows; where some are
// not, it must have been committed without outputs.
func testNotebooks(t *testing.T, python string) {
	dir := tree(t)
	for _, name := range names(t) {
		t.Run(strings.TrimSuffix(name, ".ipynb"), func(t *testing.T) {
			committed := read(t, name)
			missing := committed.missing()
			venv.Run(t, python, "execute.py", filepath.Join(dir, name))
			executed := read(t, filepath.Join(dir, name))
			for _, fault := range executed.check() {
				t.Error(fault)
			}
			switch {
			case t.Failed():
			case len(missing) > 0:
				t.Logf("on made-up records, since nobody has recorded %s", strings.Join(missing, ", "))
				if committed.executed() {
					t.Errorf("it has outputs, but nobody has recorded %s", strings.Join(missing, ", "))
				}
			case *update:
				data, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, data, 0o644); err != nil {
					t.Fatal(err)
				}
			default:
				for _, fault := range differences(committed, executed) {
					t.Errorf("%s; go test ./notebooks -update writes what it shows now", fault)
				}
			}
		})
	}
}

func (n notebook) executed() bool {
	return slices.ContainsFunc(n.Cells, func(c cell) bool { return len(c.Outputs) > 0 })
}

// TestNotebooksAreShort: a notebook tells one story.
func TestNotebooksAreShort(t *testing.T) {
	for _, name := range names(t) {
		n := read(t, name)
		if len(n.Cells) > 40 {
			t.Errorf("%s has %d cells, want at most 40", name, len(n.Cells))
		}
		if first := n.Cells[0]; first.Kind != "markdown" || !strings.HasPrefix(string(first.Source), "# ") {
			t.Errorf("%s: want a title first", name)
		}
		for i, c := range n.Cells {
			if rows := strings.Count(string(c.Source), "\n") + 1; c.Kind == "code" && rows > 40 {
				t.Errorf("%s: cell %d has %d lines, want at most 40: what is longer belongs into a package", name, i, rows)
			}
		}
	}
}
