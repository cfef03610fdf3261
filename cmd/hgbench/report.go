package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"hgbench/internal/atomicfile"
	"hgbench/report"
	"hgbench/results"
)

func newReport() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "report [RESULTS...]",
		Short: "Write results as a web page, one file to keep or send",
		Long: `Writes one HTML file with everything that the records say: a summary, a table that
sorts, figures that tell values, and of each run its spec, curve, sample, proof of
causality, memory, machine, and the commands that do it again. It needs no network.
RESULTS are as for "hgbench table".`,
		Example:           "hgbench report\nhgbench report quick -o quick.html",
		Args:              positional(cobra.ArbitraryArgs),
		ValidArgsFunction: completeResults,
		RunE: func(cmd *cobra.Command, args []string) error {
			records, paths, err := recordsOf(cmd, args)
			if err != nil {
				return err
			}
			if len(records) == 0 {
				return fmt.Errorf("report: no records in %s: want those of a sweep or run", paths[0])
			}
			page, err := report.New(records, report.Options{Source: sourceOf(paths)})
			if err != nil {
				return err
			}
			if output == "" {
				folder := derivedFolder(args, paths)
				if err := os.MkdirAll(folder, 0o755); err != nil {
					return fmt.Errorf("report: %w", err)
				}
				output = filepath.Join(folder, "report.html")
			}
			if err := atomicfile.Write(output, page.HTML); err != nil {
				return fmt.Errorf("report %w", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "report of %d records, %s: %s\n", len(records), results.FormatBytes(int64(len(page.HTML))), output)
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "`file` to write (default: report.html beside the records)")
	return cmd
}

// sourceOf is where "hgbench run --id" finds the records of these paths: empty
// where it looks by itself, or there are several.
func sourceOf(paths []string) string {
	folder := resultsFolder(paths[0])
	for _, root := range []string{resultsRoot, recordedRoot} {
		if _, ok := inRoot(root, folder); ok || len(paths) > 1 {
			return ""
		}
	}
	return folder
}
