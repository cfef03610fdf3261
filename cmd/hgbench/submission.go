package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"hgbench/bench"
	"hgbench/sweeps"
	"hgbench/sweeps/slurm"
)

// What is submitted to Slurm is kept in the results folder: slurm/1, slurm/2 and
// so on have the script, the points as they were then, and a log of each task;
// slurm/hgbench-HASH is the program that they run, so that a newer one in its
// old place does not change what half of the tasks do.

// submission is what the tasks of a job array do: task i runs point i, from 1.
type submission struct {
	sweeps.Roster
	Options     bench.Options `json:"options"`
	TensorBoard bool          `json:"tensorboard,omitempty"`
}

const (
	scriptFile = "job.sh"
	pointsFile = "points.json"
)

// slurmFolder of a results folder.
func slurmFolder(dir string) string { return filepath.Join(dir, "slurm") }

func readSubmission(path string) (s submission, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// nextSubmission is the folder that a submission would have.
func nextSubmission(dir string) (string, error) {
	entries, err := os.ReadDir(slurmFolder(dir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	last := 0
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil {
			last = max(last, n)
		}
	}
	return filepath.Join(slurmFolder(dir), strconv.Itoa(last+1)), nil
}

// queuedPoints are the tasks by which Slurm has points of a results folder
// queued or running, by the points' ids. Slurm itself remembers what was
// submitted: nothing is there to go stale.
func queuedPoints(ctx context.Context, dir string) (map[string]slurm.Task, error) {
	tasks, err := slurm.Queue(ctx)
	if err != nil {
		return nil, err
	}
	queued := make(map[string]slurm.Task)
	points := make(map[string][]sweeps.Entry) // by script
	for _, t := range tasks {
		if _, ok := points[t.Script]; !ok {
			if points[t.Script], err = pointsOfScript(dir, t.Script); err != nil {
				return nil, fmt.Errorf("points of Slurm's job %s: %w", t.ID, err)
			}
		}
		if own := points[t.Script]; t.Number > 0 && t.Number <= len(own) {
			queued[own[t.Number-1].ID] = t
		}
	}
	return queued, nil
}

// pointsOfScript are the points that a script was submitted for, and none if it
// is not of this results folder. The folder may have several paths.
func pointsOfScript(dir, script string) ([]sweeps.Entry, error) {
	own := filepath.Join(slurmFolder(dir), filepath.Base(filepath.Dir(script)))
	a, err := os.Stat(script)
	if err != nil {
		return nil, nil // another job's, which this user or machine does not see
	}
	if b, err := os.Stat(filepath.Join(own, scriptFile)); err != nil || !os.SameFile(a, b) {
		return nil, nil
	}
	s, err := readSubmission(filepath.Join(own, pointsFile))
	return s.Points, err
}

// keptProgram is the path for a copy of the running program in a results folder.
func keptProgram(dir string) (self, kept string, err error) {
	if self, err = os.Executable(); err != nil {
		return "", "", fmt.Errorf("program for Slurm: %w", err)
	}
	sum, err := bench.ProgramSHA256()
	if err != nil {
		return "", "", fmt.Errorf("program for Slurm: %w", err)
	}
	return self, filepath.Join(slurmFolder(dir), "hgbench-"+sum[:12]), nil
}

// keepProgram copies the running program to where keptProgram says, so that no
// task ever finds half of it.
func keepProgram(self, kept string) (err error) {
	if isFile(kept) {
		return nil
	}
	from, err := os.Open(self)
	if err != nil {
		return fmt.Errorf("program for Slurm: %w", err)
	}
	defer from.Close()
	to, err := os.CreateTemp(filepath.Dir(kept), ".hgbench-*")
	if err != nil {
		return fmt.Errorf("program for Slurm: %w", err)
	}
	_, err = io.Copy(to, from)
	err = errors.Join(err, to.Chmod(0o755), to.Sync(), to.Close())
	if err == nil {
		err = os.Rename(to.Name(), kept)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("program for Slurm: %w", err), os.Remove(to.Name()))
	}
	return nil
}
