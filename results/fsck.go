package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// Fsck reads a store's file, whatever is wrong with it, and says what is: lines
// that are no records, records that contradict themselves, and what more finds,
// which may know things that this package does not. It returns the records that
// count, of the lines that are records at all.
//
// Unlike Read it goes on after a damaged line, and a folder without the file has
// no records. It changes nothing.
func Fsck(dir string, more func(Record) []error) (Records, []Warning, error) {
	path := filepath.Join(dir, FileName)
	f, err := os.Open(path)
	if _, missing := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && missing == nil {
		return nil, nil, nil // nothing is recorded yet
	}
	if err != nil {
		return nil, nil, fmt.Errorf("results: %w", err)
	}
	defer f.Close()
	_ = lockShared(f) // see readPath
	var records Records
	var problems []Warning
	in := bufio.NewReader(f)
	for n := 1; ; n++ {
		line, err := readLine(in)
		if err == io.EOF {
			return records.latest(), problems, nil
		}
		report := func(err error) { problems = append(problems, Warning{path, n, err.Error()}) }
		switch {
		case errors.Is(err, bufio.ErrTooLong):
			report(fmt.Errorf("line is longer than %s: no record", FormatBytes(maxLine)))
			continue
		case err != nil:
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		case len(bytes.TrimSpace(line)) == 0:
			continue
		}
		r, err := decode(bytes.TrimSpace(line))
		if err != nil && !bytes.HasSuffix(line, []byte{'\n'}) {
			report(fmt.Errorf("torn last line of %d bytes, which the next record will take the place of", len(line)))
			continue
		}
		if err != nil {
			report(fmt.Errorf("no record: %w", err))
			continue
		}
		records = append(records, r)
		for _, err := range slices.Concat(r.contradictions(), more(r)) {
			report(fmt.Errorf("record %s: %w", r.ID, err))
		}
	}
}

// readLine reads a line with its newline; bufio.ErrTooLong stands for one that
// is no record for its length.
func readLine(in *bufio.Reader) (line []byte, err error) {
	long := false
	for {
		part, err := in.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxLine; !long {
			line = append(line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err != nil && (err != io.EOF || len(line) == 0 && !long):
			return nil, err
		case long:
			return nil, bufio.ErrTooLong
		}
		return line, nil
	}
}

var sha256Text = regexp.MustCompile(`^[0-9a-f]{64}$`)

// contradictions are what cannot be true of a record, whatever the run was.
func (r Record) contradictions() (wrong []error) {
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	switch r.Status {
	case Failed:
		if r.Error == "" {
			fail("status failed without an error")
		}
	case Done:
		if r.ValidBPC != 0 { // else nothing was trained, see a sweep's plan_only
			wrong = append(wrong, r.unfinished()...)
		}
	default:
		fail("status %q; want done or failed", r.Status)
	}
	if !json.Valid(r.Spec) {
		fail("spec is no JSON")
	}
	if m := r.Memory.Planned; m.Weights+m.Gradients+m.Optimizer+m.Activations+m.Workspace != m.Total {
		fail("planned memory adds up to %d bytes; its total is %d", m.Weights+m.Gradients+m.Optimizer+m.Activations+m.Workspace, m.Total)
	}
	for i, p := range r.Curve {
		// A run that fails may have come to 0 first.
		likely := func(bpc float64) bool { return bpc > 0 || bpc == 0 && r.Status == Failed }
		if !likely(p.TrainBPC) || p.ValidBPC != nil && !likely(*p.ValidBPC) || !(p.FLOPs >= 0) || !(p.Seconds >= 0) {
			fail("point %d of the curve has BPC %g, %g FLOPs, %g seconds; want positive numbers", i+1, p.TrainBPC, p.FLOPs, p.Seconds)
		}
		if i == 0 {
			continue
		}
		if q := r.Curve[i-1]; p.Step <= q.Step || p.Tokens <= q.Tokens || p.FLOPs < q.FLOPs || p.Seconds < q.Seconds {
			fail("the curve goes back from step %d, %d tokens, %g s to step %d, %d tokens, %g s", q.Step, q.Tokens, q.Seconds, p.Step, p.Tokens, p.Seconds)
		}
	}
	return wrong
}

// unfinished is what a run lacks, or contradicts, that trained to its end.
func (r Record) unfinished() (wrong []error) {
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if len(r.Curve) == 0 {
		fail("done without a curve")
		return wrong
	}
	last := r.Curve[len(r.Curve)-1]
	if last.ValidBPC == nil || *last.ValidBPC != r.ValidBPC {
		fail("validation BPC %v is not that of the curve's end", r.ValidBPC)
	}
	if steps := r.Number("train.steps"); float64(last.Step) != steps {
		fail("the curve ends at step %d of %v", last.Step, steps)
	}
	if math.Abs(last.FLOPs-r.FLOPs.Total) > 1e-9*r.FLOPs.Total {
		fail("%g FLOPs in all, but %g at the curve's end", r.FLOPs.Total, last.FLOPs)
	}
	if c := r.Causality; !c.Leak && (c.Init != Pass || c.Final != Pass) {
		fail("done, but the proof of causality says %q and %q", c.Init, c.Final)
	}
	if r.WeightsHash != "" && !sha256Text.MatchString(r.WeightsHash) {
		fail("weights_sha256 %q is no SHA-256", r.WeightsHash)
	}
	if len(r.TestWindows) == 0 {
		return wrong
	}
	weights, err := weightsOf(r.TestWindows, r.Evaluation)
	if err != nil {
		return append(wrong, err)
	}
	var bits, targets float64
	for i, w := range weights {
		bits += w * r.TestWindows[i]
		targets += w
	}
	if mean := bits / targets; !(math.Abs(mean-r.TestBPC) <= 1e-9*mean) {
		fail("test BPC is %v, but its windows have %v", r.TestBPC, mean)
	}
	return wrong
}
