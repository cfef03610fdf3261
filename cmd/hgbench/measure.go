package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
)

// measured is what "hgbench measure --json" writes.
type measured struct {
	bench.Measurement
	Profile []bench.OpTime `json:"profile,omitempty"`
}

func newMeasure() *cobra.Command {
	var (
		flags                    specFlags
		steps                    int
		threads                  threads
		asJSON, asBench, profile bool
	)
	cmd := &cobra.Command{
		Use:   "measure",
		Short: "Time training steps against the machine's peak",
		Long: `Trains some steps of a spec after a warm-up and shows their time, tokens and
FLOPs per second, the share of the machine's peak (fused multiply-adds, measured
by the same process on the same threads), and planned and real peak memory.

With --profile it trains as many steps again and shows which ops their time goes
to. With --bench it writes the Go benchmark format, a line a step: benchstat
compares two such files.`,
		Example: "hgbench measure -f spec.yaml\nhgbench measure --set train.context=4096 --set train.batch=1 --steps 3 --profile\n" +
			"hgbench measure -f spec.yaml --bench",
		Args: positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			defer takeSignals(cmd)()
			if steps < 1 {
				return misuse(cmd, "--steps %d: want at least 1", steps)
			}
			spec, err := flags.spec(cmd.Context())
			if err != nil {
				return err
			}
			o := bench.Options{Threads: int(threads)}
			var m measured
			if m.Measurement, err = bench.Measure(cmd.Context(), spec, steps, o); err != nil {
				return stoppedBy(cmd, err, "the same command starts again")
			}
			if profile {
				if m.Profile, err = bench.Profile(cmd.Context(), spec, steps, m.PeakGFLOPS, o); err != nil {
					return stoppedBy(cmd, err, "the same command starts again")
				}
			}
			switch {
			case asJSON:
				return writeJSON(cmd, m)
			case asBench:
				return m.WriteBench(cmd.OutOrStdout(), spec, bench.CurrentMachine(m.Threads).CPU)
			}
			return printMeasured(cmd.OutOrStdout(), m)
		},
	}
	flags.add(cmd)
	cmd.Flags().IntVar(&steps, "steps", 10, "steps to time")
	cmd.Flags().BoolVar(&profile, "profile", false, "show time and share of peak by kind of op")
	cmd.Flags().BoolVar(&asBench, "bench", false, "write the Go benchmark format, for benchstat")
	threadsFlag(cmd, &threads)
	jsonFlag(cmd, &asJSON)
	cmd.MarkFlagsMutuallyExclusive("bench", "json")
	cmd.MarkFlagsMutuallyExclusive("bench", "profile")
	return cmd
}

func printMeasured(out io.Writer, m measured) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(w, name+"\t"+format+"\n", args...) }
	line("step", "%.1f ms, the median of %d (%.1f to %.1f)", m.StepSecondsMedian*1e3, m.Steps, m.StepSecondsMin*1e3, m.StepSecondsMax*1e3)
	line("tokens", "%s/s", results.FormatSI(m.TokensPerSecond, ""))
	executed := results.FormatSI(m.FLOPsExecuted, "") + " executed"
	if m.FLOPsDone > 0 { // which depends on the data
		executed = fmt.Sprintf("at most %s, %s done", executed, results.FormatSI(m.FLOPsDone, ""))
	}
	line("FLOPs/step", "%s necessary, %s dense, %s", results.FormatSI(m.FLOPsNecessary, ""), results.FormatSI(m.FLOPsDense, ""), executed)
	line("speed", "%s (necessary), %.1f %% of the peak of %s on %d threads of %s", results.FormatSI(m.GFLOPS*1e9, "FLOP/s"),
		100*m.ShareOfPeak, results.FormatSI(m.PeakGFLOPS*1e9, "FLOP/s"), m.Threads, m.ISA)
	line("peak memory", "%s planned; %s real, %s of them before", results.FormatBytes(m.PlannedBytes),
		results.FormatBytes(m.PeakRSSBytes), results.FormatBytes(m.IdleBytes))
	if err := w.Flush(); err != nil || len(m.Profile) == 0 {
		return err
	}
	var rows [][]string
	for _, op := range m.Profile {
		share := ""
		if op.FLOPsExecuted > 0 {
			share = fmt.Sprintf("%.1f %%", 100*op.ShareOfPeak)
		}
		rows = append(rows, []string{op.Op, op.Pass, fmt.Sprint(op.Nodes), fmt.Sprintf("%.2f", op.Seconds*1e3), fmt.Sprintf("%.1f %%", 100*op.Share), share})
	}
	return writeGrid(out, "llrrrr", []string{"op", "pass", "nodes", "ms", "of the step", "of peak (executed)"}, rows)
}
