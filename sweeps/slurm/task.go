package slurm

import (
	"context"
	"os"
	"strconv"
	"strings"
)

// Own is the task that this process is, as Slurm's variables tell it.
type Own struct {
	ID       string // JOB_NUMBER
	CPUs     int    // that it may use
	Restarts int    // how often it went back to the queue
}

// Self is the task that this process is; ok is false outside of a job array.
func Self() (self Own, ok bool) {
	job, number := os.Getenv("SLURM_ARRAY_JOB_ID"), os.Getenv("SLURM_ARRAY_TASK_ID")
	if job == "" || number == "" {
		return Own{}, false
	}
	self.ID = job + "_" + number // the plain number of a task may be that of its array, too
	for _, key := range []string{"SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"} {
		if n, err := strconv.Atoi(os.Getenv(key)); err == nil && self.CPUs == 0 {
			self.CPUs = n
		}
	}
	self.Restarts, _ = strconv.Atoi(os.Getenv("SLURM_RESTART_COUNT")) // not there at first
	return self, true
}

// Stays says whether Slurm still means the task to run. It does when SIGTERM
// was the warning that time runs out. It does not when the task was cancelled,
// or is preempted, after which it goes back to the queue by itself.
func (o Own) Stays(ctx context.Context) (bool, error) {
	text, err := call(ctx, "squeue", "--noheader", "--array", "--jobs="+o.ID, "--format=%T")
	return strings.TrimSpace(text) == "RUNNING", err
}

// Requeue sends the task back to the queue. Slurm kills what is left of it.
func (o Own) Requeue(ctx context.Context) error {
	_, err := call(ctx, "scontrol", "requeue", o.ID)
	return err
}
