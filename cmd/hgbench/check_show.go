package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/pkg/cpu"
	"hgbench/results"
)

// checkedRuns is what "hgbench check --json" writes.
type checkedRuns struct {
	Baseline    string           `json:"baseline"`
	ISA         string           `json:"isa"`
	Versions    results.Versions `json:"versions"`
	Regressions int              `json:"regressions"` // runs, not figures
	Runs        []bench.Checked  `json:"runs"`
}

// showChecked shows a row for each figure that changed, and for each run its
// test BPC in any case.
func showChecked(cmd *cobra.Command, o checkOptions, checked []bench.Checked) error {
	regressed, same := 0, 0
	var rows [][]string
	for _, c := range checked {
		if c.Regressed() {
			regressed++
		}
		if c.Exact && c.Error == "" && c.Figures[0].Verdict == bench.Same {
			same++
		}
		rows = append(rows, checkedRows(c)...)
	}
	if o.json {
		return writeJSON(cmd, checkedRuns{o.baseline, cpu.Current().String(), bench.CurrentVersions(), regressed, checked})
	}
	if len(checked) == 0 {
		return nil
	}
	out := cmd.OutOrStdout()
	if err := writeGrid(out, "llrrrrl", []string{"run", "", "recorded", "now", "change", "allowed", ""}, rows); err != nil {
		return err
	}
	runs := "runs"
	if len(checked) == 1 {
		runs = "run"
	}
	fmt.Fprintf(out, "%d %s: %d the same to the bit, %d regressed\n", len(checked), runs, same, regressed)
	return nil
}

func checkedRows(c bench.Checked) [][]string {
	if c.Error != "" {
		return [][]string{{c.Label, "failed", "", "", "", "", "REGRESSION: " + c.Error}}
	}
	var rows [][]string
	for _, f := range c.Figures {
		switch {
		case f.Name == "bits" && f.Verdict == bench.Same:
		case f.Name == results.TestBPC.Name || f.Verdict != bench.Same && !(f.Verdict == bench.Within && f.Unit != "bits"):
			rows = append(rows, figureRow(f))
		}
	}
	rows[0][0] = c.Label
	if c.Exact && c.Figures[0].Verdict == bench.Same { // then the first row is that of the test BPC
		rows[0][5], rows[0][6] = "none", "same bits"
	}
	return rows
}

func figureRow(f bench.Figure) []string {
	was, now := figureTexts(f)
	row := []string{"", f.Name, was, now, "", "none", string(f.Verdict)}
	difference := f.Now - f.Recorded
	switch {
	case difference == 0:
	case f.Unit == "bits":
		row[4] = fmt.Sprintf("%+.4f", difference)
		if math.Abs(difference) < 5e-5 {
			row[4] = fmt.Sprintf("%+.0e", difference)
		}
	case f.Recorded != 0 && math.Abs(difference/f.Recorded) < 5e-4:
		row[4] = fmt.Sprintf("%+.0e", difference/f.Recorded)
	case f.Recorded != 0:
		row[4] = fmt.Sprintf("%+.1f %%", 100*difference/f.Recorded)
	}
	switch {
	case f.Allowed > 0 && f.Unit == "bits":
		row[5] = fmt.Sprintf("± %.4f", f.Allowed)
	case f.Allowed > 0:
		row[5] = fmt.Sprintf("± %.0f %%", 100*f.Allowed/f.Recorded)
	}
	switch f.Verdict {
	case bench.Regression:
		row[6] = "REGRESSION"
		if f.Name == "bits" {
			row[6] += ": " + f.Note
		}
	case bench.Unjudged, bench.Slower:
		if f.Verdict == bench.Unjudged {
			row[5] = ""
		}
		if f.Note != "" {
			row[6] += ": " + f.Note
		}
	}
	return row
}

// figureTexts are what was recorded and what is now, with as many digits as it
// takes to tell them apart.
func figureTexts(f bench.Figure) (was, now string) {
	was, now = figureText(f, f.Recorded), figureText(f, f.Now)
	close := math.Abs(f.Now-f.Recorded) < 5e-4*math.Abs(f.Recorded)
	if f.Recorded == f.Now || was != now && (f.Unit == "bits" || !close) {
		return was, now
	}
	was, now = strconv.FormatFloat(f.Recorded, 'f', -1, 64), strconv.FormatFloat(f.Now, 'f', -1, 64)
	if f.Unit == "B" {
		return was + " B", now + " B"
	}
	return was, now
}

// figureText is a value of a figure, in its unit.
func figureText(f bench.Figure, v float64) string {
	switch f.Unit {
	case "bits":
		return fmt.Sprintf("%.4f", v)
	case "B":
		return results.FormatBytes(int64(v))
	case "FLOP":
		return results.FormatSI(v, "")
	}
	if f.Name == "parameters" {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.1f %%", 100*v)
}

// whatRegressed lists the figures of a run that did, in a line.
func whatRegressed(c bench.Checked) string {
	if c.Error != "" {
		return "failed: " + c.Error
	}
	var parts []string
	for _, f := range c.Figures {
		if f.Verdict == bench.Regression {
			was, now := figureTexts(f)
			part := fmt.Sprintf("%s %s, was %s", f.Name, now, was)
			if f.Name == "bits" {
				part = "other bits: " + f.Note
				if was != now {
					part += fmt.Sprintf(": %s, was %s", now, was)
				}
			}
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ")
}
