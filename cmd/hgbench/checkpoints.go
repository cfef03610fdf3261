package main

import (
	"errors"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
)

// trainingFlags adds what says how runs are kept from being lost, and what to
// do when their numbers are.
func trainingFlags(cmd *cobra.Command, o *bench.Options) {
	o.CheckpointEvery = time.Minute
	cmd.Flags().Var((*interval)(&o.CheckpointEvery), "checkpoint", "time between checkpoints, 0 for after every step")
	cmd.Flags().BoolVar(&o.Restart, "restart", false, "begin anew in spite of checkpoints")
	cmd.Flags().BoolVar(&o.AllowLeak, "allow-leak", false, "record models that look ahead, marked as such: their loss is no result")
	cmd.Flags().BoolVar(&o.DebugNaN, "debug-nan", false, "find the op that makes the first NaN or infinity (slower)")
}

// checkpointsFolder is where the runs of a results folder keep checkpoints.
func checkpointsFolder(dir string) string { return filepath.Join(dir, "checkpoints") }

// dropCheckpoints removes those of a run that is recorded. A failed run keeps
// them, so that it fails again in a moment, or goes on once what stopped it (a
// full disk) is mended. They stay as well while another process runs it again.
func dropCheckpoints(o bench.Options, r results.Record) error {
	if r.Status != results.Done || o.Checkpoints == "" {
		return nil
	}
	if claimed, err := bench.IsClaimed(o.Checkpoints, r.ID); err != nil || claimed {
		return err
	}
	return bench.RemoveCheckpoints(o.Checkpoints, r.ID)
}

// interval is a time that is not negative, as a flag's value.
type interval time.Duration

// Set implements pflag.Value.
func (i *interval) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return errors.New("not a time from 0") // flagMistake says what is wanted
	}
	*i = interval(d)
	return nil
}

// String implements pflag.Value.
func (i *interval) String() string { return time.Duration(*i).String() }

// Type implements pflag.Value.
func (i *interval) Type() string { return "duration" }
