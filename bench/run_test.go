package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hgbench/results"
)

// runs are whole experiments that between them have every system, resampling,
// position, storage, norm and way of training.
func runs(t *testing.T) map[string]Spec {
	path := "data=" + textFile(t)
	return map[string]Spec{
		"transformer": tiny(t, "transformer", path, "model.attention=full", "model.positions=absolute",
			"model.dropout=0.1", "train.clip=1", "train.weight_decay=0.01"),
		"hourglass, attention": tiny(t, "hourglass", path, "model.positions=none", "model.attention={1: relative, 3: full}",
			"model.storage=materialised", "train.micro_batch=2"),
		"hourglass, linear": tiny(t, "hourglass", path, `model.hierarchy="0@1,1@2,1@4,0@2,1@1"`, "model.shorten=attention(linear)",
			"model.upsample=linear", "model.attention=full", "model.positions=rotary", "model.dropout=0.2"),
		"hourglass, factors": tiny(t, "hourglass", path, "model.shorten=average", "model.upsample=attention(none)",
			"model.attention=full", "model.positions=absolute",
			"train.shorten_factors=[2, 5]", "train.context=16"), // padded to 18, 16 and 20
		"transformer-xl, post": tiny(t, "transformer-xl", path, "model.memory=20", "model.eval_memory=33", "model.dropout=0.1"),
		"transformer-xl, pre": tiny(t, "transformer-xl", path, "model.norm=pre", "model.clamp_len=9", "model.same_length=true",
			"model.storage=materialised", "eval.context=9", "eval.stride=9"),
	}
}

func TestRun(t *testing.T) {
	for name, s := range runs(t) {
		t.Run(name, func(t *testing.T) {
			s.Train.Steps, s.Eval.Every = 5, 2
			var phases []Phase
			first, err := Run(t.Context(), s, Options{Threads: 1, Sweep: "tests", Progress: func(p Progress) {
				if p.Done > p.Total {
					t.Errorf("progress %+v", p)
				}
				phases = append(phases, p.Phase)
			}})
			if err != nil {
				t.Fatal(err)
			}
			want := []Phase{Preparing, Proving, Training, Validating, Training, Validating, Training, Validating, Testing, Proving}
			if got := slices.Compact(phases); !slices.Equal(got, want) {
				t.Errorf("phases %v, want %v", got, want)
			}
			checkRecord(t, s, first)
			again, err := Run(t.Context(), s, Options{Threads: 3})
			if err != nil {
				t.Fatal(err)
			}
			checkReplay(t, first, again)
		})
	}
}

// checkReplay holds a record to another of the same spec: all but machine,
// time and memory of threads are the same, to the bit.
func checkReplay(t *testing.T, first, again results.Record) {
	t.Helper()
	differ := cmpopts.IgnoreFields(results.Record{}, "Time", "Sweep", "Machine", "Memory", "Seconds", "TokensPerSecond", "ShareOfPeak")
	if d := cmp.Diff(first, again, differ, cmpopts.IgnoreFields(results.Point{}, "Seconds")); d != "" {
		t.Errorf("replayed (-first +again)\n%s", d)
	}
}

