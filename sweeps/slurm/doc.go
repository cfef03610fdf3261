// Package slurm hands work to Slurm, the scheduler of clusters: it writes the
// script of a job array, submits it with sbatch, and asks squeue what became of
// it. Nothing here schedules anything.
//
// Of Slurm's programs it uses sbatch --parsable, squeue --format and scontrol
// requeue, as they are since version 20.11 (slurm.schedmd.com/sbatch.html).
package slurm

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Present errs on a machine without Slurm's programs.
func Present() error {
	for _, program := range []string{"sbatch", "squeue"} {
		if _, err := find(program); err != nil {
			return err
		}
	}
	return nil
}

func find(program string) (path string, err error) {
	if path, err = exec.LookPath(program); err != nil {
		return "", fmt.Errorf("%s is not on the PATH; want a machine that submits to a Slurm cluster", program)
	}
	return path, nil
}

// patience with a controller that is busy, or that another one takes over from.
const patience = 2 * time.Minute

// call runs one of Slurm's programs and returns what it prints.
func call(ctx context.Context, program string, args ...string) (string, error) {
	path, err := find(program)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var stdout, stderr strings.Builder
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		// What they say is one error on several lines.
		said := strings.Join(strings.Fields(strings.ReplaceAll(stderr.String(), program+": error: ", "")), " ")
		if said == "" {
			return "", fmt.Errorf("%s: %w", program, err)
		}
		return "", fmt.Errorf("%s: %s (%w)", program, said, err)
	}
	return stdout.String(), nil
}
