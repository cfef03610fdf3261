// Command hgbench trains Hourglass and its baselines on the same data with one
// engine, and shows bits per character against compute and memory.
//
// Each command is a file of this folder, and only connects what the packages
// do: sweeps and bench run experiments, results keeps and compares what they
// leave behind, plots draws it.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(execute(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
