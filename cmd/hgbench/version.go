package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hgbench/bench"
)

func newVersion() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the versions that determine a result's bits",
		Example: "hgbench version\nhgbench version --json",
		Args:    positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := bench.CurrentVersions()
			if asJSON {
				return writeJSON(cmd, v)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "hgbench %s, %s, kernel version %d, spec version %d\n",
				v.Commit, v.Go, v.Kernel, bench.SpecVersion)
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}
