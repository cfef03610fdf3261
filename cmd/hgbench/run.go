package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
)

// runsFolder is where single runs are recorded unless --out says otherwise.
var runsFolder = filepath.Join(resultsRoot, "runs")

func newRun() *cobra.Command {
	var (
		flags   specFlags
		o       bench.Options
		id, out string
		threads threads
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Train and evaluate one spec, or replay a recorded run",
		Long: `Trains a spec, evaluates it, proves that it does not look ahead, and records it.

Ctrl-C stops after the current step. A run that was stopped, or killed, goes on from
its last checkpoint when the same command is given again, and ends with the same
bits. Checkpoints are in DIR/checkpoints until the run is recorded. One that is done
and recorded in DIR is shown and not trained again, unless with --restart.

With --id it trains the spec of a record again instead, and says whether the BPC is
bitwise the same, as it must be on the same instruction set and kernel version;
exit status 1 if it is not. A replay records nothing. Ids are looked for in --out,
or else in all folders of ./` + resultsRoot + ` and of ./` + recordedRoot + `.

With --weights it starts from given weights instead of drawing them. Such a run is
not recorded, since its spec alone does not give it.`,
		Example: "hgbench run\nhgbench run -f spec.yaml --set train.lr=2e-3 --out hgbench-results/mine\n" +
			"hgbench run --set model.system=transformer --set model.hierarchy=4@1 --set budget.seconds=60\n" +
			"hgbench run --id 1f6e2ab0",
		Args: positional(noArguments),
		RunE: func(cmd *cobra.Command, _ []string) error {
			defer takeSignals(cmd)()
			o.Threads = int(threads)
			if cmd.Flags().Changed("id") {
				return replay(cmd, id, out, o, asJSON)
			}
			spec, err := flags.spec(cmd.Context())
			if err != nil {
				return err
			}
			if o.Weights != "" {
				out = ""
			} else if out == "" {
				out = runsFolder
			}
			return run(cmd, spec, out, o, asJSON)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&id, "id", "", "replay the recorded run with this `ID`, or one that starts so")
	complete(cmd, "id", completeIDs)
	outFlag(cmd, &out, "results `folder` to record in, or with --id to look in (default: ./"+resultsRoot+"/runs, or with --id all)")
	weightsFlag(cmd, &o.Weights, "weights to start from")
	threadsFlag(cmd, &threads)
	trainingFlags(cmd, &o)
	jsonFlag(cmd, &asJSON)
	for _, other := range []string{"file", "set", "weights", "checkpoint", "restart"} {
		cmd.MarkFlagsMutuallyExclusive("id", other)
	}
	for _, other := range []string{"out", "checkpoint", "restart"} {
		cmd.MarkFlagsMutuallyExclusive("weights", other)
	}
	return cmd
}

// run runs a spec and records it in the folder out, unless that is empty.
func run(cmd *cobra.Command, spec bench.Spec, out string, o bench.Options, asJSON bool) error {
	sha256, err := corpusHash(cmd.Context(), spec.Data)
	if err != nil {
		return err
	}
	if !o.AllowLeak { // before there is a folder for what will not be
		if err := spec.CheckCausal(); err != nil {
			return err
		}
	}
	var store *results.Store
	if out != "" {
		if r, done, err := recordedRun(cmd, spec, sha256, out); err != nil {
			return err
		} else if done && !o.Restart {
			o.Checkpoints = checkpointsFolder(out)
			return errors.Join(printRecorded(cmd, r, out, asJSON), dropCheckpoints(o, r)) // if it was killed just after recording
		}
		if store, o.SaveDir, err = openResults(out); err != nil {
			return err
		}
		warnChanged(cmd, store, spec.Data, sha256)
		o.Checkpoints = checkpointsFolder(out)
	}
	r, err := train(cmd, spec, o)
	goOn := "the same command goes on where this one stopped"
	if store == nil {
		goOn = "nothing is kept; the same command starts again"
	}
	if stopped := stoppedBy(cmd, err, goOn); stopped != err {
		return stopped
	}
	// What failed before a spec was recorded never began.
	if store != nil && len(r.Spec) > 0 {
		if failed := store.Append(r); failed != nil {
			return errors.Join(err, failed)
		}
		err = errors.Join(err, dropCheckpoints(o, r))
	}
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(cmd, r)
	}
	printRun(cmd, r)
	if store != nil {
		fmt.Fprintf(cmd.OutOrStdout(), "recorded in %s; \"hgbench sample --id %s\" shows what it learnt\n", store.Path(), r.ID)
	}
	return nil
}

// recordedRun is the done record, if there is one, that a folder has of a spec
// on a corpus.
func recordedRun(cmd *cobra.Command, spec bench.Spec, sha256, out string) (r results.Record, done bool, err error) {
	if !isFile(filepath.Join(out, results.FileName)) {
		return r, false, nil
	}
	if err := spec.Resolve(bench.NecessaryPerToken); err != nil {
		return r, false, err
	}
	records, err := readResults(cmd, out)
	if err != nil {
		return r, false, err
	}
	r, found := records.Find(spec.ID(sha256))
	return r, found && r.Status == results.Done, nil
}

// printRecorded shows a run that was done before.
func printRecorded(cmd *cobra.Command, r results.Record, out string, asJSON bool) error {
	fmt.Fprintf(cmd.ErrOrStderr(), "run %s was done before and is recorded in %s; --restart trains it again\n", r.ID, out)
	if asJSON {
		return writeJSON(cmd, r)
	}
	printRun(cmd, r)
	return nil
}

// train runs a spec with its progress shown.
func train(cmd *cobra.Command, spec bench.Spec, o bench.Options) (results.Record, error) {
	title, err := label(spec)
	if err != nil {
		return results.Record{}, err
	}
	p := newProgress(cmd)
	defer p.end()
	p.begin(title)
	o.Progress, o.Note = watch(p), p.note
	return bench.Run(cmd.Context(), spec, o)
}

func printRun(cmd *cobra.Command, r results.Record) {
	out := cmd.OutOrStdout()
	unit := r.Evaluation.Bits().Name
	fmt.Fprintf(out, "%s: validation %s %.4f, test %s %s\n", r.Label(), unit, r.ValidBPC, unit, withError(r.TestBPC, r.TestStderr))
	fmt.Fprintf(out, "%s parameters, %s/token, peak memory %s planned and %s real, %s, %.0f %% of the machine's peak\n",
		results.FormatSI(float64(r.Parameters), ""), results.FormatSI(r.FLOPs.NecessaryPerToken, "FLOP"),
		results.FormatBytes(r.Memory.Planned.Total), results.FormatBytes(r.Memory.MeasuredPeak),
		results.FormatSI(r.TokensPerSecond, "tok/s"), 100*r.ShareOfPeak)
}
