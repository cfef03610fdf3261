package plots

import (
	"image/color"

	"hgbench/results"
)

// Colors gives the colour in which figures of these records draw each system,
// by its name (results.Record.Variant).
func Colors(records results.Records) map[string]color.NRGBA {
	colors := map[string]color.NRGBA{}
	for system, l := range looksFor(variantsOf(records)) {
		colors[system] = l.color
	}
	return colors
}
