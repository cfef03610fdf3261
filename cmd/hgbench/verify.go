package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"hgbench/pkg/verify"
)

func newVerify() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Prove that the models compute what they should",
		Long: `Proves what results rest on, and exits with status 1 if any proof fails:

  golden     the models compute what the original implementations computed
  gradients  gradients are those of the outputs, and all ways of computing agree
  causality  no prediction depends on what it predicts

Alone it runs all of them, in a minute or two. What the proofs say, with which
tolerances, and what they do not say is in docs/verification.md.`,
		Example: "hgbench verify\nhgbench verify golden pkg/verify/testdata/golden\nhgbench verify gradients --json",
		Args:    positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var proofs []proof
			if folder, ok := verify.SourceGolden("."); ok {
				cases, err := verify.GoldenCases(folder)
				if err != nil {
					return err
				}
				proofs = append(proofs, proofsOf("golden", verify.GoldenProofs(cases))...)
			} else {
				fmt.Fprintln(cmd.ErrOrStderr(), "left out: golden, whose cases are in hgbench's source: run this there, or hgbench verify golden DIR")
			}
			proofs = append(proofs, proofsOf("gradients", verify.GradientProofs())...)
			proofs = append(proofs, proofsOf("causality", verify.CausalityProofs())...)
			return o.prove(cmd, proofs)
		},
	}
	o.flags(cmd)
	cmd.AddCommand(newVerifyGolden(), newVerifyGradients(), newVerifyCausality())
	return cmd
}

func newVerifyGradients() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "gradients",
		Short: "Prove gradients, and that all ways of computing agree",
		Long: `Compares the gradients of every op, and of every system end to end (each shortening
× upsampling × attention kind × positions × storage), with central differences in
float64, at shapes drawn at random, the same every time. Compares streaming with
materialised attention; and on every instruction set of this machine, blocked
matrix products with plain loops, and every op and system in float32 with float64,
which always runs the portable code.`,
		Example: "hgbench verify gradients\nhgbench verify gradients --threads 1",
		Args:    positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.prove(cmd, proofsOf("gradients", verify.GradientProofs()))
		},
	}
	o.flags(cmd)
	return cmd
}

func newVerifyCausality() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "causality",
		Short: "Prove that no prediction depends on what it predicts",
		Long: `Proves for every system, on every instruction set of this machine, in evaluation
and in training: with all tokens from t on replaced, no logit up to t changes by
one bit; the gradient of the logits at t with respect to tokens from t on is
exactly zero; and the logits at t do change with token t−1. Short windows, padded,
are probed at every t, long ones around the borders of tiles and groups.

Then it shows that it can fail: models with a typical mistake, such as a mask that
is off by one, must be found out.`,
		Example: "hgbench verify causality\nhgbench verify causality --json",
		Args:    positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.prove(cmd, proofsOf("causality", verify.CausalityProofs()))
		},
	}
	o.flags(cmd)
	return cmd
}
