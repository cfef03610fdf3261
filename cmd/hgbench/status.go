package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
	"hgbench/sweeps"
)

func newStatus() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status [RESULTS]",
		Short: "Show how far a sweep is, here or on a cluster",
		Long: `Shows each point of the sweep that was started last in a folder of results: done,
running, failed, queued by Slurm, or waiting for "hgbench sweep", with how far it is
and the time that it still takes. RESULTS is a sweep, a folder, or the name of one in
./` + resultsRoot + `; without it, the folder there that was written last.

Of single runs it shows those that are recorded, and those that were stopped or are
running, which the command that started them goes on with.

Times left are those that running points tell. What has not begun is estimated, and
corrected by how long the points took that are done.`,
		Example:           "hgbench status\nhgbench status quick\nhgbench status quick --json",
		Args:              positional(atMost(1)),
		ValidArgsFunction: completeResults,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := startedFolder(cmd, args)
			if err != nil {
				return err
			}
			status, err := readStatus(cmd, dir, time.Now())
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd, status)
			}
			return printStatus(cmd, status)
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// startedFolder is the folder of results that an argument names, or the one in
// which something was written last.
func startedFolder(cmd *cobra.Command, args []string) (string, error) {
	if len(args) == 0 {
		folders := foldersWith(resultsRoot, results.FileName, sweeps.RosterFile, filepath.Base(checkpointsFolder("")))
		if len(folders) == 0 {
			return "", fmt.Errorf("nothing was started in ./%s: run \"hgbench sweep\", or name a folder of results", resultsRoot)
		}
		fmt.Fprintln(cmd.ErrOrStderr(), "results in "+folders[0])
		return folders[0], nil
	}
	name := args[0]
	if ext := filepath.Ext(name); isFile(name) && (ext == ".yaml" || ext == ".yml") {
		s, err := awaited(cmd.Context(), func() (*sweeps.Sweep, error) { return sweeps.Load(name) })
		if err != nil {
			return "", err
		}
		name = filepath.Join(resultsRoot, filepath.FromSlash(s.Name))
	}
	dir := resultsFolder(resultsPath(name, resultsRoot))
	if !isFile(filepath.Join(dir, results.FileName)) && !isFile(filepath.Join(dir, sweeps.RosterFile)) && !isDir(checkpointsFolder(dir)) {
		return "", fmt.Errorf("nothing of %s was started: want a folder of results, or the name of one in ./%s", args[0], resultsRoot)
	}
	return dir, nil
}

// printStatus shows a line for each point, and what they come to.
func printStatus(cmd *cobra.Command, s sweepStatus) error {
	var rows [][]string
	for _, p := range s.Points {
		left := ""
		if p.SecondsLeft > 0 {
			left = formatDuration(seconds(p.SecondsLeft))
		}
		rows = append(rows, []string{fmt.Sprint(p.Number), p.Name, p.ID, p.State, p.detail(), left})
	}
	if err := writeGrid(cmd.OutOrStdout(), "rllllr", []string{"", "point", "id", "", "", "left"}, rows); err != nil {
		return err
	}
	line := fmt.Sprintf("%d of %s done", s.Counts[isDone], count(len(s.Points)))
	for _, state := range []string{isRunning, isQueued, isFailed, isWaiting} {
		if n := s.Counts[state]; n > 0 {
			line += fmt.Sprintf(", %d %s", n, state)
		}
	}
	if s.SecondsLeft > 0 {
		line += ", about " + formatDuration(seconds(s.SecondsLeft)) + " left"
	}
	if s.Sweep != "" {
		line = s.Sweep + ": " + line
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s; results in %s\n", line, s.Folder)
	return nil
}

// maxDetail bounds what is said of a point, in columns.
const maxDetail = 60

// detail says more of a point's state.
func (p pointStatus) detail() string {
	var parts []string
	switch {
	case p.State == isDone:
		parts = append(parts, outcome(*p.record))
	case p.State == isFailed:
		parts = append(parts, strings.Join(strings.Fields(p.Error), " "))
	case p.State == isRunning && p.Phase != "":
		parts = append(parts, runState(bench.Progress{Phase: bench.Phase(p.Phase), Done: p.Done, Total: p.Total, TrainBPC: p.TrainBPC, ValidBPC: p.ValidBPC}, 0))
	case p.Done > 0 && p.State == isRunning:
		parts = append(parts, fmt.Sprintf("checkpoint of step %d", p.Done))
	case p.Done > 0 && p.Total == 0:
		parts = append(parts, fmt.Sprintf("stopped after step %d", p.Done))
	case p.Done > 0:
		parts = append(parts, fmt.Sprintf("stopped after step %d of %d", p.Done, p.Total))
	}
	if p.Silent > 0 && p.State == isRunning {
		parts = append(parts, "not heard of for "+formatDuration(seconds(p.Silent)))
	}
	if p.Task != nil && p.Task.Where != "" {
		parts = append(parts, p.Task.Where)
	}
	return runewidth.Truncate(strings.Join(parts, ", "), maxDetail, "…")
}
