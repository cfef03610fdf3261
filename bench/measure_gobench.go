package bench

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteBench writes a measurement of a spec in the Go benchmark format, a line
// for each step, so that benchstat compares the steps of two commits.
func (m Measurement) WriteBench(w io.Writer, s Spec, cpu string) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, "pkg: hgbench")
	fmt.Fprintf(out, "cpu: %s\n", cpu)
	fmt.Fprintf(out, "isa: %s\n", m.ISA)
	for _, unit := range []string{"planned-peak-B", "measured-peak-B"} {
		fmt.Fprintln(out, "Unit", unit, "better=lower")
	}
	for _, unit := range []string{"tok/s", "peak-share"} {
		fmt.Fprintln(out, "Unit", unit, "better=higher")
	}
	name := fmt.Sprintf("BenchmarkStep/system=%s/hierarchy=%s/attention=%s/d_model=%d/context=%d/batch=%d-%d",
		s.Model.System, s.Model.Hierarchy, strings.ReplaceAll(s.Model.Attention.String(), " ", ""),
		s.Model.DModel, s.Train.Context, s.Train.Batch, m.Threads)
	for _, seconds := range m.StepSeconds {
		fmt.Fprintf(out, "%s\t1\t%.0f ns/op\t%.6g tok/s\t%.4f peak-share\t%d planned-peak-B\t%d measured-peak-B\n", name, seconds*1e9,
			float64(s.TokensPerStep())/seconds, m.FLOPsNecessary/seconds/1e9/m.PeakGFLOPS, m.PlannedBytes, m.PeakRSSBytes)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write Go benchmark format: %w", err)
	}
	return nil
}
