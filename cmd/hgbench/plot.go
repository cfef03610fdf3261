package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"hgbench/plots"
	"hgbench/results"
)

func newPlot() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "plot [RESULTS...]",
		Short: "Draw results as figures",
		Long: `Draws BPC against FLOPs, seconds and memory, training curves, and what else the
records have data for, as PNG and SVG, and prints where they are. RESULTS are as
for "hgbench table".`,
		Example:           "hgbench plot\nhgbench plot quick --out figures",
		Args:              positional(cobra.ArbitraryArgs),
		ValidArgsFunction: completeResults,
		RunE: func(cmd *cobra.Command, args []string) error {
			records, paths, err := recordsOf(cmd, args)
			if err != nil {
				return err
			}
			if out == "" {
				out = figuresFolder(derivedFolder(args, paths))
			}
			figures, err := saveFigures(records, "", out)
			if err != nil {
				return err
			}
			printFigures(cmd, figures)
			return nil
		},
	}
	outFlag(cmd, &out, "`folder` for the figures (default: figures beside the records)")
	cmd.AddCommand(newPlotPatterns())
	cmd.SuggestionsMinimumDistance = 2 // edits from the name of a subcommand, see noResults
	return cmd
}

// figuresFolder is where the figures of a results folder or file go.
func figuresFolder(path string) string { return filepath.Join(resultsFolder(path), "figures") }

// saveFigures draws all figures into a folder, and returns their paths, each
// without extension.
func saveFigures(records results.Records, protocol results.Protocol, dir string) (paths []string, err error) {
	figures, err := plots.Figures(records, plots.Options{Protocol: protocol})
	if err != nil {
		return nil, err
	}
	for _, f := range figures {
		if err := plots.Save(f, dir, ""); err != nil {
			return nil, err
		}
		paths = append(paths, filepath.Join(dir, f.Name))
	}
	return paths, nil
}

func printFigures(cmd *cobra.Command, paths []string) {
	out := cmd.OutOrStdout()
	fmt.Fprintln(out, "figures, as .png and .svg:")
	for _, path := range paths {
		fmt.Fprintln(out, "  "+path+".png")
	}
}
