package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
)

// progress shows how far one piece of work after the other has come.
type progress interface {
	begin(title string)                   // a piece of work starts
	show(done, total int64, state string) // often; total is 0 while unknown
	note(line string)                     // something that stays to be read
	end()
}

// newProgress draws a bar if stderr is a terminal, and otherwise writes a line
// every few seconds.
func newProgress(cmd *cobra.Command) progress {
	var p progress
	if stderr := cmd.ErrOrStderr(); isTerminal(stderr) {
		p = newBars(stderr)
	} else {
		p = &lines{out: stderr}
	}
	stop := context.AfterFunc(cmd.Context(), func() { p.note(stoppingNote(attended(cmd))) })
	return interruptible{p, stop}
}

// stoppingNote acknowledges a signal. In a batch job nobody can type.
func stoppingNote(attended bool) string {
	note := "stopping after this step"
	if attended {
		note += "; Ctrl-C once more stops at once"
	}
	return note
}

// attended says whether there is a terminal to type at, though its output may
// go elsewhere.
func attended(cmd *cobra.Command) bool {
	return isTerminal(cmd.ErrOrStderr()) || cmd.InOrStdin() == os.Stdin && isTerminal(os.Stdin)
}

// interruptible is progress that acknowledges a signal until it ends.
type interruptible struct {
	progress
	stop func() bool
}

func (i interruptible) end() {
	i.stop()
	i.progress.end()
}

// watch shows the progress of a run.
func watch(p progress) func(bench.Progress) {
	return func(now bench.Progress) { p.show(int64(now.Done), int64(now.Total), runState(now, 0)) }
}

// runState such as "train 1200/2590, 1m05s of 6m10s left, 2.81 BPC, 14.2 ktok/s".
// A narrow terminal cuts off its end, so what matters most comes first. all is
// the time left for all of what the run is part of; 0 when unknown.
func runState(p bench.Progress, all time.Duration) string {
	parts := []string{string(p.Phase)}
	if p.Total > 0 {
		parts[0] += fmt.Sprintf(" %d/%d", p.Done, p.Total)
	}
	switch {
	case p.Remaining > 0 && all > 0:
		parts = append(parts, formatDuration(p.Remaining)+" of "+formatDuration(all)+" left")
	case p.Remaining > 0:
		parts = append(parts, formatDuration(p.Remaining)+" left")
	}
	if p.TrainBPC > 0 {
		parts = append(parts, fmt.Sprintf("%.2f %s", p.TrainBPC, cmp.Or(p.Unit, "BPC")))
	}
	if p.TokensPerSecond > 0 {
		parts = append(parts, results.FormatSI(p.TokensPerSecond, "tok/s"))
	}
	if p.ValidBPC > 0 {
		parts = append(parts, fmt.Sprintf("validation %.3f", p.ValidBPC))
	}
	return strings.Join(parts, ", ")
}

// formatDuration such as "42s", "3m05s", "2h10m", "12d".
func formatDuration(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%.0fd", d.Hours()/24)
}

// seconds is a number of seconds as a duration, which ends at 292 years.
func seconds(s float64) time.Duration {
	const longest = float64(1<<63-1) / float64(time.Second)
	return time.Duration(min(s, longest*0.99) * float64(time.Second))
}
