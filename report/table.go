package report

import (
	"fmt"
	"html/template"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"hgbench/plots"
	"hgbench/results"
)

// table is a sortable table of runs.
type table struct {
	Heads []head
	Rows  []row
}

// head of a column.
type head struct {
	Name string
	Help string // what it means, shown when one points at it
	Text bool   // its cells are words; else figures, set right
	Sort string // how rows are sorted by it at first: "ascending", or ""
}

// row is a run.
type row struct {
	ID     string
	Status string // "" when it is done
	Best   bool   // of validation BPC
	Chip   template.HTML
	Cells  []cell
}

// cell holds a text, and what to sort by where that is a number.
type cell struct {
	Text string
	Key  string // a number; empty: sort by text, or where there is no value last
	Name bool   // it names the run
}

// newTable shows every run, in the order of the records.
func newTable(records results.Records, chips chips) table {
	if len(records) == 0 {
		return table{}
	}
	text := func(name, help string, of func(results.Record) string) column {
		return column{head{Name: name, Help: help, Text: true}, func(r results.Record) cell { return cell{Text: of(r)} }}
	}
	number := func(name, help string, of func(results.Record) float64, format func(float64) string) column {
		return column{head{Name: name, Help: help}, func(r results.Record) cell { return numberCell(of(r), format) }}
	}
	si := func(v float64) string { return results.FormatSI(v, "") }
	unit := records.Bits()
	columns := []column{
		{head{Name: "system", Text: true}, func(r results.Record) cell { return cell{Text: r.Variant(), Name: true} }},
		{head{Name: "valid " + unit.Name, Help: unit.Unit + " on the validation split, by which runs are compared", Sort: "ascending"},
			func(r results.Record) cell { return numberCell(results.ValidBPC.Value(r), bits) }},
		{head{Name: "test " + unit.Name, Help: unit.Unit + " on the test split, with the standard error of a block bootstrap over windows"}, func(r results.Record) cell {
			c := numberCell(results.TestBPC.Value(r), bits)
			if c.Key != "" && r.TestStderr > 0 {
				c.Text += " ± " + bits(r.TestStderr)
			}
			return c
		}},
		text("hierarchy", "layers@total shortening", results.Record.Hierarchy),
	}
	for _, key := range varying(records) {
		words := !slices.ContainsFunc(records, func(r results.Record) bool { return !math.IsNaN(r.Number(key)) })
		columns = append(columns, column{head{Name: results.ShortKey(key), Help: key + " of the spec", Text: words}, func(r results.Record) cell {
			c := cell{Text: r.Setting(key)}
			if v := r.Number(key); !math.IsNaN(v) {
				c.Key = strconv.FormatFloat(v, 'g', -1, 64)
			}
			return c
		}})
	}
	columns = append(columns,
		number("parameters", "number of weights", func(r results.Record) float64 { return float64(r.Parameters) }, si),
		number("FLOPs", "necessary FLOPs of the whole training: attention over visible pairs only, no padding, no recomputation", results.NecessaryFLOPs.Value, si),
		number("time", "of training, without evaluation", results.Seconds.Value, seconds),
		number("memory", "planned peak of training", results.PeakMemory.Value, bytesText),
		number("tokens/s", "of training", func(r results.Record) float64 { return r.TokensPerSecond }, si),
		number("of peak", "necessary FLOPs a second as a share of the machine's measured peak", func(r results.Record) float64 { return r.ShareOfPeak }, percent),
	)
	var t table
	columns = slices.DeleteFunc(columns, func(c column) bool {
		return !c.head.Text && !slices.ContainsFunc(records, func(r results.Record) bool { return c.cell(r).Text != noValue })
	})
	for _, c := range columns {
		t.Heads = append(t.Heads, c.head)
	}
	for i, r := range records {
		out := row{ID: r.ID, Status: statusOf(r), Best: i == 0 && len(records.Done()) > 1 && !math.IsNaN(results.ValidBPC.Value(r)), Chip: chips.of(r)}
		for _, c := range columns {
			out.Cells = append(out.Cells, c.cell(r))
		}
		t.Rows = append(t.Rows, out)
	}
	return t
}

// statusOf says why a run's BPC is no result; "" when it is one.
func statusOf(r results.Record) string {
	switch {
	case r.Causality.Leak:
		return "looks ahead"
	case r.Status != results.Done:
		return r.Status
	}
	return ""
}

type column struct {
	head head
	cell func(results.Record) cell
}

// varying are the settings that have a column: those that tell runs apart.
func varying(records results.Records) []string {
	evaluated := slices.ContainsFunc(records, func(r results.Record) bool { return !math.IsNaN(results.ValidBPC.Value(r)) })
	var keys []string
	for _, key := range records.Varying() {
		if strings.HasPrefix(key, "eval.") && (!evaluated || key == "eval.every") { // which follows from the steps
			continue
		}
		keys = append(keys, key)
	}
	for _, r := range records {
		if r.Setting("seed") != records[0].Setting("seed") {
			return append(keys, "seed")
		}
	}
	return keys
}

// noValue stands for a figure that a run does not have.
const noValue = "–"

func numberCell(v float64, format func(float64) string) cell {
	if math.IsNaN(v) || math.IsInf(v, 0) || v == 0 {
		return cell{Text: noValue}
	}
	return cell{Text: format(v), Key: strconv.FormatFloat(v, 'g', -1, 64)}
}

func bits(v float64) string      { return strconv.FormatFloat(v, 'f', 3, 64) }
func percent(v float64) string   { return fmt.Sprintf("%.0f %%", 100*v) }
func bytesText(v float64) string { return results.FormatBytes(int64(v)) }

// seconds such as "3.5 s", "12 m 05 s", "3 h 20 m".
func seconds(v float64) string {
	switch s := int64(math.Round(v)); {
	case v < 59.95:
		return strconv.FormatFloat(v, 'f', 1, 64) + " s"
	case s < 3600:
		return fmt.Sprintf("%d m %02d s", s/60, s%60)
	default:
		return fmt.Sprintf("%d h %02d m", s/3600, s%3600/60)
	}
}

// chips are the small marks in the colours that figures give to systems.
type chips map[string]template.HTML

func newChips(records results.Records, s *sheet) chips {
	c := chips{}
	colors := plots.Colors(records.Done())
	for _, system := range slices.Sorted(maps.Keys(colors)) { // the same page each time
		c[system] = template.HTML(fmt.Sprintf(`<svg class="chip" viewBox="0 0 10 10" aria-hidden="true"><circle class="%s" cx="5" cy="5" r="5"/></svg>`,
			s.class("fill:"+formatColor(colors[system]))))
	}
	return c
}

// of gives a run's mark; one that no figure shows has none.
func (c chips) of(r results.Record) template.HTML { return c[r.Variant()] }
