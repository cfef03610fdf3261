package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"hgbench/internal/atomicfile"
)

// FileName of a store inside its folder: one JSON record a line.
const FileName = "records.jsonl"

// maxLine bounds one record's line in bytes. A record with 40,000 test windows
// takes under 1 MiB; a longer line is no record and is never read into memory.
const maxLine = 16 << 20

// Store is an append-only file of records in a folder. Several processes may
// append to the same folder: each append holds the file's lock, is one write,
// and is on the disk when Append returns.
//
// A record is never changed in place. A run done again is appended again, and
// the later record counts, unless it failed where the earlier did not.
//
// A Store may be used by several goroutines.
type Store struct {
	dir string

	mu       sync.Mutex
	warnings []Warning
}

// Open makes ready the folder dir, creating it if need be, and fails if records
// could not be written there. The file itself appears with the first record.
func Open(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("results folder %s: %w", dir, err)
	}
	if err := CheckWritable(dir); err != nil {
		return nil, fmt.Errorf("results %w", err)
	}
	s := &Store{dir: dir}
	f, err := os.OpenFile(s.Path(), os.O_RDWR, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return nil, fmt.Errorf("results cannot be appended: %w", err)
	}
	return s, f.Close()
}

// CheckWritable errs when no file can be made in a folder: better to find out
// now than after an hour of training.
func CheckWritable(dir string) error {
	probe, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return fmt.Errorf("folder %s is not writable: %w", dir, err)
	}
	probe.Close()
	if err := os.Remove(probe.Name()); err != nil {
		return fmt.Errorf("folder %s: %w", dir, err)
	}
	return nil
}

// Dir is the store's folder.
func (s *Store) Dir() string { return s.dir }

// Path is the store's file.
func (s *Store) Path() string { return filepath.Join(s.dir, FileName) }

// Read returns the records of the store with warnings about what was dropped;
// none if nothing was appended yet. Errors are those of Read.
func (s *Store) Read() (Records, []Warning, error) {
	if _, err := os.Stat(s.Path()); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	return Read(s.Path())
}

// Warnings tells what Append has mended so far: torn last lines that it removed.
func (s *Store) Warnings() []Warning {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.warnings)
}

// Append writes r as one line and syncs it to the disk. A last line torn by a
// crash is mended first. When the write fails, as on a full disk, the file is
// left as it was.
//
// Numbers that are not finite have no JSON. In a failed record they are left
// out, so that a diverged run is recorded; in any other they are an error.
func (s *Store) Append(r Record) error {
	line, err := encode(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := openLocked(s.Path(), lock)
	if err != nil {
		return fmt.Errorf("append record %s: %w", r.ID, err)
	}
	err = s.append(f, line)
	if cerr := f.Close(); err == nil { // closing also releases the lock
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("append record %s to %s: %w", r.ID, s.Path(), err)
	}
	return nil
}

func (s *Store) append(f *os.File, line []byte) error {
	end, whole, err := s.mendTail(f)
	if err != nil {
		return err
	}
	if !whole {
		line = append([]byte{'\n'}, line...)
	}
	if _, err := f.WriteAt(line, end); err != nil {
		return errors.Join(err, undo(f, end))
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if end == 0 {
		return atomicfile.SyncFolder(s.dir) // a new file: its name must survive too
	}
	return nil
}

// undo takes back a write that failed half-way.
func undo(f *os.File, size int64) error {
	info, err := f.Stat()
	if err != nil || info.Size() <= size {
		return err
	}
	return f.Truncate(size)
}

// mendTail returns where the next line starts, and whether the last line there
// ends as it should. A last line that is a whole record without its newline
// stays; one that is not is cut off.
func (s *Store) mendTail(f *os.File) (end int64, whole bool, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, false, err
	}
	end = info.Size()
	tail, err := lastLine(f, end)
	if err != nil {
		return 0, false, err
	}
	if len(tail) == 0 {
		return end, true, nil
	}
	if _, err := decode(tail); err == nil {
		return end, false, nil
	}
	end -= int64(len(tail))
	if err := f.Truncate(end); err != nil {
		return 0, false, err
	}
	s.warnings = append(s.warnings, Warning{
		File: s.Path(),
		Text: fmt.Sprintf("removed a torn last line of %d bytes", len(tail)),
	})
	return end, true, nil
}

// lastLine returns the bytes after the last newline of a file of size bytes.
func lastLine(f io.ReaderAt, size int64) ([]byte, error) {
	var tail []byte
	for n := int64(4 << 10); ; n *= 4 {
		n = min(n, size)
		tail = make([]byte, n)
		if _, err := f.ReadAt(tail, size-n); err != nil && err != io.EOF {
			return nil, err
		}
		if i := bytes.LastIndexByte(tail, '\n'); i >= 0 {
			return tail[i+1:], nil
		}
		if n == size {
			return tail, nil
		}
		if n > maxLine {
			return nil, fmt.Errorf("last line is longer than %s: this is no file of records", FormatBytes(maxLine))
		}
	}
}

// encode gives a record's line, newline included.
func encode(r Record) ([]byte, error) {
	if r.Status == Failed {
		r = finite(r)
	}
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false) // samples are full of wiki markup
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("record %s: %w", r.ID, err)
	}
	if err := check(r); err != nil {
		return nil, fmt.Errorf("record %s: %w", r.ID, err)
	}
	if line.Len() > maxLine {
		return nil, fmt.Errorf("record %s takes %s, more than %s", r.ID, FormatBytes(int64(line.Len())), FormatBytes(maxLine))
	}
	return line.Bytes(), nil
}

// finite returns r without the numbers that are NaN or infinite: a point of the
// curve goes as a whole, a single figure becomes 0, which means unknown.
func finite(r Record) Record {
	isFinite := func(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
	allFinite := func(vs []float64) []float64 {
		for _, v := range vs {
			if !isFinite(v) {
				return nil
			}
		}
		return vs
	}
	for _, v := range []*float64{
		&r.Seconds, &r.TokensPerSecond, &r.ShareOfPeak, &r.ValidBPC, &r.TestBPC, &r.TestStderr,
		&r.FLOPs.NecessaryPerToken, &r.FLOPs.DensePerToken, &r.FLOPs.ExecutedPerToken, &r.FLOPs.Total,
		&r.Machine.PeakGFLOPS,
	} {
		if !isFinite(*v) {
			*v = 0
		}
	}
	if c := r.Calibration; c != nil && (!isFinite(c.Budget) || !isFinite(c.StepSeconds)) {
		r.Calibration = nil
	}
	r.TestWindows = allFinite(r.TestWindows)
	r.PositionBPC = allFinite(r.PositionBPC)
	curve := make([]Point, 0, len(r.Curve))
	for _, p := range r.Curve {
		if p.ValidBPC != nil && !isFinite(*p.ValidBPC) {
			p.ValidBPC = nil
		}
		if isFinite(p.TrainBPC) && isFinite(p.FLOPs) && isFinite(p.Seconds) {
			curve = append(curve, p)
		}
	}
	r.Curve = curve
	return r
}
