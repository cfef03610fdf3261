package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hgbench/results"
)

func newTable() *cobra.Command {
	var markdown, asJSON bool
	cmd := &cobra.Command{
		Use:   "table [RESULTS...]",
		Short: "Show results as a table, and say what they show",
		Long: `Shows records as a table, best validation BPC first, and a summary computed from
them. RESULTS are folders, .jsonl files, or names of folders in ./hgbench-results
or else in ./results/recorded; without any, the folder in ./hgbench-results that was
written last. The last column is how ids start, which "hgbench run --id" and others
take.`,
		Example:           "hgbench table\nhgbench table quick\nhgbench table quick --markdown",
		Args:              positional(cobra.ArbitraryArgs),
		ValidArgsFunction: completeResults,
		RunE: func(cmd *cobra.Command, args []string) error {
			records, _, err := recordsOf(cmd, args)
			if err != nil {
				return err
			}
			switch {
			case asJSON:
				return writeJSON(cmd, records)
			case markdown:
				fmt.Fprint(cmd.OutOrStdout(), records.Markdown())
				return nil
			}
			printTable(cmd, records)
			printSummary(cmd, records, results.DetectProtocol(records))
			return nil
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "write the table for a README")
	jsonFlag(cmd, &asJSON)
	cmd.MarkFlagsMutuallyExclusive("markdown", "json")
	return cmd
}

func printTable(cmd *cobra.Command, records results.Records) {
	out := cmd.OutOrStdout()
	fmt.Fprint(out, records.TableWidth(terminalWidth(out)))
}

// printSummary says what records show by a protocol.
func printSummary(cmd *cobra.Command, records results.Records, protocol results.Protocol) {
	fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n", results.Summarise(records, protocol))
}
