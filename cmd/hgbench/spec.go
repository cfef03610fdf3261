package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/sweeps"
)

// specFlags choose a spec: -f and --set, wherever one is taken.
type specFlags struct {
	file string
	set  []string
}

func (f *specFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.file, "file", "f", "", "spec to read, `SPEC.yaml`; what it does not mention, and everything without -f, has its default")
	fileFlag(cmd, "file", "yaml", "yml")
	f.addSet(cmd)
}

func (f *specFlags) addSet(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "override a key of the spec, `KEY=VALUE`; may be repeated")
	complete(cmd, "set", completeAssignments)
}

// spec is the file's spec, or the default one, with the overrides.
func (f *specFlags) spec(ctx context.Context) (bench.Spec, error) {
	spec := bench.DefaultSpec()
	if f.file != "" {
		var err error
		if spec, err = awaited(ctx, func() (bench.Spec, error) { return bench.LoadSpec(f.file) }); err != nil {
			if isFile(f.file) { // a pipe cannot be read twice
				if _, notSweep := sweeps.Load(f.file); notSweep == nil {
					err = fmt.Errorf("%s is a sweep, not a spec: \"hgbench sweep %[1]s\" runs it", f.file)
				}
			}
			return bench.Spec{}, err
		}
	}
	return f.override(spec)
}

// override applies --set to a spec, which must be valid afterwards.
func (f *specFlags) override(spec bench.Spec) (bench.Spec, error) {
	for _, assignment := range f.set {
		none := spec.Budget.IsZero()
		if err := spec.Set(assignment); err != nil {
			return bench.Spec{}, err
		}
		if none && spec.Budget.IsZero() && strings.HasPrefix(assignment, "budget") { // 0 takes a budget away, if there is one
			return bench.Spec{}, fmt.Errorf("set %s: a budget of 0 pays for no step; want more, or leave it out", assignment)
		}
	}
	return spec, spec.Validate()
}

// awaited is what a call comes to that may wait for ever, as for somebody who
// writes into a pipe, unless a signal ends it.
func awaited[T any](ctx context.Context, call func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		v, err := call()
		done <- outcome{v, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return *new(T), &interruption{"nothing was started"}
	}
}
