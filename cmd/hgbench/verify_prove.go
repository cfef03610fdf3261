package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hgbench/pkg/verify"
)

// verifyOptions are the flags of "hgbench verify" and its commands.
type verifyOptions struct {
	threads threads
	json    bool
}

func (o *verifyOptions) flags(cmd *cobra.Command) {
	threadsFlag(cmd, &o.threads)
	jsonFlag(cmd, &o.json)
}

// proof is one of a part: golden, gradients or causality.
type proof struct {
	verify.Proof
	part string
}

func proofsOf(part string, proofs []verify.Proof) []proof {
	all := make([]proof, len(proofs))
	for i, p := range proofs {
		all[i] = proof{p, part}
	}
	return all
}

// proven is what came of a proof, as "hgbench verify --json" writes it.
type proven struct {
	Part      string       `json:"part"`
	Group     string       `json:"group"`
	Name      string       `json:"name"`
	Pass      bool         `json:"pass"`
	Error     verify.Error `json:"error"`
	Tolerance float64      `json:"tolerance"` // of the error; 0 for proofs to the bit
	What      string       `json:"what,omitempty"`
}

// mostFailures are told one by one.
const mostFailures = 20

// prove runs proofs, shows a row for each group, and errs if one fails.
func (o verifyOptions) prove(cmd *cobra.Command, proofs []proof) error {
	defer takeSignals(cmd)()
	all, err := o.run(cmd, proofs)
	if err != nil {
		return stoppedBy(cmd, err, "the same command starts again")
	}
	if o.json {
		err = writeJSON(cmd, all)
	} else {
		err = writeGrid(cmd.OutOrStdout(), "llrrrl", []string{"proof", "of", "passed", "largest error", "may be", ""}, groupRows(all))
	}
	errs := []error{err}
	failed := 0
	for _, p := range all {
		if p.Pass {
			continue
		}
		if failed++; failed <= mostFailures {
			errs = append(errs, p.failure())
		}
	}
	if failed > 0 {
		errs = append(errs, fmt.Errorf("%d of %d proofs fail", failed, len(all)))
	}
	return errors.Join(errs...)
}

func (o verifyOptions) run(cmd *cobra.Command, proofs []proof) ([]proven, error) {
	progress := newProgress(cmd)
	defer progress.end()
	all := make([]proven, len(proofs))
	for i, p := range proofs {
		if err := cmd.Context().Err(); err != nil {
			return nil, err
		}
		if i == 0 || p.part != proofs[i-1].part {
			progress.begin("verify " + p.part)
		}
		progress.show(int64(i), int64(len(proofs)), p.Group+": "+p.Name)
		v, err := p.Run(o.count())
		all[i] = proven{p.part, p.Group, p.Name, v.Pass && err == nil, v.Error, v.Tolerance, v.What}
		if err != nil {
			all[i].What = err.Error()
		}
	}
	return all, nil
}

func (p proven) failure() error {
	what := p.What
	if what == "" {
		what = fmt.Sprintf("error %.1e of %s, may be %.0e", p.Error.Value, p.Error.Of, p.Tolerance)
	}
	return fmt.Errorf("%s: %s: %s: %s", p.Part, p.Group, p.Name, what)
}

// groupRows are a row for each group, in order.
func groupRows(all []proven) [][]string {
	var rows [][]string
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Part == all[0].Part && all[n].Group == all[0].Group {
			n++
		}
		passed, worst := 0, all[0].Error
		for _, p := range all[:n] {
			if p.Pass {
				passed++
			}
			if !(p.Error.Value <= worst.Value) {
				worst = p.Error
			}
		}
		row := []string{all[0].Part, all[0].Group, fmt.Sprintf("%d of %d", passed, n), "–", "", "pass"}
		if t := all[0].Tolerance; t > 0 {
			row[3], row[4] = errorText(worst), fmt.Sprintf("%.0e", t)
		}
		if passed < n {
			row[5] = "FAIL"
		}
		rows = append(rows, row)
		all = all[n:]
	}
	return rows
}
