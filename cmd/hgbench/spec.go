package main

import (
	"fmt"

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
func (f *specFlags) spec() (bench.Spec, error) {
	spec := bench.DefaultSpec()
	if f.file != "" {
		var err error
		if spec, err = bench.LoadSpec(f.file); err != nil {
			if _, notSweep := sweeps.Load(f.file); notSweep == nil {
				err = fmt.Errorf("%s is a sweep, not a spec: \"hgbench sweep %[1]s\" runs it", f.file)
			}
			return bench.Spec{}, err
		}
	}
	return f.override(spec)
}

// override applies --set to a spec, which must be valid afterwards.
func (f *specFlags) override(spec bench.Spec) (bench.Spec, error) {
	for _, assignment := range f.set {
		if err := spec.Set(assignment); err != nil {
			return bench.Spec{}, err
		}
	}
	return spec, spec.Validate()
}
