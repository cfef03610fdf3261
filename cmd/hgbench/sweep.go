package main

import (
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/sweeps"
)

func newSweep() *cobra.Command {
	var (
		o            sweepOptions
		threads      threads
		list, dryRun bool
	)
	cmd := &cobra.Command{
		Use:   "sweep [NAME|FILE]",
		Short: "Train, measure, record and plot the points of a sweep",
		Long: `Runs a sweep, by name (--list shows them) or from a file: trains and evaluates every
point that is not done yet, records it, and at the end shows a table, figures, and
what they say. Without a name it is "` + sweeps.Default + `".

Records go to DIR/records.jsonl, final weights to DIR/weights, figures to
DIR/figures, checkpoints of what is under way to DIR/checkpoints. Ctrl-C stops after
the current step; the same command goes on from there, even when it was killed, and
ends with the same bits. A point that fails is recorded as failed and the rest goes
on, with exit status 1 at the end.

With --slurm, points run on a cluster: those that are missing, and not queued or
running already, are submitted as one job array, each with --threads cores (default
1) and the memory it is planned to need. --jobs limits how many run at once. Script
and logs are in DIR/slurm, and "hgbench status" shows how far they are. A task that is
preempted, or whose --time ends, goes on later; the same command submits what failed
otherwise. With --dry-run it prints the script.`,
		Example: "hgbench sweep\nhgbench sweep --list\nhgbench sweep lr --dry-run\n" +
			"hgbench sweep quick --set train.steps=200 --out /tmp/short\nhgbench sweep my-sweep.yaml --threads 1\n" +
			"hgbench sweep lr --slurm --partition cpu --time 4:00:00 --threads 8",
		Args:              positional(atMost(1)),
		ValidArgsFunction: completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Threads = int(threads)
			if list {
				if len(args) > 0 {
					return misuse(cmd, "--list shows all sweeps; want it without %s, or %[1]s --dry-run", args[0])
				}
				return listSweeps(cmd, o)
			}
			name := sweeps.Default
			if len(args) > 0 {
				name = args[0]
			}
			s, points, err := loadSweep(cmd.Context(), name, o.set)
			if err != nil {
				return err
			}
			if o.out == "" {
				o.out = filepath.Join(resultsRoot, filepath.FromSlash(s.Name))
			}
			if o.jobs < 1 {
				return misuse(cmd, "--jobs %d: want at least 1", o.jobs)
			}
			if err := o.slurm.check(cmd, o.jobs); err != nil {
				return err
			}
			if o.slurm.dryRun = dryRun; o.slurm.submit {
				return submitSweep(cmd, s, points, o)
			}
			if dryRun {
				return listPoints(cmd, s, points, o)
			}
			return runSweep(cmd, s, points, o)
		},
	}
	o.addSet(cmd)
	outFlag(cmd, &o.out, "results `folder` (default: ./"+resultsRoot+"/NAME)")
	cmd.Flags().BoolVar(&list, "list", false, "list the sweeps that come with hgbench, and the time they take here")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "list the points, with their ids and whether they are done")
	cmd.MarkFlagsMutuallyExclusive("list", "dry-run")
	threadsFlag(cmd, &threads)
	cmd.Flags().IntVar(&o.jobs, "jobs", 1, "points to run at once, each in a process of its own; fewer while their memory or threads do not fit")
	trainingFlags(cmd, &o.Options)
	cmd.Flags().BoolVar(&o.tensorboard, "tensorboard", false, "write curves for TensorBoard too, to DIR/tensorboard")
	slurmFlags(cmd, &o.slurm)
	cmd.MarkFlagsMutuallyExclusive("list", "slurm")
	jsonFlag(cmd, &o.json)
	return cmd
}

// sweepOptions are what the command line says about a sweep.
type sweepOptions struct {
	specFlags
	bench.Options
	slurm       slurmOptions
	jobs        int
	out         string
	json        bool
	tensorboard bool
}

// share divides the cores among points that run at once: --threads each, or an
// equal part. Where speed is all that is measured, points run alone.
func (o *sweepOptions) share(s *sweeps.Sweep) {
	cores := runtime.GOMAXPROCS(0)
	if s.PlanOnly {
		o.jobs = 1
	}
	if o.jobs > 1 && o.Threads == 0 {
		o.Threads = max(1, cores/o.jobs)
	}
	if o.Threads > 0 {
		o.jobs = min(o.jobs, max(1, cores/o.Threads))
	}
}
