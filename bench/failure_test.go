package bench

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"hgbench/results"
)

func isCancelled(err error) bool { return errors.Is(err, context.Canceled) }

// diverging doubles its weights and more with every step, until they overflow.
func diverging(t *testing.T) Spec {
	return tiny(t, "transformer", "data="+textFile(t), "train.lr=100", "train.weight_decay=1", "train.schedule=constant",
		"train.warmup=0", "train.steps=100")
}

// A diverged run names its step and leaves a record that can be written.
func TestDivergence(t *testing.T) {
	for name, c := range map[string]struct {
		change, want string
	}{
		"in training":   {"eval.every=0", `^the loss is .* at step \d+: the run diverged; a lower train.lr`},
		"in validation": {"eval.every=1", `^(the loss is .* at step \d+|validation after step \d+: the loss of the window at token 0 is)`},
	} {
		s := diverging(t)
		if err := s.Set(c.change); err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), s, Options{Threads: 1})
		if err == nil || !regexp.MustCompile(c.want).MatchString(err.Error()) || r.Status != results.Failed || r.Error != err.Error() || r.ID == "" {
			t.Errorf("%s: status %s, error %v", name, r.Status, err)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The last step's loss is finite, its weights are not: no BPC may come of it.
func TestDivergenceAtTheEnd(t *testing.T) {
	s := diverging(t)
	corpus := inMemory(0)
	steps := 0
	for _, loss := range start(t, s, corpus, 1).steps(100) {
		if loss-loss == 0 {
			steps++
		}
	}
	if steps == 100 {
		t.Fatal("does not diverge")
	}
	e := evaluatorOf(t, s, corpus, corpus.Valid, 60)
	run := start(t, s, corpus, 1, e.list()...)
	run.steps(steps)
	if found, err := e.run(t.Context(), run.machine, newTally(), nil); err == nil || !strings.Contains(err.Error(), "window at token 0 is") {
		t.Errorf("%g bits, error %v", found.bpc, err)
	}
}

func TestRunErrors(t *testing.T) {
	path := "data=" + textFile(t)
	for name, c := range map[string]struct {
		spec Spec
		want string
	}{
		"corpus":        {tiny(t, "transformer", "data=enwik77"), `unknown corpus "enwik77" \(did you mean enwik7\?\)`},
		"no file":       {tiny(t, "transformer", "data=file:/no/such"), "no such file"},
		"invalid":       {Spec{}, "model.system"},
		"long context":  {tiny(t, "transformer", path, "train.context=20000"), "context 20000 is longer than the training split"},
		"streams":       {tiny(t, "transformer-xl", path, "train.batch=2000"), "take a smaller batch or context"},
		"memory":        {tiny(t, "transformer", path, "model.storage=materialised", "train.context=18000", "train.batch=512"), "needs .*, .* free: a smaller"},
		"same length":   {tiny(t, "transformer-xl", path, "model.memory=0", "model.same_length=true"), "same_length without memory"},
		"budget":        {tiny(t, "transformer", path, "budget.tokens=10"), "budget of 10 tokens pays for 0.18 steps"},
		"seconds, huge": {tiny(t, "transformer", path, "budget.seconds=1", "model.storage=materialised", "train.context=18000", "train.batch=512"), "needs .*, .* free: a smaller"},
	} {
		r, err := Run(t.Context(), c.spec, Options{Threads: 1})
		if err == nil || !regexp.MustCompile(c.want).MatchString(err.Error()) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
			continue
		}
		if lines := strings.Count(err.Error(), "\n"); lines > 0 && name != "invalid" {
			t.Errorf("%s: error of %d lines: %v", name, lines+1, err)
		}
		if r.Status != results.Failed || r.Error != err.Error() {
			t.Errorf("%s: status %s, error %q", name, r.Status, r.Error)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBudgets(t *testing.T) {
	path := "data=" + textFile(t)
	perToken, err := NecessaryPerToken(tiny(t, "hourglass"))
	if err != nil {
		t.Fatal(err)
	}
	s := tiny(t, "hourglass", path)
	s.Budget, s.Train.Steps = Budget{FLOPs: perToken * 56 * 3.5}, 0
	r, err := Run(t.Context(), s, Options{Threads: 1})
	if err != nil || last(r).Step != 3 || r.FLOPs.Total != perToken*56*3 {
		t.Errorf("flops: curve %+v, total %g, %v", r.Curve, r.FLOPs.Total, err)
	}
	s.Budget = Budget{Tokens: 300}
	if r, err = Run(t.Context(), s, Options{Threads: 1}); err != nil || last(r).Tokens != 280 {
		t.Errorf("tokens: curve %+v, %v", r.Curve, err)
	}
}

// A budget in seconds is calibrated; its run takes about as long, and is
// replayed with the steps it came to: those alone are what its spec says, under
// an id of their own.
func TestBudgetInSeconds(t *testing.T) {
	s := tiny(t, "transformer", "data="+textFile(t), "budget.seconds=0.25", "eval.every=0")
	r, err := Run(t.Context(), s, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := r.Calibration
	if c == nil || c.Budget != 0.25 || c.Steps != int(0.25/c.StepSeconds) || last(r).Step != c.Steps {
		t.Fatalf("calibration %+v, curve %+v", c, r.Curve)
	}
	if r.Seconds < 0.01 || r.Seconds > 5 { // the machine may be busy with other things
		t.Errorf("%g seconds of a budget of 0.25", r.Seconds)
	}
	again, err := Run(t.Context(), mustParse(t, string(r.Spec)), Options{Threads: 1})
	if err != nil || again.WeightsHash != r.WeightsHash || again.ID == r.ID || r.ID != s.ID(r.Data.SHA256) {
		t.Errorf("replay: %v, id %s of %s, %v", again.WeightsHash == r.WeightsHash, again.ID, r.ID, err)
	}
	if wrong := append(CheckRecord(r), CheckRecord(again)...); len(wrong) > 0 {
		t.Error(wrong)
	}
}
