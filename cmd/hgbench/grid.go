package main

import (
	"io"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// writeGrid draws a table. columns has a letter for each: l for words, r for
// figures.
func writeGrid(out io.Writer, columns string, heads []string, rows [][]string) error {
	align := make([]tw.Align, len(heads))
	for i := range align {
		align[i] = tw.AlignLeft
		if columns[i] == 'r' {
			align[i] = tw.AlignRight
		}
	}
	w := tablewriter.NewTable(out,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{Symbols: tw.NewSymbols(tw.StyleRounded)})),
		tablewriter.WithHeaderAutoFormat(tw.Off), // it would write FLOPS/TOKEN
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithAlignment(align),
	)
	w.Header(heads)
	if err := w.Bulk(rows); err != nil {
		return err
	}
	return w.Render()
}
