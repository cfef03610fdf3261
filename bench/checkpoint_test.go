package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hgbench/pkg/checkpoint"
	"hgbench/pkg/cpu"
	"hgbench/pkg/data"
	"hgbench/results"
)

// bare is a record without what two runs of the same bits differ in: times,
// rates, memory and threads.
func bare(r results.Record) results.Record {
	r.Time, r.Seconds, r.TokensPerSecond, r.ShareOfPeak = time.Time{}, 0, 0, 0
	r.Machine, r.Memory, r.Versions.Commit = results.Machine{}, results.Memory{}, ""
	r.Curve = slices.Clone(r.Curve)
	for i := range r.Curve {
		r.Curve[i].Seconds = 0
	}
	return r
}

// stopping gives options that stop the run after so many words of progress.
func stopping(t *testing.T, o Options, words int) (context.Context, Options) {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	o.Progress = func(Progress) {
		if words--; words == 0 {
			cancel()
		}
	}
	return ctx, o
}

// log collects notes.
type log struct {
	mu    sync.Mutex
	notes []string
}

func (l *log) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notes = append(l.notes, text)
}

func (l *log) contains(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(strings.Join(l.notes, "\n"), text)
}

// stopped runs a spec until it has made so many steps, and leaves a checkpoint
// after the last and after the one before.
func stopped(t *testing.T, s Spec, o Options, steps int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.CheckpointEvery = 0
	o.Progress = func(p Progress) {
		if p.Phase == Training && p.Done == steps {
			cancel()
		}
	}
	if _, err := Run(ctx, s, o); !isCancelled(err) {
		t.Fatalf("stopped with %v", err)
	}
}

