package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"hgbench/pkg/nn"
	"hgbench/pkg/verify"
	"hgbench/plots"
)

// drawnPatterns are kinds in proportions that a picture can show, of 96 positions
// and two heads.
var drawnPatterns = []string{
	"full", "relative", "window(12)", "window(8, dilation: 3, dilated: 1)", "local(12)",
	"strided(12)", "strided(12, heads: merged)", "fixed(12, 3)", "fixed(12, 3, heads: split)",
	"bigbird(6, random: 2)", "lsh(8, hashes: 2, chunk: 6)", "routing(4, 16)", "favor(32)", "relu",
}

func newPlotPatterns() *cobra.Command {
	var (
		out  string
		size patternSize
	)
	cmd := &cobra.Command{
		Use:   "patterns [KIND...]",
		Short: "Draw which query sees which key",
		Long: `Draws the pattern of attention kinds, a picture for each layer and head that
differs, as PNG and SVG, and prints where they are. Of kinds whose pattern depends on
the data (lsh, routing) it shows what a layer chooses for vectors of a few topics that
take turns; favor and relu see all before, through features. Without KIND, one of
each.`,
		Example: "hgbench plot patterns\nhgbench plot patterns \"window(16, dilation: 2)\" --length 64\n" +
			"hgbench plot patterns \"lsh(8, chunk: 8, every: 4)\" \"window(4..32)\" --layers 4",
		Args: positional(cobra.ArbitraryArgs),
		RunE: func(cmd *cobra.Command, kinds []string) error {
			if len(kinds) == 0 {
				kinds = drawnPatterns
			}
			if err := size.check(); err != nil {
				return &usageError{cmd.CommandPath(), err}
			}
			paths, err := savePatterns(kinds, size, out)
			if err != nil {
				return err
			}
			printFigures(cmd, paths)
			return nil
		},
	}
	outFlag(cmd, &out, "`folder` for the figures (default: ./figures)")
	cmd.Flags().IntVar(&size.length, "length", 96, "positions of the sequence")
	cmd.Flags().IntVar(&size.heads, "heads", 2, "attention heads")
	cmd.Flags().IntVar(&size.layers, "layers", 1, "layers, for kinds that differ from layer to layer")
	return cmd
}

// patternSize is that of what patterns are drawn of.
type patternSize struct{ length, heads, layers int }

func (s patternSize) check() error {
	const most = 2048 // a matrix of so many is drawn cell by cell
	for _, flag := range []struct {
		name        string
		value, most int
	}{{"length", s.length, most}, {"heads", s.heads, most}, {"layers", s.layers, most}} {
		if flag.value < 1 || flag.value > flag.most {
			return fmt.Errorf("--%s %d: want 1 to %d", flag.name, flag.value, flag.most)
		}
	}
	return nil
}

func savePatterns(kinds []string, size patternSize, out string) (paths []string, err error) {
	if out == "" {
		out = "figures"
	}
	for _, kind := range kinds {
		figures, err := patternFigures(kind, size)
		if err != nil {
			return nil, err
		}
		for _, f := range figures {
			if err := plots.Save(f, out, ""); err != nil {
				return nil, err
			}
			paths = append(paths, filepath.Join(out, f.Name))
		}
	}
	return paths, nil
}

// patternFigures are those of a kind, one for each layer and head that differs from
// those before.
func patternFigures(kind string, size patternSize) (figures []plots.Figure, err error) {
	drawn := map[string]bool{}
	for layer := range size.layers {
		masks, note, err := masksOf(kind, size, nn.Place{Total: 1, Layer: layer, Layers: size.layers})
		if err != nil {
			return nil, err
		}
		for h, mask := range masks {
			if same := fmt.Sprint(mask); drawn[same] {
				continue
			} else {
				drawn[same] = true
			}
			name := kind
			if layer > 0 {
				name += fmt.Sprintf(" layer %d", layer)
			}
			if h > 0 {
				name += fmt.Sprintf(" head %d", h)
			}
			f, err := plots.Pattern(name, mask)
			if err != nil {
				return nil, err
			}
			f.Subtitle += note
			figures = append(figures, f)
		}
	}
	return figures, nil
}

// masksOf the heads of a layer, and what to add to a picture of them.
func masksOf(kind string, size patternSize, at nn.Place) (masks [][][]bool, note string, err error) {
	if err := nn.CheckAttention(kind, nn.NoPositions, size.heads, size.layers, size.length); err != nil {
		return nil, "", err
	}
	a, err := nn.ParseAttention(kind)
	if err != nil {
		return nil, "", err
	}
	pattern, known := a.Pattern(size.heads, at, size.length)
	switch {
	case !known:
		note = fmt.Sprintf("; vectors of %d topics that take turns", verify.Topics)
		if masks, err = verify.Visible(kind, size.heads, size.length, at); err != nil {
			return nil, "", err
		}
	case a.Linear:
		note = "; not as pairs, but through features"
	}
	if a.Leaks {
		note += "; what is chosen depends on later positions"
	}
	for h := range size.heads {
		if known {
			masks = append(masks, pattern.Mask(h))
		}
	}
	return masks, note, nil
}
