package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"hgbench/pkg/nn"
	"hgbench/plots"
)

// drawnPatterns are kinds in proportions that a picture can show, of 96 positions
// and two heads.
var drawnPatterns = []string{
	"full", "window(12)", "window(8, dilation: 3, dilated: 1)", "local(12)", "strided(12)", "strided(12, heads: merged)",
	"fixed(12, 3)", "fixed(12, 3, heads: split)", "bigbird(6, random: 2)",
}

func newPlotPatterns() *cobra.Command {
	var (
		out    string
		length int
		heads  int
	)
	cmd := &cobra.Command{
		Use:   "patterns [KIND...]",
		Short: "Draw which query sees which key",
		Long: `Draws the pattern of attention kinds, a picture for each head that differs, as PNG
and SVG, and prints where they are. Kinds whose pattern depends on the data (lsh,
routing) or that have none (favor, relu) cannot be drawn. Without KIND, one of each.`,
		Example: "hgbench plot patterns\nhgbench plot patterns \"window(16, dilation: 2)\" --length 64",
		Args:    positional(cobra.ArbitraryArgs),
		RunE: func(cmd *cobra.Command, kinds []string) error {
			if len(kinds) == 0 {
				kinds = drawnPatterns
			}
			paths, err := savePatterns(kinds, heads, length, out)
			if err != nil {
				return err
			}
			printFigures(cmd, paths)
			return nil
		},
	}
	outFlag(cmd, &out, "`folder` for the figures (default: ./figures)")
	cmd.Flags().IntVar(&length, "length", 96, "positions of the sequence")
	cmd.Flags().IntVar(&heads, "heads", 2, "attention heads")
	return cmd
}

func savePatterns(kinds []string, heads, length int, out string) (paths []string, err error) {
	const most = 2048 // a matrix of so many is drawn cell by cell
	if heads < 1 || length < 1 || length > most {
		return nil, fmt.Errorf("%d heads of %d positions: want at least 1, and at most %d positions", heads, length, most)
	}
	if out == "" {
		out = "figures"
	}
	for _, kind := range kinds {
		if err := nn.CheckAttention(kind, nn.NoPositions, heads, 1, length); err != nil {
			return nil, err
		}
		a, err := nn.ParseAttention(kind)
		if err != nil {
			return nil, err
		}
		pattern, ok := a.Pattern(heads, nn.Place{Total: 1, Layers: 1}, length)
		if !ok {
			return nil, fmt.Errorf("attention %s: what it shows depends on the data; want a kind that is known by its pattern, such as window(16)", kind)
		}
		drawn := map[string]bool{}
		for h := range heads {
			mask := pattern.Mask(h)
			if same := fmt.Sprint(mask); drawn[same] {
				continue
			} else {
				drawn[same] = true
			}
			name := kind
			if h > 0 {
				name = fmt.Sprintf("%s head %d", kind, h)
			}
			f, err := plots.Pattern(name, mask)
			if err != nil {
				return nil, err
			}
			if err := plots.Save(f, out, ""); err != nil {
				return nil, err
			}
			paths = append(paths, filepath.Join(out, f.Name))
		}
	}
	return paths, nil
}