// What comes before and after the steps is not lost either: a run that is stopped
// in its final proof does not score the test split anew, and one that is killed
// once its initial proof is done does not prove again.
func TestResumeBesideTraining(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t))
	whole, err := Run(t.Context(), s, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Threads: 1, Checkpoints: t.TempDir(), CheckpointEvery: time.Hour}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	tested := false
	o.Progress = func(p Progress) {
		tested = tested || p.Phase == Testing
		if tested && p.Phase == Proving {
			cancel()
		}
	}
	if _, err := Run(ctx, s, o); !isCancelled(err) {
		t.Fatalf("stopped in the final proof with %v", err)
	}
	if r, err := ReadReached(o.Checkpoints, whole.ID); err != nil || r.Step != 4 || r.Windows != len(whole.TestWindows) || !r.Proven {
		t.Errorf("reached %+v, %v", r, err)
	}
	var phases []Phase
	o.Progress = func(p Progress) { phases = append(phases, p.Phase) }
	record, err := Run(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	if want := []Phase{Preparing, Proving}; !slices.Equal(phases, want) {
		t.Errorf("resumed in %v; want %v", phases, want)
	}
	if diff := cmp.Diff(bare(whole), bare(record)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	// The first checkpoint is made before the first step, when it is due.
	o = Options{Threads: 1, Checkpoints: t.TempDir()}
	o.Progress = func(p Progress) {
		if p.Phase == Training && p.Done == 1 {
			made := &checkpoints{dir: filepath.Join(o.Checkpoints, whole.ID)}
			s, ok, err := made.load(func(note string) { t.Error(note) })
			if err != nil || !ok || s.Step != 0 || s.Causality.Init != results.Pass {
				t.Errorf("before the first step is saved: %+v, %v, %v", s, ok, err)
			}
		}
	}
	if _, err := Run(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
}

// However often it is stopped, and wherever, a run ends with the same bits.
func TestResume(t *testing.T) {
	path := "data=" + textFile(t)
	for name, s := range map[string]Spec{
		"hourglass": tiny(t, "hourglass", path, "model.dropout=0.2", "train.micro_batch=2", "train.steps=20", "eval.every=6",
			"train.shorten_factors=[2, 3]", "model.upsample=repeat", "model.shorten=average"),
		"transformer": tiny(t, "transformer", path, "train.steps=20", "eval.every=1", "eval.bytes=400", "eval.stride=2",
			"model.attention=full", "model.positions=rotary", "train.clip=1", "train.weight_decay=0.1"),
		"transformer-xl": tiny(t, "transformer-xl", path, "train.steps=20", "eval.every=7", "model.memory=20", "model.eval_memory=30",
			"eval.valid_bytes=300", "eval.context=10", "eval.stride=10", "model.dropout=0.1"),
		"lsh": tiny(t, "transformer", path, "train.steps=20", "eval.every=7", "model.attention='lsh(4, hashes: 2, chunk: 3)'"),
	} {
		t.Run(name, func(t *testing.T) {
			whole, err := Run(t.Context(), s, Options{Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			// What was executed is recorded where the plan says the most that it can be.
			if f := whole.FLOPs; (f.DonePerToken > 0) != (name == "lsh") || f.DonePerToken > f.ExecutedPerToken {
				t.Errorf("%g FLOPs a token done of %g executed", f.DonePerToken, f.ExecutedPerToken)
			}
			for _, words := range []int{5, 19} {
				o := Options{Checkpoints: t.TempDir(), CheckpointEvery: time.Hour}
				var record results.Record
				runs := 0
				for ; ; runs++ {
					o.Threads = 1 + runs%2
					ctx, o := stopping(t, o, words)
					if record, err = Run(ctx, s, o); err == nil {
						break
					}
					if !isCancelled(err) {
						t.Fatal(err)
					}
					words++ // what is before the first step must not stop it for ever
				}
				if runs < 1 {
					t.Errorf("stopped %d times", runs)
				}
				if diff := cmp.Diff(bare(whole), bare(record)); diff != "" {
					t.Errorf("stopped %d times (-want +got):\n%s", runs, diff)
				}
				if err := RemoveCheckpoints(o.Checkpoints, record.ID); err != nil {
					t.Error(err)
				}
				if _, err := os.Stat(o.Checkpoints); !os.IsNotExist(err) {
					t.Errorf("the folder is still there: %v", err)
				}
			}
		})
	}
}

func TestDamagedCheckpoints(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t), "train.steps=9")
	whole, err := Run(t.Context(), s, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	flip := func(path string) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)-5] ^= 4
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cut := func(path string) {
		if err := os.Truncate(path, 100); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		damage func(paths []string)
		notes  []string
	}{
		"neither":  {func([]string) {}, []string{"going on from a checkpoint after step 5 of 9"}},
		"the last": {func(p []string) { flip(p[1]) }, []string{"damaged checkpoint, going on from the one before: ", "its SHA-256 is", "going on from a checkpoint after step 5 of 9"}},
		"both":     {func(p []string) { flip(p[0]); cut(p[1]) }, []string{"damaged checkpoint, beginning anew: "}},
		"half of one was written": {func(p []string) {
			if err := os.WriteFile(filepath.Join(filepath.Dir(p[0]), ".000009.safetensors.123"), []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, []string{"going on from a checkpoint after step 5 of 9"}},
		"clock jumps": {func(p []string) { // numbers count, not times
			if err := os.Chtimes(p[1], time.Unix(0, 0), time.Unix(0, 0)); err != nil {
				t.Fatal(err)
			}
		}, []string{"going on from a checkpoint after step 5 of 9"}},
	} {
		t.Run(name, func(t *testing.T) {
			var l log
			o := Options{Threads: 1, Checkpoints: t.TempDir(), CheckpointEvery: time.Hour, Note: l.note}
			stopped(t, s, o, 5)
			paths, err := filepath.Glob(filepath.Join(o.Checkpoints, "*", "*.safetensors"))
			if err != nil || len(paths) != checkpointsKept {
				t.Fatal(paths, err)
			}
			if whole, wrong := CheckCheckpoints(o.Checkpoints); whole != 2 || wrong != nil {
				t.Errorf("%d whole, %v", whole, wrong)
			}
			c.damage(paths)
			record, err := Run(t.Context(), s, o)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(bare(whole), bare(record)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			for _, note := range c.notes {
				if !l.contains(note) {
					t.Errorf("notes %q lack %q", l.notes, note)
				}
			}
		})
	}
}

// After a damaged one, too, there are two to go on from.
func TestDamagedTwice(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t), "train.steps=9")
	whole, err := Run(t.Context(), s, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	var l log
	o := Options{Threads: 1, Checkpoints: t.TempDir(), CheckpointEvery: time.Hour, Note: l.note}
	stopped(t, s, o, 3)
	for _, step := range []int{5, 9} {
		paths, err := filepath.Glob(filepath.Join(o.Checkpoints, "*", "*.safetensors"))
		if err != nil || len(paths) != checkpointsKept {
			t.Fatal(paths, err)
		}
		if err := os.Truncate(paths[1], 1000); err != nil {
			t.Fatal(err)
		}
		if step < 9 {
			ctx, cancel := context.WithCancel(t.Context())
			o.Progress = func(p Progress) {
				if p.Phase == Training && p.Done == step {
					cancel()
				}
			}
			if _, err := Run(ctx, s, o); !isCancelled(err) {
				t.Fatalf("stopped with %v", err)
			}
			continue
		}
		o.Progress = nil
		record, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(bare(whole), bare(record)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	if l.contains("beginning anew") {
		t.Errorf("notes %q", l.notes)
	}
}

// Where a run stops after its final proof, that is not made again.
func TestResumeAfterTheProof(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t), "train.steps=9")
	whole, err := Run(t.Context(), s, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Threads: 1, Checkpoints: t.TempDir(), CheckpointEvery: time.Hour, SaveDir: filepath.Join(t.TempDir(), "missing")}
	if r, err := Run(t.Context(), s, o); err == nil || r.Causality.Final != results.Pass {
		t.Fatalf("final proof %q, %v; want an error of where weights go", r.Causality.Final, err)
	}
	proofs := 0
	o.SaveDir, o.Progress = t.TempDir(), func(p Progress) {
		if p.Phase == Proving {
			proofs++
		}
	}
	record, err := Run(t.Context(), s, o)
	if err != nil || proofs > 0 {
		t.Errorf("%d proofs, %v", proofs, err)
	}
	if diff := cmp.Diff(bare(whole), bare(record)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A checkpoint that would not lead to the same bits is refused, and left alone.
func TestForeignCheckpoints(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t), "train.steps=9")
	for name, c := range map[string]struct{ old, new, want string }{
		"kernel":  {fmt.Sprintf(`"kernel":%d`, cpu.KernelVersion), `"kernel":0`, "was written with kernel version 0 on "},
		"isa":     {`"isa":"` + CurrentMachine(1).ISA, `"isa":"sse`, fmt.Sprintf("with kernel version %d on sse", cpu.KernelVersion)},
		"known":   {`"isa":"` + CurrentMachine(1).ISA, `"isa":"portable`, "want HGBENCH_ISA=portable to go on, or --restart to begin anew"},
		"program": {`"program":{`, `"program":{},"was":{`, "the result would be that of neither; want that program to go on, or --restart"},
		"id":      {`"id":"`, `"id":"0`, "is a checkpoint of run 0"},
	} {
		t.Run(name, func(t *testing.T) {
			var l log
			o := Options{Threads: 1, Checkpoints: t.TempDir(), CheckpointEvery: time.Hour, Note: l.note}
			stopped(t, s, o, 5)
			paths, _ := filepath.Glob(filepath.Join(o.Checkpoints, "*", "*.safetensors"))
			for _, path := range paths {
				f, err := checkpoint.Load(path)
				if err != nil {
					t.Fatal(err)
				}
				f.Metadata[stateKey] = strings.Replace(f.Metadata[stateKey], c.old, c.new, 1)
				if err := checkpoint.Save(path, f); err != nil {
					t.Fatal(err)
				}
			}
			if r, err := Run(t.Context(), s, o); err == nil || !strings.Contains(err.Error(), c.want) || r.Status != results.Failed {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if left, _ := filepath.Glob(filepath.Join(o.Checkpoints, "*", "*.safetensors")); len(left) != 2 {
				t.Errorf("left %v", left)
			}
			l.notes, o.Restart = nil, true
			if _, err := Run(t.Context(), s, o); err != nil || len(l.notes) > 0 {
				t.Errorf("restarted with %v, notes %v", err, l.notes)
			}
		})
	}
}

func TestRunIsClaimed(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t))
	o := Options{Threads: 1, Checkpoints: t.TempDir()}
	var second error
	o.Progress = func(p Progress) {
		if p.Phase == Training && p.Done == 2 {
			_, second = Run(t.Context(), s, Options{Threads: 1, Checkpoints: o.Checkpoints})
		}
	}
	if _, err := Run(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(second, results.ErrClaimed) {
		t.Errorf("a second process got %v", second)
	}
}

// When no checkpoint can be written the run says so, and goes on.
func TestCheckpointsFail(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t))
	var l log
	o := Options{Threads: 1, Checkpoints: filepath.Join(t.TempDir(), "c"), Note: l.note}
	o.Progress = func(p Progress) {
		if p.Phase == Training && p.Done == 2 {
			err := os.RemoveAll(o.Checkpoints)
			if err == nil {
				err = os.WriteFile(o.Checkpoints, nil, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := Run(t.Context(), s, o)
	if err != nil || r.Status != results.Done || !l.contains("checkpoint after step 2: ") || !l.contains("not a directory") || !l.contains("the one before is still there") || l.contains("WARNING") {
		t.Errorf("%v, notes %v", err, l.notes)
	}
}

// A run that cannot write any checkpoint tells what that may cost, and one that
// cannot write its weights goes on from behind its training.
func TestNothingCanBeWritten(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t))
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var l log
	o := Options{Threads: 1, Checkpoints: t.TempDir(), Note: l.note}
	o.Progress = func(p Progress) {
		if p.Phase == Proving && p.ValidBPC == 0 { // the folder of the run is there
			paths, _ := filepath.Glob(filepath.Join(o.Checkpoints, "*"))
			if err := os.RemoveAll(paths[0]); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(paths[0], nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if r, err := Run(t.Context(), s, o); err != nil || r.Status != results.Done || !l.contains("WARNING: checkpoint after step 0: ") || !l.contains("a kill would cost all") {
		t.Errorf("%v, notes %v", err, l.notes)
	}

	o = Options{Threads: 1, Checkpoints: t.TempDir(), CheckpointEvery: time.Hour, SaveDir: file}
	r, err := Run(t.Context(), s, o)
	if err == nil || r.Status != results.Failed {
		t.Errorf("weights were written into a file: %v", err)
	}
	if reached, err := ReadReached(o.Checkpoints, r.ID); err != nil || reached.Step != 4 || reached.Windows != len(r.TestWindows) {
		t.Errorf("it goes on from %+v, %v", reached, err)
	}
}

// A run with a budget in seconds keeps the steps that it began with.
func TestResumeKeepsCalibration(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t), "budget.seconds=0.2", "eval.every=0")
	o := Options{Threads: 1, Checkpoints: t.TempDir(), CheckpointEvery: time.Hour}
	stopped(t, s, o, 5)
	var l log
	o.Note = l.note
	calibrated := false
	o.Progress = func(p Progress) { calibrated = calibrated || p.Phase == Calibrating }
	r, err := Run(t.Context(), s, o)
	if err != nil || calibrated || r.Calibration == nil || last(r).Step != r.Calibration.Steps {
		t.Errorf("calibrated anew: %v; %+v, %v", calibrated, r.Calibration, err)
	}
	again, err := Run(t.Context(), mustParse(t, string(r.Spec)), Options{Threads: 1})
	if err != nil || again.WeightsHash != r.WeightsHash {
		t.Errorf("a replay has other weights, %v", err)
	}
}

// Checkpoints may take a hundredth of a run's time, however slow the disk is.
func TestCheckpointsAreDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		c := checkpoints{began: now, saved: now, cost: 300 * time.Millisecond, spent: 600 * time.Millisecond}
		for _, step := range []struct {
			wait, every time.Duration
			due         bool
		}{
			{0, 0, true}, // after every step, whatever it costs
			{89 * time.Second, time.Second, false},
			{time.Second, time.Second, true},
			{0, 2 * time.Minute, false},
			{30 * time.Second, 2 * time.Minute, true},
		} {
			time.Sleep(step.wait)
			if due := c.due(step.every); due != step.due {
				t.Errorf("%v after the last one, every %v: due %v", time.Since(c.saved), step.every, due)
			}
		}
	})
}

// The time that a checkpoint takes from a run of 5 million parameters.
func BenchmarkCheckpoint(b *testing.B) {
	floats := make([]float32, 3*5_000_000)
	f := &checkpoint.File{Tensors: map[string]checkpoint.Tensor{"weights": {Shape: []int{len(floats)}, Floats: floats}}}
	c, err := openCheckpoints(b.TempDir(), false)
	if err != nil {
		b.Fatal(err)
	}
	defer c.claim.Close()
	b.SetBytes(4 * int64(len(floats)))
	for b.Loop() {
		if err := c.save(f); err != nil {
			b.Fatal(err)
		}
	}
}

// Whatever the state says: no panic, and what is accepted can go on.
func FuzzState(f *testing.F) {
	f.Add([]byte(`{"id":"x","kernel":1,"isa":"avx2","step":3,"since":1.5,"recent":2,"seconds":0.1,"tally":null,"curve":[{"step":3,"train_bpc":4}],"causality":{"init":"pass"},"calibration":null}`))
	f.Add([]byte(`{"step":-1}`))
	f.Add([]byte(`{"tally":{"windows":[1],"position":[]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := stateOf(map[string]string{stateKey: string(text)})
		if err != nil {
			return
		}
		r := run{spec: DefaultSpec()}
		r.step, r.since, r.tally, r.record.Curve = s.Step, s.Since, s.Tally, s.Curve
		r.spec.Train.Steps = 10
		_ = r.toValidate()
		if r.tally != nil {
			if err := r.tally.add(make([]float32, 64), data.Window{Len: 64, Score: 64}, 64); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestNoState(t *testing.T) {
	for text, want := range map[string]string{
		"{":                                   "state of the run: ",
		`{"step": -1}`:                        "step -1",
		`{"step": 1, "curve": [{"step": 2}]}`: "step 1 with a curve of 1 points",
		`{"tally": {}}`:                       "tally of 0 and 0 slices; want 32",
	} {
		f := map[string]string{stateKey: text}
		if _, err := stateOf(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
	if _, err := stateOf(nil); err == nil || !strings.Contains(err.Error(), "no checkpoint of a run") {
		t.Errorf("error %v", err)
	}
}
