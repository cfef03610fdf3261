package main

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/pkg/cpu"
)

// recordBaseline records the points of a sweep.
func recordBaseline(cmd *cobra.Command, sweep string, o checkOptions) error {
	s, points, err := loadSweep(cmd.Context(), sweep, o.set)
	if err != nil {
		return err
	}
	if s.PlanOnly {
		return fmt.Errorf("sweep %s trains nothing; want one that does", s.Name)
	}
	var specs []bench.Spec
	for _, p := range points {
		specs = append(specs, p.Spec)
	}
	old := bench.Baseline{Path: o.baseline}
	if _, err := os.Stat(o.baseline); err == nil {
		if old, err = bench.LoadBaseline(o.baseline); err != nil {
			return fmt.Errorf("%w\nto begin anew, remove %s first", err, o.baseline)
		}
	}
	o.Sweep = s.Name
	return writeBaseline(cmd, old, specs, o)
}

// updateBaseline records the specs of a baseline again.
func updateBaseline(cmd *cobra.Command, o checkOptions) error {
	old, err := loadBaseline(o.baseline)
	if err != nil {
		return err
	}
	specs, err := old.Specs()
	if err != nil {
		return err
	}
	return writeBaseline(cmd, old, specs, o)
}

func writeBaseline(cmd *cobra.Command, old bench.Baseline, specs []bench.Spec, o checkOptions) error {
	type outcome struct {
		baseline bench.Baseline
		checked  []bench.Checked
	}
	load, threads := bench.LoadAverage(), cmp.Or(o.Threads, runtime.NumCPU())
	now, err := watched(cmd, &o.CheckOptions, func() (n outcome, err error) {
		n.baseline, n.checked, err = old.Update(cmd.Context(), specs, o.UpdateOptions)
		return n, err
	})
	if err != nil {
		return stoppedBy(cmd, err, o.baseline+" is as it was; the same command goes on if the source is the same and has no changes that are not committed")
	}
	if err := showChecked(cmd, o, now.checked); err != nil {
		return err
	}
	isas := now.baseline.ISAs()
	notes := []string{fmt.Sprintf("%s has %d records: %d specs, bits of %s", o.baseline, len(now.baseline.Records), now.baseline.Len(), strings.Join(isas, ", "))}
	for _, isa := range old.ISAs() {
		if !slices.Contains(isas, isa) {
			notes = append(notes, fmt.Sprintf("bits of %s are no longer in it, as they were of another kernel version or other specs; HGBENCH_ISA=%[1]s hgbench check --update records them", isa))
		}
	}
	current := cpu.Current().String()
	if others := slices.DeleteFunc(slices.Clone(isas), func(isa string) bool { return isa == current }); len(others) > 0 {
		notes = append(notes, fmt.Sprintf("bits of %s are as they were: if the change is not of %s alone, record them too, with HGBENCH_ISA", strings.Join(others, " and "), current))
	}
	if n := now.baseline.WithoutTolerance(); n > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d specs have too few seeds to tell how far BPC scatters, so there is no tolerance for them: on other instruction sets and kernel versions than these, a check is an error; want --seeds %d or more", n, now.baseline.Len(), bench.FewestSeeds))
	}
	if labels := now.baseline.Scattered(); len(labels) > 0 {
		notes = append(notes, fmt.Sprintf("warning: the speeds of seeds differ by more than a check allows (%s), so they say little about the next; want them recorded again on a machine that does nothing else", strings.Join(labels, ", ")))
	}
	if load > float64(threads) {
		notes = append(notes, fmt.Sprintf("warning: the machine was busy with other things as this began (load average %.1f for %d threads), so the speeds are too low to hold others to", load, threads))
	}
	if commit := bench.CurrentVersions().Commit; strings.HasSuffix(commit, "+dirty") {
		notes = append(notes, "recorded by source that is not committed, which nobody can have again")
	}
	for _, note := range notes {
		fmt.Fprintln(cmd.ErrOrStderr(), note)
	}
	return nil
}
