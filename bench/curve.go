package bench

import (
	"fmt"
	"time"

	"hgbench/results"
)

// curvePoints is about how many points of a curve tell the training loss.
const curvePoints = 50

// train makes the steps that are left, validating on the way, and records the
// curve.
func (r *run) train() error {
	steps := r.spec.Train.Steps
	r.progress = Progress{Phase: Training, Done: r.step, Total: steps, ValidBPC: r.progress.ValidBPC}
	r.clock.start()
	for {
		if r.toValidate() {
			if err := r.validate(); err != nil {
				return fmt.Errorf("validation after step %d: %w", r.step, err)
			}
		}
		if r.step >= steps {
			break
		}
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if err := r.makeStep(); err != nil {
			return err
		}
		if err := r.checkpoint(); err != nil {
			return err
		}
	}
	n := len(r.record.Curve)
	if n == 0 || r.record.Curve[n-1].Step != steps {
		return fmt.Errorf("the curve does not end at step %d: a damaged checkpoint; want --restart to begin anew", steps)
	}
	p := r.record.Curve[n-1]
	r.record.FLOPs.DonePerToken = r.training.done / float64(p.Tokens)
	r.record.Seconds = p.Seconds
	r.record.TokensPerSecond = float64(p.Tokens) / p.Seconds
	r.record.ShareOfPeak = p.FLOPs / p.Seconds / 1e9 / r.record.Machine.PeakGFLOPS
	return nil
}

// makeStep makes the next step, and the point of the curve that may follow it.
func (r *run) makeStep() error {
	r.watchdog.begin(r.step)
	loss, err := r.trainStep()
	r.watchdog.end()
	if err != nil {
		return err
	}
	r.since += loss
	r.recent += (bits(loss) - r.recent) * max(0.02, 1/float64(r.step+1))
	r.step++
	r.watch()
	last := 0
	if n := len(r.record.Curve); n > 0 {
		last = r.record.Curve[n-1].Step
	}
	if r.judged() || r.step%max(1, r.spec.Train.Steps/curvePoints) == 0 {
		r.record.Curve = append(r.record.Curve, r.point(r.since/float64(r.step-last)))
		r.since = 0
	}
	return nil
}

// trainStep trains on the data of the next step, and returns its mean loss in
// nats, which is finite.
func (r *run) trainStep() (float64, error) {
	if r.options.DebugNaN {
		return r.checkedStep()
	}
	loss := r.training.step(r.corpus, r.machine, r.step)
	return loss, checkFinite(loss, r.step)
}

// judged says whether a validation belongs after the steps made so far.
func (r *run) judged() bool {
	every := r.spec.Eval.Every
	return r.step == r.spec.Train.Steps || every > 0 && r.step%every == 0
}

// toValidate says whether that validation is still to be done.
func (r *run) toValidate() bool {
	n := len(r.record.Curve)
	return r.judged() && n > 0 && r.record.Curve[n-1].Step == r.step && r.record.Curve[n-1].ValidBPC == nil
}

func (r *run) watch() {
	if r.options.Progress == nil {
		return
	}
	done := r.step
	p := Progress{Phase: Training, Done: done, Total: r.spec.Train.Steps, TrainBPC: r.recent, ValidBPC: r.progress.ValidBPC}
	spent := r.clock.read().Seconds()
	p.TokensPerSecond = float64(int64(done)*r.spec.TokensPerStep()) / spent
	left := spent / float64(done) * float64(p.Total-done)
	// Evaluation does a third of training's work for a token.
	perFLOP := spent / (float64(done) * float64(r.spec.TokensPerStep()) * r.record.FLOPs.NecessaryPerToken)
	left += perFLOP * (r.test.necessary() + r.valid.necessary()*float64(r.validations(done)))
	p.Remaining = time.Duration(left * float64(time.Second))
	r.tell(p)
}

// validations that are still to come after so many steps.
func (r *run) validations(done int) int {
	if r.spec.Eval.Every == 0 {
		return 1
	}
	return r.spec.validationsOf(r.spec.Train.Steps) - done/r.spec.Eval.Every
}

// point of the curve now; loss is the mean in nats since the point before.
func (r *run) point(loss float64) results.Point {
	tokens := int64(r.step) * r.spec.TokensPerStep()
	return results.Point{
		Step:     r.step,
		Tokens:   tokens,
		FLOPs:    float64(tokens) * r.record.FLOPs.NecessaryPerToken,
		Seconds:  r.clock.read().Seconds(),
		TrainBPC: bits(loss),
	}
}

// validate completes the last point of the curve.
func (r *run) validate() error {
	r.clock.stop()
	defer r.clock.start()
	found, err := r.evaluate(r.valid, nil)
	if err != nil {
		return err
	}
	r.progress.Phase, r.progress.ValidBPC = Validating, found.bpc
	r.tell(r.progress)
	r.record.Curve[len(r.record.Curve)-1].ValidBPC = &found.bpc
	r.tally = nil // a checkpoint has the one or the other
	return nil
}

// calibrate turns a budget in seconds into steps: the spec is trained for a
// moment, and the median time of a step decides. A run that goes on keeps the
// steps that it began with.
func (r *run) calibrate() error {
	if c := r.record.Calibration; c != nil { // from a checkpoint
		return r.spec.SetSteps(c.Steps)
	}
	enough := time.Duration(min(2, r.spec.Budget.Seconds/4) * float64(time.Second))
	r.tell(Progress{Phase: Calibrating})
	trial := r.spec
	trial.Train.Steps = max(1, trial.Train.Warmup)
	trial.Budget = Budget{}
	m, err := measureSteps(r.ctx, trial, r.corpus, r.record.Machine.Threads, func(done int, spent time.Duration) bool {
		return done >= 5 && spent > enough
	})
	if err != nil {
		return err
	}
	seconds := r.spec.Budget.Seconds
	steps := int(seconds / m)
	r.record.Calibration = &results.Calibration{Budget: seconds, StepSeconds: m, Steps: steps}
	return r.spec.SetSteps(steps)
}
