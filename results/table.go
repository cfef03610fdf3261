package results

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// Table gives the records as a text table, best validation BPC first. Runs that
// differ only in their seed make one row of mean ± sd. Settings that vary
// between the rows have a column each, and the last one says how ids start, by
// which commands find runs. Runs that look ahead have a LeakMark; those
// that did not finish stand below, with their error.
func (rs Records) Table() string { return rs.TableWidth(0) }

// TableWidth is Table for a terminal of that many columns: what does not fit is
// left out, the least important column first, and named below. Width 0 is
// unlimited.
func (rs Records) TableWidth(width int) string {
	t := newTable(rs, column{head: "id", keep: 5, text: true, cell: idsOf})
	left := t.fit(width)
	var out bytes.Buffer
	t.render(&out, renderer.NewBlueprint(tw.Rendition{
		Symbols: tw.NewSymbols(tw.StyleRounded),
	}))
	if len(left) > 0 {
		fmt.Fprintf(&out, "left out at this width: %s\n", strings.Join(left, ", "))
	}
	for _, note := range t.notes {
		fmt.Fprintln(&out, note)
	}
	return out.String()
}

// Markdown is Table for a README, whose readers do not have the runs: no ids.
func (rs Records) Markdown() string {
	t := newTable(rs)
	var out bytes.Buffer
	t.render(&out, renderer.NewMarkdown())
	if len(t.notes) > 0 {
		fmt.Fprintln(&out)
	}
	for _, note := range t.notes {
		fmt.Fprintln(&out, "- "+note)
	}
	return out.String()
}

// HTML is Table for a notebook, which shows it in place of the records.
func (rs Records) HTML() string {
	t := newTable(rs)
	var out bytes.Buffer
	t.render(&out, renderer.NewHTML(renderer.HTMLConfig{EscapeContent: true}))
	for _, note := range t.notes {
		fmt.Fprintf(&out, "<p>%s</p>\n", html.EscapeString(note))
	}
	return out.String()
}

// String is Table, so that printing records shows something to read.
func (rs Records) String() string { return rs.Table() }

// column of a table. The keep of a column says how long it stays when the table
// must get narrower; those of 0 always do.
type column struct {
	head string
	keep int
	text bool // set left, as words are; figures are set right
	cell func(Group) string
}

type table struct {
	columns []column
	rows    [][]string
	notes   []string
}

// newTable is the table of records, with more columns behind the usual ones.
func newTable(rs Records, more ...column) *table {
	groups := rs.OverSeeds()
	slices.SortStableFunc(groups, func(a, b Group) int {
		switch {
		case a.Leaks() == b.Leaks():
			return compareNaNLast(a.Mean(ValidBPC.Value), b.Mean(ValidBPC.Value))
		case a.Leaks(): // below all results
			return 1
		}
		return -1
	})
	t := &table{columns: append(columns(rs.Finished(), groups), more...)}
	for _, g := range groups {
		var row []string
		for _, c := range t.columns {
			row = append(row, c.cell(g))
		}
		t.rows = append(t.rows, row)
	}
	if len(rs) == 0 {
		t.notes = append(t.notes, "no records")
	}
	if slices.ContainsFunc(groups, Group.Leaks) {
		t.notes = append(t.notes, leakNote)
	}
	labels := rs.Labels()
	for i, r := range rs {
		if r.Status != Done {
			t.notes = append(t.notes, fmt.Sprintf("%s: %s, seed %s: %s", r.Status, labels[i], r.Setting("seed"), oneLine(r.Error)))
		}
	}
	return t
}

