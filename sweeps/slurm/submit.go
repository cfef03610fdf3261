package slurm

import (
	"context"
	"fmt"
	"strings"
)

// Submit gives a script to sbatch and returns the number of its job.
func Submit(ctx context.Context, script string) (job string, err error) {
	out, err := call(ctx, "sbatch", "--parsable", script)
	if err != nil && strings.Contains(err.Error(), "Memory specification can not be satisfied") {
		err = fmt.Errorf("%w: no node of the cluster has so much, or its configuration says nothing of memory (RealMemory); then --sbatch=--mem=0 helps", err)
	}
	if err != nil {
		return "", err
	}
	// NUMBER or NUMBER;CLUSTER; a site's own lines may stand before it.
	lines := strings.Split(strings.TrimSpace(out), "\n")
	job, _, _ = strings.Cut(lines[len(lines)-1], ";")
	if job == "" {
		return "", fmt.Errorf("sbatch: printed %q; want the number of a job", out)
	}
	return job, nil
}
