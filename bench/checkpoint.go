package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hgbench/pkg/checkpoint"
	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/results"
)

// state is where a run stands: beside tensors, what it needs to go on to the
// same bits. Data, random numbers and schedules are functions of the step.
type state struct {
	ID      string  `json:"id"`
	Kernel  int     `json:"kernel"`
	ISA     string  `json:"isa"`
	Program program `json:"program"` // that wrote it

	Step    int     `json:"step"`    // steps made
	Since   float64 `json:"since"`   // sum of losses in nats since the last point of the curve
	Recent  float64 `json:"recent"`  // mean over recent steps, for Progress
	Seconds float64 `json:"seconds"` // of training
	Done    float64 `json:"done"`    // FLOPs executed, where they depend on the data
	Tally   *tally  `json:"tally"`   // as in run

	Curve       []results.Point      `json:"curve"`
	Causality   results.Causality    `json:"causality"`
	Calibration *results.Calibration `json:"calibration"`
}

const (
	stateKey        = "state"        // of a checkpoint's metadata: a state in JSON
	checkpointsKept = 2              // should the last one be damaged, there is one before
	checkpointShare = 0.01           // of a run's time may be spent on checkpoints
	claimName       = "lock"         // in the folder of a run's checkpoints: held while it runs
	checkpointType  = ".safetensors" // behind a checkpoint's number
	damagedType     = ".damaged"     // behind that, of one that cannot be gone on from
)

// checkpoints is a run's folder of them. They are numbered as they are written,
// since a file's time is whatever the clock said.
type checkpoints struct {
	dir    string
	claim  io.Closer
	last   int           // number of the last one; 0 without
	loaded string        // file of the one to go on from; "" to begin
	began  time.Time     // when the run began, in this process
	saved  time.Time     // when the last one was written, or the run began
	cost   time.Duration // of writing it
	spent  time.Duration // on writing all of them
}

// openCheckpoints claims the folder of a run, so that no other process does the
// same run meanwhile. Its error wraps results.ErrClaimed if one does.
func openCheckpoints(dir string, restart bool) (*checkpoints, error) {
	claim, err := claim(dir)
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	now := time.Now()
	c := &checkpoints{dir: dir, claim: claim, began: now, saved: now}
	found, err := c.list()
	if err == nil && restart {
		err = c.remove(found)
		found = nil
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("checkpoints: %w", err), claim.Close())
	}
	if len(found) > 0 {
		c.last = found[len(found)-1]
	}
	return c, nil
}

func claim(dir string) (io.Closer, error) {
	for {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		c, err := results.Claim(filepath.Join(dir, claimName))
		if !errors.Is(err, fs.ErrNotExist) { // else whoever had the run is done, and has just removed the folder
			return c, err
		}
	}
}

// halfWritten is a temporary file of checkpoint.Save, for a checkpoint's path.
var halfWritten = regexp.MustCompile(`^\.\d+\.safetensors\.\d+$`)

// list gives the numbers of the checkpoints, in order, and removes what a
// process left that was killed as it wrote one.
func (c *checkpoints) list() (numbers []int, err error) {
	entries, err := os.ReadDir(c.dir)
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), checkpointType)
		n, bad := strconv.Atoi(name)
		switch {
		case ok && bad == nil && n > 0:
			numbers = append(numbers, n)
		case halfWritten.MatchString(e.Name()):
			err = errors.Join(err, os.Remove(filepath.Join(c.dir, e.Name())))
		}
	}
	slices.Sort(numbers)
	return numbers, err
}

func (c *checkpoints) path(number int) string {
	return filepath.Join(c.dir, fmt.Sprintf("%06d%s", number, checkpointType))
}

func (c *checkpoints) remove(numbers []int) (err error) {
	for _, n := range numbers {
		err = errors.Join(err, os.Remove(c.path(n)))
	}
	return err
}

// load finds the last checkpoint that is not damaged; ok is false without one.
// note is told of those that are.
func (c *checkpoints) load(note func(string)) (s state, ok bool, err error) {
	numbers, err := c.list()
	if err != nil {
		return s, false, fmt.Errorf("checkpoints: %w", err)
	}
	for i, n := range slices.Backward(numbers) {
		s, err := verified(c.path(n))
		if err == nil {
			c.loaded = c.path(n)
			return s, true, nil
		}
		if unreadable(err) {
			return s, false, fmt.Errorf("checkpoints: %w", err)
		}
		before := "going on from the one before"
		if i == 0 {
			before = "beginning anew"
		}
		note(fmt.Sprintf("damaged checkpoint, %s: %v; set aside as *%s%s", before, err, checkpointType, damagedType))
		// Those that are kept must be ones to go on from.
		if err := os.Rename(c.path(n), c.path(n)+damagedType); err != nil {
			return s, false, fmt.Errorf("checkpoints: %w", err)
		}
	}
	return s, false, nil
}

