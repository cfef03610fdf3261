package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hgbench/bench"
)

func newEval() *cobra.Command {
	var (
		model   modelFlags
		split   string
		threads threads
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "Evaluate weights on the validation or test split",
		Long: `Evaluates trained weights: bits per character over windows of eval.context tokens
that advance by eval.stride, each target counted once. --set eval.context=… and the
like evaluate a run otherwise than it was recorded.`,
		Example: "hgbench eval --id 1f6e2ab0\nhgbench eval --id 1f6e2ab0 --split valid --set eval.context=1008 --set eval.stride=63\n" +
			"hgbench eval -f spec.yaml --weights model.safetensors",
		Args: positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			defer takeSignals(cmd)()
			if split != "test" && split != "valid" {
				return misuse(cmd, "unknown split %q: want valid or test", split)
			}
			spec, weights, err := model.model(cmd)
			if err != nil {
				return err
			}
			p := newProgress(cmd)
			p.begin(split)
			e, err := bench.Evaluate(cmd.Context(), spec, weights, split, bench.Options{Threads: int(threads), Progress: watch(p)})
			p.end()
			if err != nil {
				return stoppedBy(cmd, err, "the same command starts again")
			}
			if asJSON {
				return writeJSON(cmd, e)
			}
			fmt.Fprintln(cmd.OutOrStdout(), evaluated(spec, e))
			return nil
		},
	}
	model.add(cmd)
	cmd.Flags().StringVar(&split, "split", "test", "valid or test")
	complete(cmd, "split", cobra.FixedCompletions([]string{"valid", "test"}, cobra.ShellCompDirectiveNoFileComp))
	threadsFlag(cmd, &threads)
	jsonFlag(cmd, &asJSON)
	return cmd
}
