package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hgbench/bench"
)

func newSample() *cobra.Command {
	var (
		model  modelFlags
		prompt string
		how    bench.Sampling
	)
	cmd := &cobra.Command{
		Use:   "sample",
		Short: "Continue a text with a trained model",
		Long: `Writes the prompt and its continuation, byte by byte as the model draws them. The
same seed draws the same text. To a terminal, control bytes and what is no UTF-8 are
written as \x1b; to a file or a pipe, every byte as it is.`,
		Example: "hgbench sample --id 1f6e2ab0 --prompt \"The [[Roman Empire]] \" --length 500\n" +
			"hgbench sample -f spec.yaml --weights model.safetensors --temperature 0.7 --top-k 20 --seed 7",
		Args: positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			defer takeSignals(cmd)()
			if err := how.Validate(); err != nil {
				return err
			}
			spec, weights, err := model.model(cmd)
			if err != nil {
				return err
			}
			out := &continuation{w: cmd.OutOrStdout(), prompt: prompt}
			if isTerminal(out.w) {
				out.w = &escaping{to: out.w}
			}
			err = bench.Sample(cmd.Context(), spec, weights, []byte(prompt), how, out)
			if out.begun {
				fmt.Fprintln(out.w)
			}
			return stoppedBy(cmd, err, "the same command draws the same text again")
		},
	}
	model.add(cmd)
	cmd.Flags().StringVar(&prompt, "prompt", "", "`text` to continue")
	cmd.Flags().IntVar(&how.Length, "length", 400, "`bytes` to draw")
	cmd.Flags().Float64Var(&how.Temperature, "temperature", 0.8, "below 1 the likely gets likelier; 0 always takes the likeliest")
	cmd.Flags().IntVar(&how.TopK, "top-k", 0, "draw from the `K` likeliest bytes only; 0: from all")
	cmd.Flags().Uint64Var(&how.Seed, "seed", 1, "of the draws")
	return cmd
}

// continuation writes a prompt before what continues it, so that nothing is
// written where nothing can be drawn.
type continuation struct {
	w      io.Writer
	prompt string
	begun  bool
}

func (c *continuation) Write(b []byte) (int, error) {
	if !c.begun {
		c.begun = true
		if _, err := io.WriteString(c.w, c.prompt); err != nil {
			return 0, err
		}
	}
	return c.w.Write(b)
}
