package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
)

func newEnv() *cobra.Command {
	var (
		threads threads
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Show the machine, its measured peak, and versions",
		Long: `Shows what a record says about where it was made: processor, instruction set,
threads, and versions. The peak is measured now: fused multiply-adds in registers,
on so many threads. HGBENCH_ISA=avx2 or portable chooses a lesser instruction set.`,
		Example: "hgbench env\nhgbench env --threads 1 --json",
		Args:    positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			machine, versions := bench.CurrentMachine(int(threads)), bench.CurrentVersions()
			if asJSON {
				return writeJSON(cmd, map[string]any{"machine": machine, "versions": versions})
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintf(w, "processor\t%s\n", machine.CPU)
			fmt.Fprintf(w, "instruction set\t%s\n", machine.ISA)
			fmt.Fprintf(w, "threads\t%d\n", machine.Threads)
			fmt.Fprintf(w, "peak\t%s\n", results.FormatSI(machine.PeakGFLOPS*1e9, "FLOP/s"))
			fmt.Fprintf(w, "commit\t%s\n", versions.Commit)
			fmt.Fprintf(w, "Go\t%s\n", versions.Go)
			fmt.Fprintf(w, "kernel version\t%d\n", versions.Kernel)
			return w.Flush()
		},
	}
	threadsFlag(cmd, &threads)
	jsonFlag(cmd, &asJSON)
	return cmd
}
