package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/sweeps"
	"hgbench/sweeps/slurm"
)

// newTask is what a task of a job array runs; see submission.
func newTask() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:     "task POINTS NUMBER",
		Short:   "Run one point of a sweep as a task of Slurm",
		Example: "hgbench task --out hgbench-results/quick hgbench-results/quick/slurm/1/points.json 1",
		Hidden:  true,
		Args:    positional(exactly(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			defer takeSignals(cmd)()
			sub, err := readSubmission(args[0])
			if err != nil {
				return err
			}
			number, err := strconv.Atoi(args[1])
			if err != nil || number < 1 || number > len(sub.Points) {
				return fmt.Errorf("task %q: %s has %s, numbered from 1", args[1], args[0], count(len(sub.Points)))
			}
			return runTask(cmd, sub, sub.Points[number-1], out)
		},
	}
	outFlag(cmd, &out, "results `folder`")
	if err := cmd.MarkFlagRequired("out"); err != nil {
		panic(err) // the flag does not exist
	}
	return cmd
}

// runTask runs a point. When Slurm warns that its time ends, it goes back to the
// queue, to go on from its checkpoint.
func runTask(cmd *cobra.Command, sub submission, p sweeps.Entry, out string) error {
	// Slurm sends SIGTERM more than once, and SIGKILL when it has waited enough:
	// the second one must not end the writing of a checkpoint.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM)
	o := sweepOptions{Options: sub.Options, jobs: 1, out: out, tensorboard: sub.TensorBoard}
	self, atSlurm := slurm.Self()
	if self.CPUs > 0 {
		o.Threads = self.CPUs
	}
	if self.Restarts > 0 {
		o.Restart = false // it was meant for the first time
	}
	sha256, err := corpusHash(cmd.Context(), p.Spec.Data)
	if err != nil {
		return err
	}
	if id := p.Spec.ID(sha256); id != p.ID {
		return fmt.Errorf("point %q is run %s where it was submitted and %s here, since corpus %s is another one here (SHA-256 %s); want the same file on all machines",
			p.Name, p.ID, id, p.Spec.Data, sha256)
	}
	before, _ := bench.ReadReached(checkpointsFolder(out), p.ID) // what is wrong with it is told when it is loaded
	done, err := runPoints(cmd, &sweeps.Sweep{Name: sub.Sweep, PlanOnly: sub.PlanOnly},
		[]sweeps.Point{{Name: p.Name, Spec: p.Spec}},
		[]pointState{{Name: p.Name, ID: p.ID, State: "missing", Seconds: p.Seconds, Bytes: p.Bytes, Spec: p.Spec, number: p.Number}},
		sub.Total, map[string]string{p.Spec.Data: sha256}, o)
	if err == nil && done.Failed > 0 {
		return fmt.Errorf("point %q failed, as is recorded; \"hgbench sweep --slurm\" tries it again", p.Name)
	}
	if err = stoppedBy(cmd, err, "the run goes on from its checkpoint"); atSlurm && errors.As(err, new(*interruption)) {
		return errors.Join(err, goOnLater(cmd, self, before, p.ID, out))
	}
	return err
}

// goOnLater sends a task that has been told to stop back to the queue, if it is
// for want of time. One that got no further than it was before would come back
// for ever.
func goOnLater(cmd *cobra.Command, self slurm.Own, before bench.Reached, id, out string) error {
	ctx := context.WithoutCancel(cmd.Context()) // which has ended
	stays, err := self.Stays(ctx)
	if err != nil || !stays {
		return err
	}
	reached, err := bench.ReadReached(checkpointsFolder(out), id)
	if err != nil {
		return err
	}
	reached.Seconds = before.Seconds
	if reached == before {
		return fmt.Errorf("task %s came to no step within its time, so it does not go back to the queue; want a longer --time", self.ID)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "task %s goes back to the queue\n", self.ID)
	return self.Requeue(ctx)
}
