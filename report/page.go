// Package report makes web pages of results: one file that needs nothing else,
// neither network nor server, with the summary, a table, the figures of plots
// and everything that is known of each run.
//
//  1. New makes a page of records. Page.HTML is the file.
//  2. report/live serves the same page while a sweep runs, which keeps itself
//     up to date.
//  3. report/running is how a sweep tells of the runs that are under way, and
//     report/tensorboard writes curves for another viewer.
//
// A page works without JavaScript; with it tables sort, and figures tell the
// values one points at. It allows itself, by a content security policy, nothing
// but the style and the script it carries.
package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the template
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"hgbench/plots"
	"hgbench/results"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string

	pageTemplate = template.Must(template.New("page").Parse(pageHTML))
)

// Options of a page.
type Options struct {
	// Source is where the records are from, as on a command line: "hgbench run
	// --id ID --out SOURCE" finds them there. Empty: where hgbench looks by itself.
	Source string

	// Version of a live page, which a server keeps up to date: its /events tell
	// of another version. Empty: a page that stays as it is.
	Version string
}

// Page is a web page.
type Page struct {
	HTML   []byte
	Policy string // its Content-Security-Policy, for a server's header
}

// view is what the template shows.
type view struct {
	Title, About string
	Policy       string
	CSS          template.CSS
	FigureCSS    template.CSS
	JS           template.JS
	Version      string
	Summary      []string
	Table        table
	Figures      []figure
	NoFigures    string // why there are none
	Published    *published
	Runs         []run
}

// New makes a page of records. Runs that failed or look ahead are on it too,
// told apart. What cannot be drawn is left out, and the page says why.
func New(records results.Records, o Options) (Page, error) {
	if o.Version == "" { // a file to keep or send; a live page stays where it is
		records, o.Source = withoutPaths(records), portable(o.Source)
	}
	records = append(records.Done().SortBy(results.ValidBPC.Value), records.NotDone()...) // the best first
	s := new(sheet)
	v := view{Title: title(records), About: about(records), Version: o.Version}
	v.Summary = results.Summarise(records, results.DetectProtocol(records)).Lines
	chips := newChips(records, s)
	v.Table = newTable(records, chips)
	figures, err := plots.Figures(records, plots.Options{})
	if err != nil {
		v.NoFigures = "There is nothing to draw yet."
		if len(records) > 0 {
			v.NoFigures = "No figures: " + firstLine(err.Error()) + "."
		}
	}
	ids := runsOf(records)
	for _, f := range figures {
		if strings.HasPrefix(f.Name, allCosts) { // its panels are figures of their own here
			continue
		}
		out, err := newFigure(f, s, ids)
		if err != nil {
			return Page{}, err
		}
		v.Figures = append(v.Figures, out)
	}
	if v.Published, err = newPublished(records, s); err != nil {
		return Page{}, err
	}
	if v.Runs, err = newRuns(records, chips, s, o); err != nil {
		return Page{}, err
	}
	v.CSS, v.FigureCSS, v.JS = template.CSS(pageCSS), template.CSS(s.String()), template.JS(pageJS)
	v.Policy = policy(o.Version != "", string(v.JS), string(v.CSS), string(v.FigureCSS))
	var out bytes.Buffer
	if err := pageTemplate.Execute(&out, v); err != nil {
		return Page{}, fmt.Errorf("report: %w", err)
	}
	return Page{HTML: out.Bytes(), Policy: v.Policy}, nil
}

// allCosts is the figure that shows several others at once.
const allCosts = "bpc-vs-cost"

// policy allows the page its own script and styles, by their hashes, and else
// nothing; a live page also its server's events.
func policy(live bool, script string, styles ...string) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	p := "default-src 'none'; script-src" + hash(script) + "; style-src"
	for _, style := range styles {
		p += hash(style)
	}
	if live {
		p += "; connect-src 'self'"
	}
	return p + "; base-uri 'none'; form-action 'none'"
}

// title names what the records are of: their sweeps.
func title(records results.Records) string {
	var sweeps []string
	for _, r := range records {
		if r.Sweep != "" && !slices.Contains(sweeps, r.Sweep) {
			sweeps = append(sweeps, r.Sweep)
		}
	}
	if len(sweeps) == 0 || len(sweeps) > 3 {
		return "Results"
	}
	return strings.Join(sweeps, ", ")
}

// about says in a line how many runs there are, on what, and of when.
func about(records results.Records) string {
	done := len(records.Done())
	parts := []string{count(done, "run") + " done"}
	if n := len(records) - done; n > 0 {
		parts = append(parts, fmt.Sprintf("%d not", n))
	}
	var data, machines []string
	var last time.Time
	for _, r := range records {
		add(&data, r.Data.Name)
		if r.Machine.CPU != "" {
			add(&machines, fmt.Sprintf("%s, %s", r.Machine.CPU, count(r.Machine.Threads, "thread")))
		}
		if r.Time.After(last) {
			last = r.Time
		}
	}
	parts = append(parts, data...)
	if len(machines) > 2 {
		machines = []string{count(len(machines), "machine")}
	}
	parts = append(parts, machines...)
	if !last.IsZero() {
		parts = append(parts, "last run "+timeText(last))
	}
	return strings.Join(parts, " · ")
}

func add(list *[]string, s string) {
	if s != "" && !slices.Contains(*list, s) {
		*list = append(*list, s)
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func timeText(t time.Time) string { return t.UTC().Format("2 January 2006 15:04 UTC") }

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// runsOf gives the ids of each group that figures name.
func runsOf(records results.Records) map[string][]string {
	ids := map[string][]string{}
	for _, g := range records.OverSeeds() {
		for _, r := range g.Records {
			ids[g.Key] = append(ids[g.Key], r.ID)
		}
	}
	return ids
}
