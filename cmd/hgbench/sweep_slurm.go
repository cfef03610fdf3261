package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
	"hgbench/sweeps"
	"hgbench/sweeps/slurm"
)

// slurmOptions are what the command line says about Slurm.
type slurmOptions struct {
	submit    bool
	partition string
	time      string
	sbatch    []string
	dryRun    bool
	atOnce    int // tasks; 0: no limit
}

func slurmFlags(cmd *cobra.Command, o *slurmOptions) {
	f := cmd.Flags()
	f.BoolVar(&o.submit, "slurm", false, "submit the missing points to Slurm as one job array, instead of running them here")
	f.StringVar(&o.partition, "partition", "", "with --slurm: partition, by default the cluster's")
	f.StringVar(&o.time, "time", "", "with --slurm: limit for each point, as sbatch has it (4:00:00); it then goes on in a new task")
	f.StringArrayVar(&o.sbatch, "sbatch", nil, "with --slurm: another `OPTION` for sbatch, as --sbatch=--account=NAME; may be repeated")
}

// check says whether flags go together, and takes over --jobs.
func (o *slurmOptions) check(cmd *cobra.Command, jobs int) error {
	if !o.submit {
		for _, flag := range []string{"partition", "time", "sbatch"} {
			if cmd.Flags().Changed(flag) {
				return misuse(cmd, "--%s is for Slurm; want --slurm beside it", flag)
			}
		}
		return nil
	}
	for _, option := range o.sbatch {
		if err := slurm.CheckOption(option); err != nil {
			return misuse(cmd, "--sbatch: %w", err)
		}
	}
	if cmd.Flags().Changed("jobs") {
		o.atOnce = jobs
	}
	return nil
}

// submitted is what was submitted, or would be, for programs.
type submitted struct {
	Job    string         `json:"job,omitempty"`    // its number at Slurm; none if nothing was submitted
	Folder string         `json:"folder,omitempty"` // of script, points and logs
	Script string         `json:"script,omitempty"`
	Points []sweeps.Entry `json:"points"`
}

// submitSweep submits what is missing of a sweep, and neither queued nor running,
// as a job array.
func submitSweep(cmd *cobra.Command, s *sweeps.Sweep, points []sweeps.Point, o sweepOptions) error {
	defer takeSignals(cmd)()
	dir, err := filepath.Abs(o.out)
	if err != nil {
		return fmt.Errorf("results folder %s: %w", o.out, err)
	}
	if !o.slurm.dryRun {
		claim, err := claimSubmission(o.out)
		if err != nil {
			return fmt.Errorf("submit sweep %s: %w", s.Name, err)
		}
		defer claim.Close()
	}
	queued, err := queuedPoints(cmd.Context(), dir)
	switch {
	case err != nil && !o.slurm.dryRun:
		return fmt.Errorf("submit sweep %s: %w", s.Name, err)
	case err != nil:
		fmt.Fprintf(cmd.ErrOrStderr(), "warning: points that are queued are not left out: %v\n", err)
	}
	o.Threads = max(1, o.Threads)
	// After the queue: a point that has left it meanwhile is recorded.
	states, _, err := prepareSweep(cmd, s, points, o)
	if err != nil {
		return err
	}
	roster := rosterOf(s, points, states)
	sub := submission{Roster: roster, Options: o.Options, TensorBoard: o.tensorboard}
	sub.Points = nil
	var chosen []pointState
	var done, queuing, elsewhere int
	for i, p := range roster.Points {
		_, waits := queued[p.ID]
		claimed, err := bench.IsClaimed(checkpointsFolder(o.out), p.ID)
		switch {
		case states[i].State == results.Done:
			done++
		case waits:
			queuing++
		case err != nil:
			return fmt.Errorf("point %q: %w", p.Name, err)
		case claimed:
			elsewhere++
		default:
			sub.Points, chosen = append(sub.Points, p), append(chosen, states[i])
		}
	}
	ahead := fmt.Sprintf("sweep %s: %s, %d done, %d queued or running at Slurm, %d running elsewhere", s.Name, count(len(points)), done, queuing, elsewhere)
	out := submitted{Points: []sweeps.Entry{}}
	if len(sub.Points) > 0 {
		if out, err = submitPoints(cmd, s, sub, dir, o); err != nil {
			return err
		}
		if !o.slurm.dryRun {
			if err := sweeps.WriteJSON(filepath.Join(o.out, sweeps.RosterFile), roster); err != nil {
				return fmt.Errorf("job %s is submitted, but not the list of points written: %w", out.Job, err)
			}
		}
	}
	switch {
	case o.json:
		return writeJSON(cmd, out)
	case len(sub.Points) == 0:
		fmt.Fprintf(cmd.OutOrStdout(), "%s; nothing to submit\n", ahead)
	case o.slurm.dryRun:
		fmt.Fprint(cmd.OutOrStdout(), out.Script)
	default:
		fmt.Fprintf(cmd.OutOrStdout(), "%s, %d submitted%s as job %s (%s)\n\"hgbench status %s\" shows how far they are, \"scancel %s\" stops them, and the same command submits what is missing then\n",
			ahead, len(sub.Points), triedAgain(chosen), out.Job, filepath.Join(out.Folder, scriptFile), o.out, out.Job)
	}
	return nil
}

