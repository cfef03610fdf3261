package kernel

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// moduleName of this project, whose packages notebooks import.
const moduleName = "hgbench"

// Packages that notebooks can import at once, linked into the kernel. Others
// are built as plugins when they are imported, which needs a C compiler.
func Packages() []string {
	return []string{
		"hgbench/bench",
		"hgbench/pkg/graph",
		"hgbench/pkg/nn",
		"hgbench/plots",
		"hgbench/results",
		"hgbench/results/published",
		"hgbench/sweeps",
		"gonum.org/v1/gonum/floats",
		"gonum.org/v1/gonum/mat",
		"gonum.org/v1/gonum/optimize",
		"gonum.org/v1/gonum/stat",
		"gonum.org/v1/gonum/stat/distuv",
		"gonum.org/v1/plot",
		"gonum.org/v1/plot/plotter",
		"gonum.org/v1/plot/vg",
		"gonum.org/v1/plot/vg/draw",
	}
}

// writeBindings writes the files that make Packages known to the interpreter
// into the module in dir.
func writeBindings(ctx context.Context, dir string, env []string) error {
	args := append([]string{"run", moduleName + "/notebooks/bindings", filepath.Join(dir, "imports")}, Packages()...)
	if _, err := goCommand(ctx, dir, env, args...); err != nil {
		return fmt.Errorf("bind packages: %w", err)
	}
	return nil
}

// findSource looks for hgbench's source in dir and the folders above it.
func findSource(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		data, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && modfile.ModulePath(data) == moduleName {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is not in the source of hgbench, which the kernel is built with: run it in a clone of the repository", dir)
		}
	}
}