// checkRecord says what is missing in the record of a run of 5 steps, validated
// every 2.
func checkRecord(t *testing.T, s Spec, r results.Record) {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back results.Record
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(r, back); d != "" {
		t.Errorf("through JSON (-record +read)\n%s", d)
	}
	if recorded := mustParse(t, string(r.Spec)); !recorded.Equal(s) || r.ID != s.ID(r.Data.SHA256) || len(r.ID) != 16 || r.Data.Name != s.Data {
		t.Errorf("spec %s, id %s, data %+v", r.Spec, r.ID, r.Data)
	}
	if r.Status != results.Done || r.Error != "" || r.Sweep != "tests" || time.Since(r.Time) > time.Minute {
		t.Errorf("status %s, error %q, sweep %q, time %v", r.Status, r.Error, r.Sweep, r.Time)
	}
	if c := r.Causality; c.Init != results.Pass || c.Final != results.Pass || c.Leak || c.Probes < exhaustiveLength {
		t.Errorf("causality %+v", c)
	}
	if r.Versions.Go == "" || r.Versions.Kernel == 0 || r.Machine.CPU == "" || r.Machine.ISA == "" || r.Machine.Threads != 1 {
		t.Errorf("versions %+v, machine %+v", r.Versions, r.Machine)
	}
	f := r.FLOPs
	if !(f.NecessaryPerToken > 0 && f.DensePerToken > f.NecessaryPerToken && f.ExecutedPerToken > 0) ||
		f.Total != f.NecessaryPerToken*float64(5*s.TokensPerStep()) {
		t.Errorf("flops %+v", f)
	}
	p := r.Memory.Planned
	if min(p.Weights, p.Gradients, p.Optimizer, p.Activations, p.Workspace) <= 0 ||
		p.Weights+p.Gradients+p.Optimizer+p.Activations+p.Workspace != p.Total {
		t.Errorf("planned %+v", p)
	}
	if runtime.GOOS == "linux" && !(0 < r.Memory.Idle && r.Memory.Idle <= r.Memory.MeasuredPeak) {
		t.Errorf("memory %+v", r.Memory)
	}
	var validated []int
	for i, p := range r.Curve {
		if p.ValidBPC != nil {
			validated = append(validated, p.Step)
		}
		tokens := int64(p.Step) * s.TokensPerStep()
		if p.Step != i+1 || p.Tokens != tokens || p.FLOPs != float64(tokens)*f.NecessaryPerToken || !(p.Seconds > 0) || !(p.TrainBPC > 0) ||
			i > 0 && p.Seconds <= r.Curve[i-1].Seconds {
			t.Errorf("point %d: %+v", i, p)
		}
	}
	if !slices.Equal(validated, []int{2, 4, 5}) || r.ValidBPC != *r.Curve[len(r.Curve)-1].ValidBPC {
		t.Errorf("validated at steps %v, %g at the end", validated, r.ValidBPC)
	}
	if r.Parameters == 0 || !(r.Seconds > 0 && r.TokensPerSecond > 0 && r.ShareOfPeak > 0) || len(r.WeightsHash) != 64 || len(r.Sample) == 0 {
		t.Errorf("parameters %d, %g s, %g tokens/s, share %g, weights %s, sample %q", r.Parameters, r.Seconds, r.TokensPerSecond, r.ShareOfPeak, r.WeightsHash, r.Sample)
	}
	if e := r.Evaluation; e.Context != s.Eval.Context || e.Stride != s.Eval.Stride || e.Bytes != 100 || !(r.TestBPC > 0) || len(r.TestWindows) < 2 {
		t.Errorf("evaluation %+v, %g in %d windows", e, r.TestBPC, len(r.TestWindows))
	}
}

// A text is learnt: far below its alphabet's log₂ 27 bits.
func TestRunLearns(t *testing.T) {
	s := tiny(t, "hourglass", "data="+textFile(t), "model.d_model=32", "train.context=48", "train.steps=150", "train.lr=1e-2",
		"eval.every=0", "eval.bytes=1000", "model.shorten=average", "model.upsample=repeat")
	r, err := Run(t.Context(), s, Options{Threads: 2})
	if err != nil || !(r.TestBPC < 3.6) || math.Abs(r.TestBPC-r.ValidBPC) > 0.5 {
		t.Errorf("test %.3f, validation %.3f bits, %v", r.TestBPC, r.ValidBPC, err)
	}
	if !(r.TestStderr > 0 && r.TestStderr < 0.3) || len(r.PositionBPC) != positionSlices || r.PositionBPC[0] < r.PositionBPC[31] {
		t.Errorf("stderr %g, by position %.2f", r.TestStderr, r.PositionBPC)
	}
	// The curve has about 50 points, and the means of its training loss cover
	// every step once.
	if n := len(r.Curve); n != 50 || last(r).Step != 150 || last(r).ValidBPC == nil || !(r.Curve[0].TrainBPC > 7 && last(r).TrainBPC < 3.6) {
		t.Errorf("%d points, the last %+v", n, last(r))
	}
}

func last(r results.Record) results.Point { return r.Curve[len(r.Curve)-1] }

// The order in which numbers are added depends neither on the number of
// threads nor on which of them is faster.
func TestThreadsDoNotChangeABit(t *testing.T) {
	corpus := inMemory(0)
	for name, s := range runs(t) {
		t.Run(name, func(t *testing.T) {
			var first string
			for _, threads := range []int{1, 2, 3, 7} {
				run := start(t, s, corpus, threads)
				losses := run.steps(50)
				got := fmt.Sprint(run.machine.Hash(), losses)
				if first == "" {
					first = got
				}
				if got != first {
					t.Errorf("%d threads:\n%s\n1 thread:\n%s", threads, got, first)
				}
			}
		})
	}
}

// A run ends soon after its context, with the context's error.
func TestRunStops(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t), "train.steps=1000000")
	ctx, cancel := context.WithCancel(t.Context())
	var stopped time.Time
	_, err := Run(ctx, s, Options{Threads: 1, Progress: func(p Progress) {
		if p.Phase == Training && p.Done == 3 {
			stopped = time.Now()
			cancel()
		}
	}})
	if !isCancelled(err) || time.Since(stopped) > time.Second {
		t.Errorf("%v after %v", err, time.Since(stopped))
	}
	if _, err := Run(ctx, s, Options{Threads: 1}); !isCancelled(err) {
		t.Errorf("begun when cancelled: %v", err)
	}
}