// claimSubmission makes ready a results folder for a submission, and keeps
// others from submitting the same points until the Closer is closed.
func claimSubmission(dir string) (io.Closer, error) {
	if err := slurm.Present(); err != nil {
		return nil, err
	}
	if _, _, err := openResults(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(slurmFolder(dir), 0o755); err != nil {
		return nil, err
	}
	return results.Claim(filepath.Join(slurmFolder(dir), "lock"))
}

// submitPoints submits a job array, or only writes its script when dry. What
// sbatch refuses leaves nothing behind.
func submitPoints(cmd *cobra.Command, s *sweeps.Sweep, sub submission, dir string, o sweepOptions) (out submitted, err error) {
	folder, err := nextSubmission(dir)
	if err != nil {
		return out, err
	}
	self, program, err := keptProgram(dir)
	if err != nil {
		return out, err
	}
	array, err := arrayOf(s, sub, folder, program, dir, o)
	if err != nil {
		return out, err
	}
	script, err := array.Script()
	if err != nil {
		return out, err
	}
	out = submitted{Folder: folder, Script: script, Points: sub.Points}
	if o.slurm.dryRun {
		return out, nil
	}
	if err := keepProgram(self, program); err != nil {
		return out, err
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return out, fmt.Errorf("folder for Slurm: %w", err)
	}
	path := filepath.Join(folder, scriptFile)
	err = errors.Join(sweeps.WriteJSON(filepath.Join(folder, pointsFile), sub), os.WriteFile(path, []byte(script), 0o755))
	if err == nil {
		out.Job, err = slurm.Submit(cmd.Context(), path)
	}
	if err != nil {
		return out, errors.Join(fmt.Errorf("submit sweep %s: %w", s.Name, err), os.RemoveAll(folder))
	}
	return out, nil
}

// A process takes more than what is planned: its program, tables of the
// executor, the pages of the corpus.
const (
	besideBytes = 512 << 20
	besideShare = 0.1
)

// arrayOf is the job array of a submission.
func arrayOf(s *sweeps.Sweep, sub submission, folder, program, dir string, o sweepOptions) (slurm.Array, error) {
	work, err := os.Getwd() // corpora may be named from here
	if err != nil {
		return slurm.Array{}, fmt.Errorf("folder to run in: %w", err)
	}
	a := slurm.Array{
		Name: "hgbench-" + s.Name, Tasks: len(sub.Points), AtOnce: o.slurm.atOnce, CPUs: o.Threads,
		Partition: o.slurm.partition, Time: o.slurm.time, Options: o.slurm.sbatch,
		Dir: work, Log: filepath.Join(folder, "%a.log"),
		Command: []string{program, "task", "--out", dir, filepath.Join(folder, pointsFile)},
		About: []string{
			fmt.Sprintf("Points of the sweep %s, one a task; %s has them as they were when this was", s.Name, pointsFile),
			"submitted. Written by \"hgbench sweep --slurm\", which submits what is missing anew.",
			"",
		},
	}
	for i, p := range sub.Points {
		a.About = append(a.About, fmt.Sprintf("%4d  %s  %s", i+1, p.ID, p.Name))
		a.Bytes = max(a.Bytes, int64((1+besideShare)*float64(p.Bytes))+besideBytes)
	}
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "HGBENCH_") {
			a.Environment = append(a.Environment, variable)
		}
	}
	slices.Sort(a.Environment)
	return a, nil
}
