package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
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
			fmt.Fprintln(cmd.OutOrStdout(), "hgbench", versionLine(v))
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func versionLine(v results.Versions) string {
	return fmt.Sprintf("%s, %s, kernel version %d, spec version %d", v.Commit, v.Go, v.Kernel, bench.SpecVersion)
}
