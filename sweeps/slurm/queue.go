package slurm

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Task is one of a job array that Slurm has not done with.
type Task struct {
	ID     string `json:"id"` // JOB_NUMBER, as scancel and scontrol take it
	Number int    `json:"-"`  // in its array
	State  string `json:"state"`
	Where  string `json:"where"` // its node, or in parentheses why it has none yet

	Script string `json:"-"` // that was given to sbatch, as an absolute path
}

// Running says whether the task has a node, even if it is just leaving it.
func (t Task) Running() bool {
	switch t.State {
	case "RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "CONFIGURING", "SIGNALING", "STAGE_OUT", "RESIZING":
		return true
	}
	return false
}

// queueFormat has what Task has, the field that may contain anything last:
// array, number, state, node or reason, script.
const queueFormat = "%F|%K|%T|%R|%o"

// Queue lists the tasks of all job arrays that are in the queue or running,
// whoever submitted them.
func Queue(ctx context.Context) ([]Task, error) {
	text, err := call(ctx, "squeue", "--noheader", "--array", "--format="+queueFormat)
	if err != nil {
		return nil, err
	}
	return parseQueue(text)
}

// parseQueue reads what squeue prints. Jobs that are no arrays are left out.
func parseQueue(text string) (tasks []Task, err error) {
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimRight(line, "\n"), "|", 5)
		if len(fields) != 5 {
			return nil, fmt.Errorf("squeue: line %q; want 5 fields, as in %s", line, queueFormat)
		}
		number, err := strconv.Atoi(fields[1])
		if err != nil { // N/A
			continue
		}
		tasks = append(tasks, Task{
			ID: fields[0] + "_" + fields[1], Number: number,
			State: fields[2], Where: fields[3], Script: fields[4],
		})
	}
	return tasks, nil
}
