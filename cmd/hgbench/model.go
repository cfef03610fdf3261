package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"hgbench/bench"
	"hgbench/results"
)

// modelFlags choose a trained model: a recorded run by --id, or a spec and
// --weights.
type modelFlags struct {
	specFlags
	id, out, weights string
}

func (f *modelFlags) add(cmd *cobra.Command) {
	f.specFlags.add(cmd)
	cmd.Flags().StringVar(&f.id, "id", "", "`ID` of a recorded run, or how it starts")
	complete(cmd, "id", completeIDs)
	outFlag(cmd, &f.out, "results `folder` that has the run (default: all in ./"+resultsRoot+")")
	weightsFlag(cmd, &f.weights, "weights of the model (default with --id: those that the run left)")
	cmd.MarkFlagsOneRequired("id", "weights")
	cmd.MarkFlagsMutuallyExclusive("id", "file")
}

func weightsFlag(cmd *cobra.Command, to *string, usage string) {
	cmd.Flags().StringVar(to, "weights", "", usage+", a safetensors `file`")
	fileFlag(cmd, "weights", "safetensors")
}

// model is the chosen spec and the path of its weights.
func (f *modelFlags) model(cmd *cobra.Command) (spec bench.Spec, weights string, err error) {
	weights = f.weights
	if !cmd.Flags().Changed("id") {
		spec, err = f.spec(cmd.Context())
		return spec, weights, err
	}
	record, folder, err := findRecord(cmd, f.id, f.out)
	if err != nil {
		return spec, "", err
	}
	if spec, err = recordedSpec(record); err != nil {
		return spec, "", err
	}
	if spec, err = f.override(spec); err != nil {
		return spec, "", err
	}
	if weights == "" {
		weights = filepath.Join(weightsFolder(folder), record.ID+".safetensors")
		if _, err := os.Stat(weights); errors.Is(err, fs.ErrNotExist) {
			return spec, "", fmt.Errorf("run %s left no weights at %s; want --weights FILE, or \"hgbench run --restart\" with its spec", record.ID, weights)
		}
	}
	return spec, weights, nil
}

// recordedSpec is the spec of a record.
func recordedSpec(r results.Record) (bench.Spec, error) {
	var spec bench.Spec
	if err := json.Unmarshal(r.Spec, &spec); err != nil {
		return spec, fmt.Errorf("record %s: %w", r.ID, err)
	}
	return spec, nil
}

// weightsFolder is where the runs recorded in a results folder leave their
// final weights, or those in a file's folder.
func weightsFolder(path string) string { return filepath.Join(resultsFolder(path), "weights") }

// label names a spec's model for people.
func label(spec bench.Spec) (string, error) {
	b, err := spec.Canonical()
	if err != nil {
		return "", err
	}
	return results.Record{Spec: b}.Label(), nil
}
