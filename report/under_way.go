package report

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hgbench/plots"
	"hgbench/report/running"
	"hgbench/results"
)

// Fragment is a part of a page, with the styles of what it draws.
type Fragment struct {
	HTML string `json:"html"`
	CSS  string `json:"css"`
}

// underWay is what the page shows of a run under way.
type underWay struct {
	ID, Title, State string
	Stale            bool
	Done, Total      int
	Curve            *figure
}

// UnderWay is the part of a live page that shows the runs under way at a time.
func UnderWay(runs []running.Run, now time.Time) (Fragment, error) {
	s := new(sheet)
	var shown []underWay
	for _, r := range runs {
		u := underWay{ID: r.ID, Title: r.Label, Stale: r.Stale(now), Done: r.Done, Total: r.Total, State: stateOf(r, now)}
		if r.Points > 1 {
			u.Title = fmt.Sprintf("[%d/%d] %s", r.Index, r.Points, u.Title)
		}
		curve, err := curveOf(r, s)
		if err != nil {
			return Fragment{}, err
		}
		u.Curve = curve
		shown = append(shown, u)
	}
	var out bytes.Buffer
	if err := pageTemplate.ExecuteTemplate(&out, "running", shown); err != nil {
		return Fragment{}, fmt.Errorf("runs under way: %w", err)
	}
	return Fragment{HTML: strings.TrimSpace(out.String()), CSS: s.String()}, nil
}

// curveOf draws a run's curve so far, as if the run had ended here.
func curveOf(r running.Run, s *sheet) (*figure, error) {
	if len(r.Curve) < 2 {
		return nil, nil
	}
	f, err := plots.Curves([]results.Record{{ID: r.ID, Status: results.Done, Spec: r.Spec, Curve: r.Curve}}, "tokens", plots.Options{})
	if err != nil {
		return nil, nil // there is nothing to draw
	}
	f.Name, f.Title, f.Subtitle, f.Caption = "running-"+r.ID, "Training curve so far", "", ""
	f.Width, f.Height = 10.5, 4.2
	out, err := newFigure(f, s, nil)
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// stateOf says in a line what a run does.
func stateOf(r running.Run, now time.Time) string {
	phase := r.Phase
	if phase == "" {
		phase = "starting"
	}
	if r.Total > 0 {
		phase += fmt.Sprintf(" %d/%d", r.Done, r.Total)
	}
	if r.Stale(now) {
		return "not heard of since " + timeText(r.Updated) + ", then: " + phase
	}
	parts := []string{phase}
	if r.RemainingSeconds > 0 {
		parts = append(parts, seconds(r.RemainingSeconds)+" left")
	}
	if r.SweepSeconds > r.RemainingSeconds {
		parts = append(parts, seconds(r.SweepSeconds)+" for the sweep")
	}
	unit := results.Records{{Spec: r.Spec}}.Bits().Name
	if r.TrainBPC > 0 {
		parts = append(parts, "training "+strconv.FormatFloat(r.TrainBPC, 'f', 2, 64)+" "+unit)
	}
	if r.ValidBPC > 0 {
		parts = append(parts, "validation "+bits(r.ValidBPC)+" "+unit)
	}
	if r.TokensPerSecond > 0 {
		parts = append(parts, results.FormatSI(r.TokensPerSecond, "tokens/s"))
	}
	return strings.Join(parts, " · ")
}
