package main

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hgbench/results"
)

// killedSpecs leave something to lose: dropout, micro-batches, several
// programs, a memory from step to step, an evaluation that takes its time.
var killedSpecs = map[string]string{
	"hourglass": `
data: corpus.txt
model: {d_model: 16, heads: 2, hierarchy: "1@1,1@2,1@1", dropout: 0.1}
train: {context: 24, batch: 4, micro_batch: 2, steps: 40, warmup: 10, shorten_factors: [2, 3], clip: 1}
eval: {every: 13, valid_bytes: 150, bytes: 300, stride: 6}`,
	"transformer-xl": `
data: corpus.txt
model: {system: transformer-xl, hierarchy: 2@1, d_model: 16, heads: 2, memory: 40, eval_memory: 60, dropout: 0.1}
train: {context: 24, batch: 4, steps: 40, warmup: 10}
eval: {every: 15, valid_bytes: 500, bytes: 900, context: 12, stride: 12}`,
}

// A run that is killed (kill -9) again and again, at random moments, in the
// middle of steps, checkpoints, evaluations and records, on other numbers of
// threads each time, ends with the bits of one that is left alone.
func TestKilled(t *testing.T) {
	for name, spec := range killedSpecs {
		t.Run(name, func(t *testing.T) {
			workFolder(t)
			write(t, "spec.yaml", spec)
			k := &killer{args: []string{"run", "-f", "spec.yaml"}, random: rand.New(rand.NewPCG(1, uint64(len(name))))}
			k.survive(t, "--threads", "1")
		})
	}
}

// So does a sweep whose points are processes of their own, when the process
// that they are the points of is killed.
func TestKilledSweep(t *testing.T) {
	workFolder(t)
	text := strings.Replace(tinySweep, "steps: 12", "steps: 40", 1)
	write(t, "sweep.yaml", text)
	k := &killer{args: []string{"sweep", "sweep.yaml", "--jobs", "2"}, random: rand.New(rand.NewPCG(1, 1))}
	k.survive(t, "--jobs", "1")
}

// survive runs k's command undisturbed, with other flags, and then again and
// again with kills, until there were enough.
func (k *killer) survive(t *testing.T, flags ...string) {
	start := time.Now()
	k.out = "whole"
	ok(t, append(k.command(), flags...)...)
	k.span = time.Since(start)
	want := bare(recorded(t, k.out))
	for k.kills < kills {
		k.out = fmt.Sprint("killed", k.kills)
		k.runToTheEnd(t)
		if diff := cmp.Diff(want, bare(recorded(t, k.out))); diff != "" {
			t.Fatalf("after %d kills (-want +got):\n%s", k.kills, diff)
		}
		if exists(checkpointsFolder(k.out)) {
			t.Errorf("%s is still there", checkpointsFolder(k.out))
		}
		contains(t, ok(t, "results", "fsck", k.out), "nothing wrong")
	}
	t.Logf("%d kills survived, %d of them in the middle of writing a checkpoint, %d just before or after recording; %d times it went on from a checkpoint",
		k.kills, k.torn, k.recording, k.resumed)
	if k.resumed == 0 {
		t.Error("it never went on from a checkpoint")
	}
}

// moment of a kill.
type moment int

const (
	checkpointed moment = iota // some time after a checkpoint
	recording                  // when the weights are there, just before or after the record is
	writing                    // while a checkpoint is being written
	whenever                   // from the start on
	moments
)

// killer runs a command and kills it.
type killer struct {
	args   []string
	out    string
	span   time.Duration // that a run takes
	random *rand.Rand

	kills, torn, recording, resumed int
}

func (k *killer) command() []string { return append(slices.Clone(k.args), "--out", k.out) }

// runToTheEnd starts and kills the run until it ends by itself, which it may
// once there were enough kills.
func (k *killer) runToTheEnd(t *testing.T) {
	for {
		args := append(k.command(), "--checkpoint", []string{"0s", "5ms", "30ms"}[k.random.IntN(3)])
		if args[0] == "run" {
			args = append(args, "--threads", fmt.Sprint(1+k.random.IntN(3)))
		}
		cmd := command(t, args...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		at := moment(k.kills) % moments
		var err error
		if k.kills >= kills {
			err = <-ended
		} else {
			err = k.kill(cmd, at, ended)
		}
		if strings.Contains(stderr.String(), "going on from a checkpoint") {
			k.resumed++
		}
		if strings.Contains(stderr.String(), "damaged") {
			t.Errorf("a kill left a damaged checkpoint: %s", stderr.String())
		}
		if err == nil {
			return
		}
		if cmd.ProcessState.ExitCode() != -1 {
			t.Fatalf("%v: %v\n%s", args, err, stderr.String())
		}
		k.kills++
		if len(k.files(".*")) > 0 {
			k.torn++
		}
		if at == recording {
			k.recording++
		}
	}
}

// files of the run's checkpoints.
func (k *killer) files(pattern string) []string {
	found, _ := filepath.Glob(filepath.Join(checkpointsFolder(k.out), "*", pattern))
	return found
}

// kill kills a process at a moment, unless it ends before.
func (k *killer) kill(cmd *exec.Cmd, at moment, ended chan error) error {
	before := k.files("*.safetensors")
	delay := k.span / 6
	var reached func() bool
	switch at {
	case checkpointed:
		reached = func() bool { return !slices.Equal(k.files("*.safetensors"), before) }
	case recording:
		reached = func() bool { return len(k.weights()) > 0 }
		delay = 4 * time.Millisecond
	case writing:
		reached = func() bool { return len(k.files(".*")) > 0 }
		delay = time.Millisecond
	case whenever:
		reached = func() bool { return true }
		delay = k.span / 2
	}
	for !reached() {
		select {
		case err := <-ended:
			return err
		case <-time.After(200 * time.Microsecond):
		}
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(time.Duration(k.random.Int64N(int64(delay)))):
	}
	_ = cmd.Process.Kill() // it may have ended
	return <-ended
}

func (k *killer) weights() []string {
	found, _ := filepath.Glob(filepath.Join(weightsFolder(k.out), "*.safetensors"))
	return found
}

// bare are records, in the order of their ids, without what two runs of the
// same bits differ in: times, rates, memory and threads.
func bare(records results.Records) results.Records {
	records = slices.Clone(records)
	for i := range records {
		r := &records[i]
		r.Time, r.Seconds, r.TokensPerSecond, r.ShareOfPeak = time.Time{}, 0, 0, 0
		r.Machine, r.Memory, r.Versions.Commit = results.Machine{}, results.Memory{}, ""
		r.Curve = slices.Clone(r.Curve)
		for j := range r.Curve {
			r.Curve[j].Seconds = 0
		}
	}
	slices.SortFunc(records, func(a, b results.Record) int { return strings.Compare(a.ID, b.ID) })
	return records
}
