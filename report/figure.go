package report

import (
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"regexp"
	"strconv"
	"strings"

	"hgbench/plots"
	"hgbench/results"
)

// figure is a figure of plots on the page: its picture, and the texts around it.
type figure struct {
	ID                       string // of its element
	Title, Subtitle, Caption string
	Picture                  template.HTML // an svg element
	Values                   string        // JSON, see values
}

// shrink makes figures smaller than alone on a page, so that two fit beside
// each other with text of the page's own size.
const shrink = 0.8

// newFigure puts a figure on a page whose styles are in s and whose values link
// to runs, by the names of groups.
func newFigure(f plots.Figure, s *sheet, runs map[string][]string) (figure, error) {
	out := figure{ID: f.Name, Title: f.Title, Subtitle: f.Subtitle, Caption: f.Caption}
	f.Title, f.Subtitle, f.Caption = "", "", "" // they are text of the page
	f.Width, f.Height = f.Width*shrink, f.Height*shrink
	picture, err := f.SVG()
	if err != nil {
		return figure{}, err
	}
	values, err := f.Values()
	if err != nil {
		return figure{}, err
	}
	out.Values = pointers(values, runs)
	out.Picture = inline(picture, out.Title, s)
	return out, nil
}

var (
	svgStart = regexp.MustCompile(`(?s)^.*?<svg width="([0-9.]+)pt" height="([0-9.]+)pt"[^>]*>`)
	svgStyle = regexp.MustCompile(`\s+style="([^"]*)"`)
)

// inline makes of an SVG file an element of the page: without sizes of its own,
// and with classes for styles.
func inline(svg []byte, title string, s *sheet) template.HTML {
	text := string(svg)
	start := svgStart.FindStringSubmatch(text)
	text = svgStyle.ReplaceAllStringFunc(text[len(start[0]):], func(attribute string) string {
		var kept []string
		for d := range strings.SplitSeq(svgStyle.FindStringSubmatch(attribute)[1], ";") {
			switch key, value, _ := strings.Cut(d, ":"); {
			case d == "", key == "font-family", value == "normal": // as the page has it
			default:
				kept = append(kept, d)
			}
		}
		return ` class="` + s.class(strings.Join(kept, ";")) + `"`
	})
	// plots wrote this SVG and escaped its texts, and the title is escaped here.
	return template.HTML(fmt.Sprintf(`<svg class="plot" viewBox="0 0 %s %s" role="img" tabindex="0" aria-label="%s">`,
		start[1], start[2], template.HTMLEscapeString(title)) + strings.TrimSpace(text))
}

// values are what readers of a figure can point at.
type values struct {
	Names []string   `json:"names"`
	Runs  []string   `json:"runs"` // the first run of each name, "" where there is none
	Axes  [][]string `json:"axes"` // titles of x and y, without units
	At    [][]any    `json:"at"`   // left, top, index of name, index of axes, x, y
}

// apart is how many points values of one name must be apart to be told both.
const apart = 2.5

// pointers gives values as JSON. Of values of one name in one place the first
// stands for all.
func pointers(all []plots.Value, runs map[string][]string) string {
	var v values
	names, axes := map[string]int{}, map[string]int{}
	last := map[string]plots.Value{}
	for _, p := range all {
		if l, ok := last[p.Name]; ok && math.Hypot(l.Left-p.Left, l.Top-p.Top) < apart {
			continue
		}
		last[p.Name] = p
		name, ok := names[p.Name]
		if !ok {
			name = len(names)
			names[p.Name] = name
			first := ""
			if ids := runs[strings.TrimSuffix(p.Name, ", training")]; len(ids) > 0 {
				first = ids[0]
			}
			v.Names, v.Runs = append(v.Names, p.Name), append(v.Runs, first)
		}
		axis, ok := axes[p.XTitle+"\n"+p.YTitle]
		if !ok {
			axis = len(axes)
			axes[p.XTitle+"\n"+p.YTitle] = axis
			x, _ := splitUnit(p.XTitle)
			y, _ := splitUnit(p.YTitle)
			v.Axes = append(v.Axes, []string{x, y})
		}
		v.At = append(v.At, []any{tenth(p.Left), tenth(p.Top), name, axis, valueText(p.X, p.XTitle), valueText(p.Y, p.YTitle)})
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "" // a value that is no number has no place in a figure
	}
	return string(text)
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// splitUnit takes the unit in parentheses from an axis' title.
func splitUnit(title string) (name, unit string) {
	if name, rest, ok := strings.Cut(title, " ("); ok {
		return name, strings.TrimSuffix(rest, ")")
	}
	return title, ""
}

// valueText is a value on an axis of that title, as text.
func valueText(v float64, title string) string {
	switch _, unit := splitUnit(title); {
	case strings.HasPrefix(unit, "bits per "):
		return strconv.FormatFloat(v, 'f', 3, 64)
	case math.Abs(v) >= 1e4 || unit == "FLOP":
		return results.FormatSI(v, unit)
	default:
		return strings.TrimSpace(strconv.FormatFloat(v, 'g', 4, 64) + " " + unit)
	}
}
