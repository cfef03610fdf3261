package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
	"hgbench/sweeps"
)

// listed is a line of the list of sweeps.
type listed struct {
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Protocol    results.Protocol `json:"protocol,omitempty"`
	Points      int              `json:"points"`
	Seconds     float64          `json:"seconds"` // estimated on this machine; 0 when nothing is trained
}

// listSweeps shows the embedded sweeps, and the time each would take here.
func listSweeps(cmd *cobra.Command, o sweepOptions) error {
	var list []listed
	planner := bench.NewPlanner(o.Threads)
	defer planner.Close()
	for _, s := range sweeps.List() {
		points, err := sweeps.Expand(s, bench.NecessaryPerToken)
		if err != nil {
			return err
		}
		line := listed{Name: s.Name, Description: s.Description, Protocol: s.Protocol, Points: len(points)}
		if !s.PlanOnly {
			plans, err := planPoints(cmd, planner, points)
			if err != nil {
				return err
			}
			for _, p := range plans {
				line.Seconds += planSeconds(p)
			}
		}
		list = append(list, line)
	}
	if o.json {
		return writeJSON(cmd, list)
	}
	return printList(cmd.OutOrStdout(), list)
}

// printList prints a line for each sweep, which a terminal does not break.
func printList(out io.Writer, list []listed) error {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, l := range list {
		time := "trains nothing"
		if l.Seconds > 0 {
			time = formatDuration(seconds(l.Seconds))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", l.Name, time, count(l.Points), l.Description)
	}
	w.Flush() // to memory
	width := terminalWidth(out)
	for line := range strings.Lines(b.String()) {
		line = strings.TrimSuffix(line, "\n")
		if width > 0 {
			line = runewidth.Truncate(line, width, "…")
		}
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}

// count of points.
func count(n int) string {
	if n == 1 {
		return "1 point"
	}
	return fmt.Sprintf("%d points", n)
}