func columns(runs Records, groups []Group) []column {
	unit := runs.Bits().Name
	several := slices.ContainsFunc(groups, func(g Group) bool { return len(g.Records) > 1 })
	first := func(text func(Record) string) func(Group) string {
		return func(g Group) string { return text(g.Records[0]) }
	}
	cs := []column{
		{head: "system", text: true, cell: first(Record.Variant)},
		{head: "hierarchy", text: true, cell: first(Record.Hierarchy)},
	}
	for _, key := range runs.Varying() {
		if key == "eval.every" { // follows from the steps
			continue
		}
		cs = append(cs, column{head: ShortKey(key), keep: 6, cell: func(g Group) string { return g.Records[0].Setting(key) }})
	}
	cs = append(cs,
		column{head: "parameters", keep: 4, cell: meanSI("", func(r Record) float64 { return known(float64(r.Parameters)) })},
		column{head: "FLOPs/token", keep: 7, cell: meanSI("", func(r Record) float64 { return known(r.FLOPs.NecessaryPerToken) })},
		column{head: "planned peak", keep: 5, cell: meanBytes(PeakMemory.Value)},
		column{head: "real peak", keep: 2, cell: meanBytes(func(r Record) float64 { return known(float64(r.Memory.MeasuredPeak)) })},
		column{head: "tokens/s", keep: 3, cell: meanSI("", func(r Record) float64 { return known(r.TokensPerSecond) })},
	)
	if several {
		return append(cs,
			column{head: "seeds", keep: 1, cell: func(g Group) string { return fmt.Sprint(len(g.Records)) }},
			column{head: "valid " + unit + " ± sd", cell: meanSD(ValidBPC.Value)},
			column{head: "test " + unit + " ± sd", keep: 9, cell: meanSD(TestBPC.Value)},
			column{head: "test se", keep: 8, cell: func(g Group) string { return bits(g.Mean(testStderr)) }},
		)
	}
	return append(cs,
		column{head: "valid " + unit, cell: func(g Group) string { return bits(g.Mean(ValidBPC.Value)) }},
		column{head: "test " + unit + " ± se", keep: 9, cell: func(g Group) string {
			return plusMinus(g.Mean(TestBPC.Value), g.Mean(testStderr))
		}},
	)
}

// idsOf is how the id of a group's first run starts, and how many more there are.
func idsOf(g Group) string {
	id := g.Records[0].ID
	id = id[:min(8, len(id))]
	if more := len(g.Records) - 1; more > 0 {
		id += fmt.Sprintf(" +%d", more)
	}
	return id
}

// testStderr is the sampling error of the test set, not the spread over seeds.
func testStderr(r Record) float64 { return known(r.TestStderr) }

func meanSI(unit string, value func(Record) float64) func(Group) string {
	return func(g Group) string { return FormatSI(g.Mean(value), unit) }
}

func meanBytes(value func(Record) float64) func(Group) string {
	return func(g Group) string {
		mean := g.Mean(value)
		if math.IsNaN(mean) {
			return "–"
		}
		return FormatBytes(int64(mean))
	}
}

func meanSD(value func(Record) float64) func(Group) string {
	return func(g Group) string { return plusMinus(g.Mean(value), g.SD(value)) }
}

func plusMinus(v, spread float64) string {
	if math.IsNaN(v) || math.IsNaN(spread) {
		return bits(v)
	}
	return bits(v) + " ± " + bits(spread)
}

func bits(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.3f", v)
}

// fit drops columns until the table is no wider than width, and names them.
func (t *table) fit(width int) (left []string) {
	for width > 0 && t.width() > width {
		least := -1
		for i, c := range t.columns {
			if c.keep > 0 && (least < 0 || c.keep < t.columns[least].keep) {
				least = i
			}
		}
		if least < 0 {
			break
		}
		left = append(left, t.columns[least].head)
		t.columns = slices.Delete(t.columns, least, least+1)
		for i := range t.rows {
			t.rows[i] = slices.Delete(t.rows[i], least, least+1)
		}
	}
	return left
}

// width in terminal columns of the table as drawn, borders and padding included.
func (t *table) width() int {
	total := 1
	for i, c := range t.columns {
		widest := twwidth.Width(c.head)
		for _, row := range t.rows {
			widest = max(widest, twwidth.Width(row[i]))
		}
		total += widest + 3
	}
	return total
}

func (t *table) render(out *bytes.Buffer, r tw.Renderer) {
	if len(t.rows) == 0 {
		return
	}
	var heads []string
	var align []tw.Align
	for _, c := range t.columns {
		heads = append(heads, c.head)
		if c.text {
			align = append(align, tw.AlignLeft)
		} else {
			align = append(align, tw.AlignRight)
		}
	}
	w := tablewriter.NewTable(out,
		tablewriter.WithRenderer(r),
		tablewriter.WithHeaderAutoFormat(tw.Off), // it would write FLOPS/TOKEN
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithAlignment(align),
	)
	w.Header(heads)
	// Writing to memory cannot fail, and every row has a cell a column.
	_ = w.Bulk(t.rows)
	_ = w.Render()
}
