package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"hgbench/bench"
)

// defaultBaseline came with the source.
var defaultBaseline = filepath.Join(filepath.FromSlash(recordedRoot), "baseline.jsonl")

// checkOptions are what the command line says about a check.
type checkOptions struct {
	bench.UpdateOptions
	baseline string
	set      []string
	json     bool
}

func newCheck() *cobra.Command {
	var (
		o       checkOptions
		threads threads
		update  bool
	)
	cmd := &cobra.Command{
		Use:   "check [--update [SWEEP]]",
		Short: "Train what a baseline has again, and say what changed",
		Long: `Trains one run of each spec of a baseline again and compares: everything to the bit
on the same instruction set and kernel version, otherwise BPC to within what another
seed would make of it; FLOPs, parameters and planned memory exactly; speed, as share
of the machine's peak, to within a quarter. Exit status 1 if something got worse, or
is not the same to the bit where it must be. Slower is only a warning, as machines
differ, unless --strict-speed.

With --update it writes the baseline instead, all at once, and says what changed. The
specs are those of the baseline, or the points of SWEEP, a name or a file: "check" is
a sweep made for it. Each is trained with several seeds, which show how far BPC
scatters. Records of other instruction sets stay; HGBENCH_ISA=avx2 or portable adds
their bits, with one seed. docs/ci.md tells how to use this in your own CI.`,
		Example: "hgbench check\nhgbench check --baseline my.jsonl\n" +
			"hgbench check --update --baseline my.jsonl check\nhgbench check --update --baseline my.jsonl my-sweep.yaml --seeds 3 --threads 1\n" +
			"hgbench check --update",
		Args:              positional(atMost(1)),
		ValidArgsFunction: completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			defer takeSignals(cmd)()
			o.Threads = int(threads)
			if !update {
				for _, flag := range []string{"seeds", "threads", "set"} {
					if cmd.Flags().Changed(flag) {
						return misuse(cmd, "--%s: a check does as its baseline says; want it with --update", flag)
					}
				}
				if len(args) > 0 {
					return misuse(cmd, "%s: a check takes its specs from the baseline; want --update to record those of a sweep", args[0])
				}
				return check(cmd, o)
			}
			if len(args) == 0 {
				if len(o.set) > 0 {
					return misuse(cmd, "--set changes the specs of a sweep; want its name or file as well")
				}
				if !cmd.Flags().Changed("seeds") {
					o.Seeds = 0 // those that the baseline has
				}
				return updateBaseline(cmd, o)
			}
			return recordBaseline(cmd, args[0], o)
		},
	}
	cmd.Flags().StringVar(&o.baseline, "baseline", defaultBaseline, "`file` of records to compare with")
	fileFlag(cmd, "baseline", "jsonl")
	cmd.Flags().BoolVar(&update, "update", false, "record the baseline instead of comparing with it")
	cmd.Flags().BoolVar(&o.StrictSpeed, "strict-speed", false, "count slower as worse")
	cmd.Flags().IntVar(&o.Seeds, "seeds", 5, "with --update: seeds to train each spec with, at least; without SWEEP those of the baseline")
	threadsFlag(cmd, &threads)
	cmd.Flags().Lookup("threads").Usage = "with --update: threads to compute on, by default those of the baseline, or one a core; a check takes as many as were recorded"
	cmd.Flags().StringArrayVar(&o.set, "set", nil, "with --update and SWEEP: override a key of its base, `KEY=VALUE`; may be repeated")
	complete(cmd, "set", completeAssignments)
	jsonFlag(cmd, &o.json)
	cmd.MarkFlagsMutuallyExclusive("update", "strict-speed")
	return cmd
}

// check compares with a baseline, and errs if something regressed.
func check(cmd *cobra.Command, o checkOptions) error {
	baseline, err := loadBaseline(o.baseline)
	if err != nil {
		return err
	}
	checked, err := watched(cmd, &o.CheckOptions, func() ([]bench.Checked, error) {
		return baseline.Check(cmd.Context(), o.CheckOptions)
	})
	if err != nil {
		return stoppedBy(cmd, err, "nothing was compared; the same command starts again")
	}
	if err := showChecked(cmd, o, checked); err != nil {
		return err
	}
	return regressions(o.baseline, checked)
}

func loadBaseline(path string) (bench.Baseline, error) {
	if path == defaultBaseline && !isFile(path) {
		return bench.Baseline{}, fmt.Errorf("no baseline at %s, which is in the source of hgbench; want --baseline FILE, and \"hgbench check --update --baseline FILE check\" makes one", path)
	}
	return bench.LoadBaseline(path)
}

// watched shows the progress of runs of a check.
func watched[T any](cmd *cobra.Command, o *bench.CheckOptions, work func() (T, error)) (T, error) {
	p := newProgress(cmd)
	defer p.end()
	o.Begin = func(label string, i, n int) { p.begin(fmt.Sprintf("[%d/%d] %s", i+1, n, label)) }
	o.Progress, o.Note = watch(p), p.note
	return work()
}

// regressions are an error for each run that regressed, and what to do.
func regressions(path string, checked []bench.Checked) error {
	var errs []error
	bits, failed := false, 0
	for _, c := range checked {
		if !c.Regressed() {
			continue
		}
		failed++
		errs = append(errs, fmt.Errorf("%s: %s", c.Label, whatRegressed(c)))
		for _, f := range c.Figures {
			bits = bits || f.Name == "bits" && f.Verdict == bench.Regression
		}
	}
	if failed == 0 {
		return nil
	}
	if bits {
		errs = append(errs, errors.New("the same instruction set and kernel version must give the same bits: where a kernel is meant to round otherwise, raise cpu.KernelVersion; where a model is meant to be another, record it"))
	}
	return errors.Join(append(errs, fmt.Errorf("%d of %d runs regressed from %s; \"hgbench check --update --baseline %[3]s\" records what is meant to change", failed, len(checked), path))...)
}
