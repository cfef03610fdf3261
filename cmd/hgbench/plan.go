package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
	"hgbench/sweeps"
)

func newPlan() *cobra.Command {
	var (
		flags   specFlags
		threads threads
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "plan [SWEEP]",
		Short: "Cost out a spec or a sweep without training",
		Long: `Prints what a spec costs before a step of it is made: parameters, FLOPs, peak
memory by kind, the final evaluation, and time on this machine, estimated from its
measured peak. For a sweep, by name or file, one row a point.`,
		Example: "hgbench plan -f spec.yaml\nhgbench plan --set model.d_model=512 --set train.context=1024\n" +
			"hgbench plan paper/table1\nhgbench plan quick --json",
		Args:              positional(atMost(1)),
		ValidArgsFunction: completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if flags.file != "" {
					return misuse(cmd, "sweep %s and -f %s: want one of them", args[0], flags.file)
				}
				return planSweep(cmd, args[0], flags.set, int(threads), asJSON)
			}
			spec, err := flags.spec(cmd.Context())
			if err != nil {
				return err
			}
			plan, err := bench.Plan(spec, int(threads))
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd, plan)
			}
			return printPlan(cmd.OutOrStdout(), plan)
		},
	}
	flags.add(cmd)
	threadsFlag(cmd, &threads)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// planSweep prints a row for each point of a sweep.
func planSweep(cmd *cobra.Command, name string, set []string, threads int, asJSON bool) error {
	s, points, err := loadSweep(cmd.Context(), name, set)
	if err != nil {
		return err
	}
	planner := bench.NewPlanner(threads)
	defer planner.Close()
	plans, err := planPoints(cmd, planner, points)
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(cmd, plans)
	}
	return printPlans(cmd.OutOrStdout(), s, points, plans)
}

// printPlans prints a row for each point: one table of costs, one of memory. A
// sweep that trains nothing has no costs of a whole training.
func printPlans(out io.Writer, s *sweeps.Sweep, points []sweeps.Point, plans []bench.PlanReport) error {
	var costs, memory [][]string
	var total float64
	for i, p := range plans {
		total += planSeconds(p)
		cost := []string{
			points[i].Name,
			results.FormatSI(float64(p.Parameters), ""),
			results.FormatSI(p.FLOPs.NecessaryPerToken, ""),
		}
		if !s.PlanOnly {
			cost = append(cost,
				results.FormatSI(p.FLOPs.Total, "FLOP"),
				results.FormatSI(p.EvalFLOPs, "FLOP"),
				formatDuration(seconds(planSeconds(p))))
		}
		costs = append(costs, cost)
		row := []string{points[i].Name}
		m := p.Memory
		for _, n := range []int64{m.Weights, m.Gradients, m.Optimizer, m.Activations, m.Workspace, m.Total, p.EvalMemory.Total} {
			row = append(row, results.FormatBytes(n))
		}
		memory = append(memory, row)
	}
	heads := []string{"costs", "parameters", "FLOPs/token"}
	if s.PlanOnly {
		fmt.Fprintf(out, "%s: %s, of which none is trained\n", s.Name, count(len(points)))
	} else {
		fmt.Fprintf(out, "%s: %s, %s in all %s\n", s.Name, count(len(points)), formatDuration(seconds(total)), assumption(plans[0]))
		heads = append(heads, "training", "evaluation", "time")
	}
	if err := writeGrid(out, "lrrrrr"[:len(heads)], heads, costs); err != nil {
		return err
	}
	heads = []string{"peak memory", "weights", "gradients", "optimizer", "activations", "workspace", "training", "evaluation"}
	return writeGrid(out, "lrrrrrrr", heads, memory)
}

// planPoints plans all points of a sweep.
func planPoints(cmd *cobra.Command, planner *bench.Planner, points []sweeps.Point) ([]bench.PlanReport, error) {
	plans := make([]bench.PlanReport, len(points))
	for i, p := range points {
		if err := cmd.Context().Err(); err != nil {
			return nil, &interruption{"nothing was started"}
		}
		var err error
		if plans[i], err = planner.Plan(p.Spec); err != nil {
			return nil, fmt.Errorf("point %q: %w", p.Name, err)
		}
	}
	return plans, nil
}

// planSeconds is how long a planned run takes, evaluation included.
func planSeconds(p bench.PlanReport) float64 {
	if budget := p.Spec.Budget.Seconds; budget > 0 {
		return budget + p.EvalSeconds
	}
	return p.Seconds + p.EvalSeconds
}

func assumption(p bench.PlanReport) string {
	return fmt.Sprintf("(estimated from this machine's peak of %s)", results.FormatSI(p.PeakGFLOPS*1e9, "FLOP/s"))
}

func printPlan(out io.Writer, p bench.PlanReport) error {
	title, err := label(p.Spec)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(w, name+"\t"+format+"\n", args...) }
	line("model", "%s, d_model %d, %d heads, d_ff %d", title, p.Spec.Model.DModel, p.Spec.Model.Heads, p.Spec.Model.DFF)
	if p.ID != "" {
		line("id", "%s", p.ID)
	}
	line("parameters", "%d", p.Parameters)
	if p.Steps > 0 {
		line("training", "%d steps of %d × %d tokens, %s tokens", p.Steps, p.Spec.Train.Batch, p.Spec.Train.Context, results.FormatSI(float64(p.Tokens), ""))
		line("FLOPs", "%s in all (necessary)", results.FormatSI(p.FLOPs.Total, "FLOP"))
	} else {
		line("training", "%s, as many steps of %d × %d tokens as they give", p.Spec.Budget, p.Spec.Train.Batch, p.Spec.Train.Context)
	}
	line("FLOPs/token", "%s necessary, %s dense, %s executed", results.FormatSI(p.FLOPs.NecessaryPerToken, ""),
		results.FormatSI(p.FLOPs.DensePerToken, ""), results.FormatSI(p.FLOPs.ExecutedPerToken, ""))
	line("peak memory", "%s", results.FormatBytes(p.Memory.Total))
	line("  weights", "%s", results.FormatBytes(p.Memory.Weights))
	line("  gradients", "%s", results.FormatBytes(p.Memory.Gradients))
	line("  optimizer", "%s", results.FormatBytes(p.Memory.Optimizer))
	line("  activations", "%s", results.FormatBytes(p.Memory.Activations))
	line("  workspace", "%s", results.FormatBytes(p.Memory.Workspace))
	line("evaluation", "%s, %s of memory: %d bytes of test in windows of %d advancing by %d", results.FormatSI(p.EvalFLOPs, "FLOP"),
		results.FormatBytes(p.EvalMemory.Total), p.Spec.Eval.Bytes, p.Spec.Eval.Context, p.Spec.Eval.Stride)
	line("time", "%s %s", formatDuration(seconds(planSeconds(p))), assumption(p))
	return w.Flush()
}
