//go:build long

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A limit of time that really ends: the task goes back to the queue by itself,
// and ends with the bits of a run at home.
func TestSlurmTime(t *testing.T) {
	c := startCluster(t)
	t.Setenv(asCommand, "1")
	write(t, "sweep.yaml", clusterSweep)
	ok(t, "sweep", "sweep.yaml", "--out", "home", "--threads", "1")
	// A minute is the shortest limit there is, and the warning may come one early.
	out := "cluster"
	a := array{c, okJSON[submitted](t, "sweep", "sweep.yaml", "--out", out, "--slurm", "--time", "1", "--sbatch=--signal=B:TERM@20", "--checkpoint", "0", "--json"), out}
	log := func() string {
		text, _ := os.ReadFile(filepath.Join(a.Folder, "1.log")) // there may be none yet
		return string(text)
	}
	a.hold(t, 1)
	await(t, "Slurm's warning", func() bool { return strings.Contains(log(), "CANCELLED AT") })
	// With its warning Slurm may have woken the task, which then is about to end.
	for _, id := range a.processesOf(1) {
		_ = syscall.Kill(id, syscall.SIGCONT)
	}
	a.emptied(t)
	if diff := cmp.Diff(bare(recorded(t, "home")), bare(recorded(t, out))); diff != "" {
		t.Errorf("at home (-), on the cluster (+):\n%s", diff)
	}
	a.logged(t, 1, "stopping after this step", "task "+a.task(1)+" goes back to the queue", "going on from a checkpoint after step ")
}
