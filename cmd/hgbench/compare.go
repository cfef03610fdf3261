package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"hgbench/results"
)

func newCompare() *cobra.Command {
	var (
		out    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "compare ID... ID",
		Short: "Compare runs pairwise on the windows of the test set",
		Long: `Compares each run with the last one named, window by window: what makes a text hard
for both cancels out, so far smaller differences show than two test BPCs with
their standard errors can tell. The interval is from a block bootstrap; p-values
of several comparisons are Holm-corrected. Whether one system beats another also
depends on the seed, which one pair of runs cannot show.`,
		Example:           "hgbench compare 1f6e2ab0 9c03d5e7\nhgbench compare 1f6e2ab0 77aa01c2 9c03d5e7 --out hgbench-results/quick",
		Args:              positional(atLeast(2)),
		ValidArgsFunction: completeIDs,
		RunE: func(cmd *cobra.Command, ids []string) error {
			var records results.Records
			for _, id := range ids {
				r, _, err := findRecord(cmd, id, out)
				if err != nil {
					return err
				}
				if slices.ContainsFunc(records, func(other results.Record) bool { return other.ID == r.ID }) {
					return fmt.Errorf("id %s: the run is named twice; want different runs", r.ID)
				}
				records = append(records, r)
			}
			last := len(records) - 1
			comparisons, err := results.CompareAll(records[last], records[:last])
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd, comparisons)
			}
			for _, c := range comparisons {
				c.A, c.B = named(c.A, c.AID, c.ASeed), named(c.B, c.BID, c.BSeed)
				fmt.Fprintln(cmd.OutOrStdout(), c)
			}
			return nil
		},
	}
	outFlag(cmd, &out, "results `folder` that has the records (default: all in ./hgbench-results)")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// named is a label with what tells a run from others of the same label.
func named(label, id, seed string) string {
	return fmt.Sprintf("%s (%s, seed %s)", label, id[:min(8, len(id))], seed)
}
