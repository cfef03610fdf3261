package main

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
)

// replay trains a recorded run again, and errs unless it reaches bitwise the
// same BPC.
func replay(cmd *cobra.Command, id, out string, o bench.Options, asJSON bool) error {
	recorded, _, err := findRecord(cmd, id, out)
	if err != nil {
		return err
	}
	if recorded.Status != results.Done {
		return fmt.Errorf("run %s is recorded as %s (%s); want one that is done, to compare with", recorded.ID, recorded.Status, recorded.Error)
	}
	if recorded.ValidBPC == 0 {
		return fmt.Errorf("run %s trained nothing: its record has costs, and no BPC to compare with", recorded.ID)
	}
	spec, err := recordedSpec(recorded)
	if err != nil {
		return err
	}
	r, err := train(cmd, spec, o)
	if err != nil {
		return stoppedBy(cmd, err, "the same command starts again")
	}
	same := sameBits(r, recorded)
	if asJSON {
		if err := writeJSON(cmd, map[string]any{"same": same, "recorded": recorded, "replayed": r}); err != nil {
			return err
		}
	} else {
		printRun(cmd, r)
	}
	unit := r.Evaluation.Bits().Name
	if !same {
		return fmt.Errorf("run %s: not bitwise the same: validation %s %v was recorded as %v, test %s %v as %v; %s",
			recorded.ID, unit, r.ValidBPC, recorded.ValidBPC, unit, r.TestBPC, recorded.TestBPC, whyDifferent(r, recorded))
	}
	if !asJSON {
		fmt.Fprintf(cmd.OutOrStdout(), "run %s: validation %s %v and test %s %v, bitwise the same as recorded\n", recorded.ID, unit, r.ValidBPC, unit, r.TestBPC)
	}
	return nil
}

func sameBits(a, b results.Record) bool {
	return math.Float64bits(a.ValidBPC) == math.Float64bits(b.ValidBPC) &&
		math.Float64bits(a.TestBPC) == math.Float64bits(b.TestBPC) &&
		(a.WeightsHash == b.WeightsHash || b.WeightsHash == "")
}

// whyDifferent names what may explain a difference.
func whyDifferent(r, recorded results.Record) string {
	switch {
	case r.Data.SHA256 != recorded.Data.SHA256:
		return fmt.Sprintf("the data differ: %s has SHA-256 %s here, %s in the record", r.Data.Name, r.Data.SHA256, recorded.Data.SHA256)
	case r.Machine.ISA != recorded.Machine.ISA:
		return fmt.Sprintf("the instruction sets differ, %s here and %s in the record: want HGBENCH_ISA=%[2]s", r.Machine.ISA, recorded.Machine.ISA)
	case r.Versions.Kernel != recorded.Versions.Kernel:
		return fmt.Sprintf("the kernel versions differ, %d here and %d in the record: want hgbench at commit %s", r.Versions.Kernel, recorded.Versions.Kernel, recorded.Versions.Commit)
	}
	return "instruction set, kernel version and data are the same, so this is a bug or a fault of the machine"
}
