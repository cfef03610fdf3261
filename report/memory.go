package report

import (
	"fmt"
	"html/template"
	"strings"

	"hgbench/results"
)

// memory of a run by kind.
type memory struct {
	Bar   template.HTML // an svg element; empty when nothing was planned
	Kinds []kind
	Real  []fact
}

// kind of memory.
type kind struct {
	Name, Bytes, Share string
	Chip               template.HTML
}

// kindColors tell kinds of memory apart, with and without colour vision, in the
// order in which they stand beside each other (Okabe and Ito 2008, darkened).
var kindColors = []string{"#00486b", "#3a8fbf", "#b8860b", "#a04a00", "#8c8c8c"}

func newMemory(m results.Memory, s *sheet) memory {
	p := m.Planned
	var out memory
	if p.Total > 0 {
		var bar strings.Builder
		left := 0.0
		for i, k := range []struct {
			name  string
			bytes int64
		}{
			{"weights", p.Weights}, {"gradients", p.Gradients}, {"optimiser", p.Optimizer},
			{"activations", p.Activations}, {"workspace", p.Workspace},
		} {
			width := 1000 * float64(k.bytes) / float64(p.Total)
			class := s.class("fill:" + kindColors[i])
			fmt.Fprintf(&bar, `<rect class="%s" x="%.1f" width="%.1f" height="14"/>`, class, left, width)
			left += width
			out.Kinds = append(out.Kinds, kind{
				Name: k.name, Bytes: results.FormatBytes(k.bytes), Share: percent(float64(k.bytes) / float64(p.Total)),
				Chip: template.HTML(`<svg class="chip" viewBox="0 0 10 10" aria-hidden="true"><rect class="` + class + `" width="10" height="10"/></svg>`),
			})
		}
		out.Bar = template.HTML(`<svg class="bar" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">` + bar.String() + `</svg>`)
		out.Kinds = append(out.Kinds, kind{Name: "planned peak", Bytes: results.FormatBytes(p.Total)})
	}
	if m.MeasuredPeak > 0 {
		out.Real = facts(
			fact{"measured peak of the process", results.FormatBytes(m.MeasuredPeak)},
			fact{"of it idle, before training", results.FormatBytes(m.Idle)},
		)
	}
	return out
}
