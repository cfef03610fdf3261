package plots

import (
	"fmt"
	"strings"

	"hgbench/results"
	"hgbench/results/published"
)

// overlay is what a paper says on an axis: always hollow, grey, and called
// published, since other people measured it with other code, data and machines.
type overlay struct {
	marks   []mark // x in the axis' unit
	keys    []key
	caption string
}

// publishedOn is the Hourglass paper's Table 1 on an axis of cost. It knows
// running memory; of FLOPs it says nothing, and its steps per second are of a
// machine that is nobody's here.
func publishedOn(cost results.Axis) overlay {
	if cost.Name != results.PeakMemory.Name {
		return overlay{}
	}
	table := published.HourglassTable1()
	arxiv, _, _ := strings.Cut(table.Origin, " ")
	o := overlay{
		keys: []key{
			{name: "published: Hourglass, arXiv " + arxiv, color: foreign, mark: true, shape: circle, hollow: true},
			{name: "published: transformer(relative), arXiv " + arxiv, color: foreign, mark: true, shape: square, hollow: true},
		},
		caption: fmt.Sprintf("Hollow grey: published, arXiv %s: %s. Other people, code and machine.", table.Origin, table.Caption),
	}
	for _, row := range table.Rows {
		s := square
		if strings.Contains(row.Hierarchy, ",") {
			s = circle
		}
		o.marks = append(o.marks, mark{x: row.MemoryGB * 1e9, y: row.BPC, look: look{foreign, s}, hollow: true, label: row.Hierarchy, name: "published: " + row.Hierarchy})
	}
	return o
}
