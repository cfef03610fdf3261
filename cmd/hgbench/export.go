package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hgbench/internal/atomicfile"
	"hgbench/results"
)

// formats of an export.
var formats = map[string]func(io.Writer, results.Records) error{
	"csv":     results.WriteCSV,
	"parquet": results.WriteParquet,
	"bench":   results.WriteBench,
	"jsonl":   results.WriteJSONL,
}

func newExport() *cobra.Command {
	names := slices.Sorted(maps.Keys(formats))
	var format, output string
	cmd := &cobra.Command{
		Use:   "export [RESULTS...]",
		Short: "Write results as CSV, Parquet, JSON lines, or for benchstat",
		Long: `Writes one row a record as csv or parquet, whole records as jsonl, or done runs in
the Go benchmark format (bench), of which benchstat compares two files. RESULTS
are as for "hgbench table".`,
		Example: "hgbench export quick --format csv\nhgbench export quick --format parquet -o quick.parquet\n" +
			"hgbench export quick --format bench -o new.txt",
		Args:              positional(cobra.ArbitraryArgs),
		ValidArgsFunction: completeResults,
		RunE: func(cmd *cobra.Command, args []string) error {
			write, ok := formats[format]
			if !ok {
				return misuse(cmd, "unknown format %q: want one of %s", format, strings.Join(names, ", "))
			}
			if format == "parquet" && output == "" && isTerminal(cmd.OutOrStdout()) {
				return misuse(cmd, "parquet is not for a terminal: want -o FILE, or standard output sent to one")
			}
			records, _, err := recordsOf(cmd, args)
			if err != nil {
				return err
			}
			// Records fit memory, and so nothing half-written is left behind.
			var b bytes.Buffer
			if err := write(&b, records); err != nil {
				return err
			}
			if output != "" {
				if err := atomicfile.Write(output, b.Bytes()); err != nil {
					return fmt.Errorf("-o %w", err)
				}
				return nil
			}
			if _, err := cmd.OutOrStdout().Write(b.Bytes()); err != nil {
				return fmt.Errorf("export: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "csv", "one of "+strings.Join(names, ", "))
	cmd.Flags().StringVarP(&output, "output", "o", "", "`file` to write instead of standard output")
	complete(cmd, "format", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
