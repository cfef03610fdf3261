package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/verify"
)

// goldenResult is what "hgbench verify golden --json" writes of a case.
type goldenResult struct {
	verify.GoldenResult
	Pass    bool   `json:"pass"`
	Problem string `json:"error,omitempty"` // why it could not be run
}

func newVerifyGolden() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "golden [DIR...]",
		Short: "Compare models with what the original implementations computed",
		Long: `Loads the weights of golden cases by name, runs forward and backward in float32,
and compares with what the original implementation computed from them. DIR is a
case, a folder with config.json and .safetensors files, or a folder of cases;
without any, the cases in hgbench's source, if this runs in there.

Shows the largest absolute error of logits (or another output) and of the loss,
and the largest error of a gradient, relative to its norm + 0.01, and whose it is.
Each may be 1e-5. A tensor that is missing, extra or misshapen is an error.`,
		Example: "hgbench verify golden\nhgbench verify golden pkg/verify/testdata/golden/linear\nhgbench verify golden my-cases --json",
		Args:    positional(cobra.ArbitraryArgs),
		RunE: func(cmd *cobra.Command, folders []string) error {
			if len(folders) == 0 {
				folder, ok := verify.SourceGolden(".")
				if !ok {
					return misuse(cmd, "want DIR, a folder of golden cases: only hgbench's source has some of its own, and this is not inside it")
				}
				folders = []string{folder}
			}
			cases, err := verify.GoldenCases(folders...)
			if err != nil {
				return err
			}
			return o.golden(cmd, cases)
		},
	}
	o.flags(cmd)
	return cmd
}

// golden runs cases, shows all, and errs if one fails.
func (o verifyOptions) golden(cmd *cobra.Command, cases []string) error {
	defer takeSignals(cmd)()
	all := make([]goldenResult, 0, len(cases))
	var errs []error
	failed := 0
	for _, folder := range cases {
		if err := cmd.Context().Err(); err != nil {
			return stoppedBy(cmd, err, "the same command starts again")
		}
		r, err := verify.Golden(folder, graph.Float32, o.count())
		result := goldenResult{GoldenResult: r, Pass: err == nil && r.Pass()}
		if err != nil {
			result.Problem = err.Error()
			errs = append(errs, err)
		}
		if !result.Pass {
			failed++
		}
		all = append(all, result)
	}
	if failed > 0 {
		errs = append(errs, fmt.Errorf("%d of %d golden cases fail", failed, len(all)))
	}
	if o.json {
		return errors.Join(append([]error{writeJSON(cmd, all)}, errs...)...)
	}
	var rows [][]string
	for _, r := range all {
		row := []string{filepath.Base(r.Case), r.Kind, errorText(r.Output), errorText(r.Loss), errorText(r.Gradient), r.Gradient.Of, "pass"}
		switch {
		case r.Problem != "":
			row = []string{filepath.Base(r.Case), r.Kind, "–", "–", "–", "", "not run"}
		case !r.Pass:
			row[len(row)-1] = "FAIL"
		}
		rows = append(rows, row)
	}
	out := cmd.OutOrStdout()
	err := writeGrid(out, "llrrrll", []string{"case", "kind", "output", "loss", "gradient", "of", ""}, rows)
	if err == nil {
		_, err = fmt.Fprintf(out, "Largest errors, in float32 on %v; each may be %.0e.\n", cpu.Current(), verify.GoldenTolerance)
	}
	return errors.Join(append([]error{err}, errs...)...)
}

func errorText(e verify.Error) string {
	switch {
	case e.Of == "":
		return "–" // nothing was compared
	case e.Value == 0:
		return "0"
	}
	return fmt.Sprintf("%.1e", e.Value)
}

// count is the number of threads.
func (o verifyOptions) count() int {
	if o.threads > 0 {
		return int(o.threads)
	}
	return runtime.GOMAXPROCS(0)
}
