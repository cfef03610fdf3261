package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hgbench/bench"
)

func newDump() *cobra.Command {
	var (
		flags specFlags
		steps int
		out   string
	)
	cmd := &cobra.Command{
		Use:   "dump",
		Short: "Write initial weights and batches for another implementation",
		Long: `Writes what another program needs to train the same spec on the same batches from
the same weights: ` + bench.DumpedSpec + ` with every key, ` + bench.DumpedWeights + ` with the weights by
name, ` + bench.DumpedBatches + ` with the tokens of each step [steps, batch, context], and
` + bench.DumpedValid + ` with the bytes that validation reads.`,
		Example: "hgbench dump -f spec.yaml --out exchange\nhgbench dump --set train.batch=2 --steps 20 --out exchange",
		Args:    positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			spec, err := flags.spec(cmd.Context())
			if err != nil {
				return err
			}
			if !cmd.Flags().Changed("steps") {
				steps = spec.Train.Steps
			}
			if steps < 1 {
				return misuse(cmd, "--steps %d: want at least 1", steps)
			}
			if most := spec.Train.Steps; spec.Budget.IsZero() && steps > most {
				return misuse(cmd, "--steps %d: the spec trains for %d (train.steps); want no more", steps, most)
			}
			if err := bench.Dump(cmd.Context(), spec, steps, out); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "wrote %s to %s\n",
				strings.Join([]string{bench.DumpedSpec, bench.DumpedWeights, bench.DumpedBatches, bench.DumpedValid}, ", "), out)
			return nil
		},
	}
	flags.add(cmd)
	cmd.Flags().IntVar(&steps, "steps", 0, "steps whose batches are written (default all of train.steps)")
	cmd.Flags().StringVar(&out, "out", "dump", "`folder` to write to")
	return cmd
}
