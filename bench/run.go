package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"hgbench/pkg/checkpoint"
	"hgbench/pkg/cpu"
	"hgbench/pkg/data"
	"hgbench/pkg/graph"
	"hgbench/results"
)

// Run trains, evaluates and proves one experiment.
//
// An experiment that fails (a diverged loss, a model that looks ahead) gives a
// record with its Error beside the error. When ctx ends, the run stops after
// the step it is in, and the error wraps that of ctx.
//
// With Options.Checkpoints, a run that was stopped or killed goes on where its
// last checkpoint was made, to the bits that it would have come to at once. If
// another process is at the same run, the error wraps results.ErrClaimed.
func Run(ctx context.Context, s Spec, o Options) (results.Record, error) {
	r := run{ctx: ctx, spec: s, options: o}
	r.record = results.Record{Sweep: o.Sweep, Versions: CurrentVersions(), Machine: CurrentMachine(o.Threads)}
	r.watchdog.note = r.note
	err := r.guarded(func() error {
		if err := r.prepare(); err != nil {
			return err
		}
		return r.perform()
	})
	err = errors.Join(err, r.closeCheckpoints())
	if r.corpus != nil {
		err = errors.Join(err, r.corpus.Close())
	}
	r.record.Time = time.Now().UTC().Truncate(time.Second)
	r.record.Status = results.Done
	if err != nil {
		r.record.Status, r.record.Error = results.Failed, err.Error()
	}
	return r.record, err
}

// run is an experiment under way.
type run struct {
	ctx     context.Context
	spec    Spec
	options Options
	record  results.Record

	corpus      *data.Corpus
	training    *training
	valid, test *evaluator
	sampler     *sampler
	machine     *cpu.Machine
	memory      resident

	checkpoints *checkpoints // nil without
	step        int          // steps made
	since       float64      // sum of their losses in nats since the last point of the curve
	recent      float64      // bits, exponential mean over recent steps
	done        float64      // FLOPs of the steps before the checkpoint, see training
	tally       *tally       // of the evaluation under way, or of the test that is done; nil without
	clock       stopwatch    // of training: evaluation and checkpoints left out

	watchdog watchdog
	before   []float32 // for DebugNaN, what lasts from step to step
	progress Progress
}

// prepare opens the corpus, builds all programs and fills the record with what
// is known before a step is made.
func (r *run) prepare() (err error) {
	r.tell(Progress{Phase: Preparing})
	if err := r.spec.Validate(); err != nil {
		return err
	}
	if r.corpus, err = data.Open(r.ctx, r.spec.Data); err != nil {
		return err
	}
	if err := r.corpus.Check(r.spec.Train.Context, r.spec.Train.Batch); err != nil {
		return err // before programs are built for a context that the data does not have
	}
	if err := r.spec.Resolve(NecessaryPerToken); err != nil {
		return err
	}
	r.record.ID = r.spec.ID(r.corpus.SHA256)
	r.record.Data = results.Data{Name: r.spec.Data, SHA256: r.corpus.SHA256}
	if err := r.resume(); err != nil {
		return err
	}
	if r.spec.Train.Steps == 0 {
		if err := r.calibrate(); err != nil {
			return err
		}
	}
	return r.build()
}

func (r *run) build() (err error) {
	if !r.options.AllowLeak {
		if err := r.spec.CheckCausal(); err != nil {
			return err
		}
	}
	if r.training, err = newTraining(r.spec, r.corpus.Vocab, graph.Float32); err != nil {
		return err
	}
	r.training.done = r.done
	if err := r.training.bind(r.corpus); err != nil {
		return err
	}
	if r.valid, err = newEvaluator(r.spec, r.corpus, r.corpus.Valid, r.spec.Eval.ValidBytes, graph.Float32); err != nil {
		return fmt.Errorf("validation split: %w", err)
	}
	if r.test, err = newEvaluator(r.spec, r.corpus, r.corpus.Test, r.spec.Eval.Bytes, graph.Float32); err != nil {
		return fmt.Errorf("test split: %w", err)
	}
	if r.sampler, err = newSampler(r.spec); err != nil {
		return err
	}
	if r.record.Spec, err = json.Marshal(r.spec); err != nil {
		return err
	}
	return r.describe()
}

