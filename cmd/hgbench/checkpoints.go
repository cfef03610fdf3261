package main

import (
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
)

// trainingFlags adds what says how runs are kept from being lost, and what to
// do when their numbers are.
func trainingFlags(cmd *cobra.Command, o *bench.Options) {
	cmd.Flags().DurationVar(&o.CheckpointEvery, "checkpoint", time.Minute, "time between checkpoints, 0 for after every step")
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
