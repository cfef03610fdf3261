package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
)

// newResults groups what keeps a folder of results in order.
func newResults() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "results",
		Short:   "Keep results in order",
		Example: "hgbench results fsck",
		Args:    positional(noArguments),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newFsck())
	return cmd
}

func newFsck() *cobra.Command {
	return &cobra.Command{
		Use:   "fsck [DIR]",
		Short: "Look for damage in a folder of results",
		Long: `Reads everything in a folder of results, by default the one written last, and says
what is wrong: lines of records.jsonl that are no records, records that contradict
themselves (curves that go back, BPC that is not that of its windows), ids that are
not those of spec and data, weights without the recorded hash, damaged checkpoints.
It changes nothing; exit status 1 if something is wrong.`,
		Example: "hgbench results fsck\nhgbench results fsck hgbench-results/quick",
		Args:    positional(atMost(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, err := chosenResults(cmd, args)
			if err != nil {
				return err
			}
			dir := paths[0]
			if isFile(dir) {
				dir = filepath.Dir(dir)
			}
			return fsck(cmd, dir)
		},
	}
}

func fsck(cmd *cobra.Command, dir string) error {
	// The first run of a folder leaves checkpoints before there is a record.
	if !isThere(filepath.Join(dir, results.FileName)) && !isThere(checkpointsFolder(dir)) && !isThere(weightsFolder(dir)) {
		return fmt.Errorf("results folder %s holds no %s: want a folder that a sweep or run wrote to", dir, results.FileName)
	}
	records, problems, err := results.Fsck(dir, bench.CheckRecord)
	if err != nil {
		return err
	}
	wrong := make([]error, len(problems))
	for i, p := range problems {
		wrong[i] = errors.New(p.String())
	}
	weights, failed := 0, 0
	for _, r := range records {
		if r.Status == results.Failed {
			failed++
		}
		if r.Status != results.Done || r.WeightsHash == "" {
			continue
		}
		switch err := bench.CheckWeights(r, filepath.Join(weightsFolder(dir), r.ID+".safetensors")); {
		case err == nil:
			weights++
		case !errors.Is(err, fs.ErrNotExist): // they may be deleted, they can be had again
			wrong = append(wrong, err)
		}
	}
	checkpoints, damaged := bench.CheckCheckpoints(checkpointsFolder(dir))
	if wrong = append(wrong, damaged...); len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: nothing wrong with %d records (%d failed), the weights of %d of them and %d checkpoints of runs under way\n",
		dir, len(records), failed, weights, checkpoints)
	return nil
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