// describe records parameters, FLOPs and planned memory.
func (r *run) describe() error {
	flops, err := r.training.flops(r.corpus.Vocab)
	if err != nil {
		return err
	}
	r.record.FLOPs = flops
	r.record.Parameters = parametersOf(r.training.variants[0].Program)
	r.record.Memory.Planned = planned(graph.PeakMemory(r.record.Machine.Threads, r.all()...))
	return checkFits(r.record.Memory.Planned.Total)
}

// all programs of the run: they share weights and arena.
func (r *run) all() []*graph.Program {
	return slices.Concat(r.training.programs(), r.valid.list(), r.test.list(), []*graph.Program{r.sampler.Program})
}

// perform runs what prepare has built.
func (r *run) perform() (err error) {
	if r.record.Causality.Init == "" { // else it was proven before the checkpoint
		if err := r.proveInitial(); err != nil {
			return err
		}
	}
	r.memory = startResident()
	if r.machine, err = cpu.New(r.record.Machine.Threads, r.all()...); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.machine.Close()) }()
	if err := r.initialise(); err != nil {
		return err
	}
	if err := r.checkpoint(); err != nil { // the proof may have taken long
		return err
	}
	if err = r.train(); err == nil {
		err = r.judge()
	}
	if err == nil {
		err = r.checkpoint() // so may the proof that comes
	}
	if err == nil {
		err = r.conclude()
	}
	if err != nil && errors.Is(err, r.ctx.Err()) {
		err = errors.Join(err, r.save())
	}
	if err != nil {
		return err
	}
	if err := r.checkCorpus(); err != nil {
		return err
	}
	if r.options.SaveDir == "" {
		return nil
	}
	err = checkpoint.Save(filepath.Join(r.options.SaveDir, r.record.ID+".safetensors"), tensorsOf(r.machine, r.training.variants[0].Program))
	if err != nil {
		err = errors.Join(err, r.save()) // where there may be room
	}
	return err
}

// initialise draws the weights, or reads them.
func (r *run) initialise() error {
	r.machine.Init(r.spec.Seed)
	if r.options.Weights == "" {
		return r.restore()
	}
	return loadWeights(r.machine, r.training.variants[0].Program, r.options.Weights)
}

// evaluate scores a split, or what a checkpoint has left of it to do.
func (r *run) evaluate(e *evaluator, progress func(done, total int)) (score, error) {
	if r.tally == nil {
		r.tally = newTally()
	}
	return e.run(r.ctx, r.machine, r.tally, func(done, total int) error {
		if progress != nil {
			progress(done, total)
		}
		return r.checkpoint()
	})
}

// conclude proves and describes the final weights.
func (r *run) conclude() (err error) {
	r.record.Memory.Idle, r.record.Memory.MeasuredPeak = r.memory.idle, r.memory.peak()
	if r.record.Causality.Final == "" { // else it was proven before the checkpoint
		if err := r.proveFinal(); err != nil {
			return err
		}
	}
	r.record.WeightsHash = r.machine.Hash()
	r.record.Sample, err = r.sample()
	return err
}

// judge evaluates the final weights on the validation and the test split.
func (r *run) judge() error {
	points := r.record.Curve
	r.record.ValidBPC = *points[len(points)-1].ValidBPC
	found, err := r.evaluate(r.test, func(done, total int) {
		r.progress.Phase, r.progress.Done, r.progress.Total = Testing, done, total
		r.tell(r.progress)
	})
	if err != nil {
		return err
	}
	r.record.TestBPC, r.record.TestWindows, r.record.PositionBPC = found.bpc, found.windows, found.position
	r.record.Evaluation = r.test.evaluation(r.spec)
	r.record.TestStderr, err = results.TestStderr(found.windows, r.record.Evaluation)
	return err
}

func (r *run) note(text string) {
	if r.options.Note != nil {
		r.options.Note(text)
	}
}

func (r *run) tell(p Progress) {
	if r.corpus != nil {
		p.Unit = results.Evaluation{Row: r.corpus.RowLen}.Bits().Name
	}
	r.progress = p
	if r.options.Progress != nil {
		r.options.Progress(p)
	}
}