// verified reads a checkpoint through, and gives its state.
func verified(path string) (s state, err error) {
	f, err := checkpoint.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	if err = f.Verify(); err == nil {
		s, err = stateOf(f.Metadata)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return s, err
}

// unreadable says whether an error is none of the checkpoint's, which may be whole.
func unreadable(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// stateOf reads a state from a checkpoint's metadata.
func stateOf(metadata map[string]string) (s state, err error) {
	text, ok := metadata[stateKey]
	if !ok {
		return s, errors.New("no checkpoint of a run: it has no state")
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, fmt.Errorf("state of the run: %w", err)
	}
	if t := s.Tally; t != nil && (len(t.Position) != positionSlices || len(t.Seen) != positionSlices) {
		return s, fmt.Errorf("state of the run: tally of %d and %d slices; want %d", len(t.Position), len(t.Seen), positionSlices)
	}
	if n := len(s.Curve); s.Step < 0 || n > 0 && s.Curve[n-1].Step > s.Step {
		return s, fmt.Errorf("state of the run: step %d with a curve of %d points", s.Step, n)
	}
	return s, nil
}

// save writes the next checkpoint, and removes the oldest.
func (c *checkpoints) save(f *checkpoint.File) error {
	start := time.Now()
	// A process that had this run before may just have removed the folder.
	err := os.MkdirAll(c.dir, 0o755)
	if err == nil {
		err = checkpoint.Save(c.path(c.last+1), f)
	}
	c.saved, c.cost = time.Now(), time.Since(start)
	c.spent += c.cost
	if err != nil {
		return err
	}
	c.last++
	numbers, err := c.list()
	return errors.Join(err, c.remove(numbers[:max(0, len(numbers)-checkpointsKept)]))
}

// due says whether it is time for another one. Unless one is wanted after every
// step, all of them together, with another like the last, stay within their share
// of the time.
func (c *checkpoints) due(every time.Duration) bool {
	return every == 0 || time.Since(c.saved) >= every && float64(c.spent+c.cost) <= checkpointShare*float64(time.Since(c.began))
}

// RemoveCheckpoints of a run, in Options.Checkpoints, once its record is stored.
func RemoveCheckpoints(checkpoints, id string) error {
	if err := os.RemoveAll(filepath.Join(checkpoints, id)); err != nil {
		return fmt.Errorf("checkpoints of run %s: %w", id, err)
	}
	// The last one to go takes the folder along.
	_ = os.Remove(checkpoints)
	return nil
}

// resume claims the run's checkpoints and takes over the state that the last
// one has, if there is one.
func (r *run) resume() (err error) {
	if r.options.Checkpoints == "" {
		return nil
	}
	dir := filepath.Join(r.options.Checkpoints, r.record.ID)
	if r.checkpoints, err = openCheckpoints(dir, r.options.Restart); err != nil {
		if errors.Is(err, results.ErrClaimed) {
			return fmt.Errorf("run %s: %w", r.record.ID, err)
		}
		return err
	}
	s, ok, err := r.checkpoints.load(r.note)
	if err != nil || !ok {
		return err
	}
	if err := r.comparable(s); err != nil {
		return fmt.Errorf("%s: %w", r.checkpoints.loaded, err)
	}
	r.step, r.since, r.recent, r.tally = s.Step, s.Since, s.Recent, s.Tally
	r.done = s.Done
	r.clock.total = time.Duration(s.Seconds * float64(time.Second))
	r.record.Curve, r.record.Causality, r.record.Calibration = s.Curve, s.Causality, s.Calibration
	for _, p := range s.Curve {
		if p.ValidBPC != nil {
			r.progress.ValidBPC = *p.ValidBPC
		}
	}
	return nil
}

// comparable says why a checkpoint would not lead to the bits of one run.
func (r *run) comparable(s state) error {
	kernel, isa := r.record.Versions.Kernel, r.record.Machine.ISA
	if s.ID != r.record.ID {
		return fmt.Errorf("is a checkpoint of run %s; want one of %s", s.ID, r.record.ID)
	}
	if s.Kernel == kernel && s.ISA == isa {
		mine, err := currentProgram()
		if err == nil && !mine.same(s.Program) {
			err = fmt.Errorf("was written by hgbench %s, and this is %s: the result would be that of neither; want that program to go on, or --restart to begin anew", s.Program, mine)
		}
		return err
	}
	hint := ""
	if s.Kernel == kernel && slices.ContainsFunc(cpu.Supported(), func(i cpu.ISA) bool { return i.String() == s.ISA }) {
		hint = fmt.Sprintf("HGBENCH_ISA=%s to go on, or ", s.ISA)
	}
	return fmt.Errorf("was written with kernel version %d on %s, and this is version %d on %s: the result would not have the bits of one run; want %s--restart to begin anew",
		s.Kernel, s.ISA, kernel, isa, hint)
}

// restore sets what the machine holds to what the checkpoint has, for resume
// has kept no more of it than the state.
func (r *run) restore() error {
	if r.checkpoints == nil || r.checkpoints.loaded == "" {
		return nil
	}
	f, err := checkpoint.Open(r.checkpoints.loaded)
	if err != nil {
		return err
	}
	defer f.Close()
	for name, v := range r.lasting() {
		if err := f.Floats(r.machine.Floats(r.shared(), v), name, v.Shape...); err != nil {
			return fmt.Errorf("%s: %w", r.checkpoints.loaded, err)
		}
	}
	r.note(fmt.Sprintf("going on from a checkpoint after step %d of %d", r.step, r.spec.Train.Steps))
	return nil
}

// lasting are the values that outlive a step, by the name they are saved under.
func (r *run) lasting() map[string]*graph.Value {
	values := make(map[string]*graph.Value)
	for _, p := range slices.Concat(r.training.programs(), r.valid.list(), r.test.list()) {
		for _, v := range p.Persistent {
			if v.Role != graph.Constant {
				values[v.Role.String()+"/"+v.Name] = v
			}
		}
	}
	return values
}

// shared is a program to find persistent values by: they are the same in all.
func (r *run) shared() *graph.Program { return r.training.variants[0].Program }

// checkpoint writes one when it is time.
func (r *run) checkpoint() error {
	if r.checkpoints == nil || !r.checkpoints.due(r.options.CheckpointEvery) {
		return nil
	}
	return r.save()
}

// save writes a checkpoint. When that fails, as on a full disk, the ones before
// are still there and the run goes on. It is an error when the corpus may have
// changed, and then none is written: who goes on from it might never know.
func (r *run) save() error {
	if r.checkpoints == nil {
		return nil
	}
	if r.corpus.Written() {
		return r.checkCorpus()
	}
	if !r.clock.started.IsZero() {
		r.clock.stop()
		defer r.clock.start()
	}
	mine, err := currentProgram()
	if err != nil {
		return err
	}
	text, err := json.Marshal(state{
		ID: r.record.ID, Kernel: r.record.Versions.Kernel, ISA: r.record.Machine.ISA, Program: mine,
		Step: r.step, Since: r.since, Recent: r.recent, Seconds: r.clock.read().Seconds(), Done: r.training.done, Tally: r.tally,
		Curve: r.record.Curve, Causality: r.record.Causality, Calibration: r.record.Calibration,
	})
	if err == nil {
		f := &checkpoint.File{Tensors: make(map[string]checkpoint.Tensor), Metadata: map[string]string{stateKey: string(text)}}
		for name, v := range r.lasting() {
			f.Tensors[name] = checkpoint.Tensor{Shape: v.Shape, Floats: r.machine.Floats(r.shared(), v)}
		}
		err = r.checkpoints.save(f)
	}
	switch {
	case err != nil && r.checkpoints.last == 0:
		r.note(fmt.Sprintf("WARNING: checkpoint after step %d: %v; there is none before it, so a kill would cost all of the run until one can be written", r.step, err))
	case err != nil:
		r.note(fmt.Sprintf("checkpoint after step %d: %v; the one before is still there", r.step, err))
	}
	return nil
}

// closeCheckpoints lets go of the run's folder, and removes it if there is
// nothing in it.
func (r *run) closeCheckpoints() error {
	c := r.checkpoints
	if c == nil {
		return nil
	}
	if c.last == 0 {
		_ = os.Remove(filepath.Join(c.dir, claimName))
	}
	err := c.claim.Close()
	if err := os.Remove(c.dir); err == nil || errors.Is(err, fs.ErrNotExist) {
		_ = os.Remove(r.options.Checkpoints)
	}
	return err
}
