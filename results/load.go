package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// Warning is something a reader of results should know, though it could read on.
type Warning struct {
	File string
	Line int // 0 when it concerns no single line
	Text string
}

// String gives file:line: text.
func (w Warning) String() string {
	if w.Line == 0 {
		return w.File + ": " + w.Text
	}
	return fmt.Sprintf("%s:%d: %s", w.File, w.Line, w.Text)
}

// Load reads the records of folders (their records.jsonl) and .jsonl files.
// Warnings go to standard error, where a notebook shows them; Read returns them
// instead.
func Load(paths ...string) (Records, error) {
	records, warnings, err := Read(paths...)
	for _, w := range warnings {
		fmt.Fprintln(os.Stderr, "warning:", w)
	}
	return records, err
}

// Read reads the records of folders (their records.jsonl) and .jsonl files, in
// the order of the paths. A later record replaces an earlier one of the same id
// (a run that failed and was done again), unless the later one failed and the
// earlier did not. Fields this version does not know are skipped.
//
// A last line without its newline that is no whole record was torn by a crash
// or is being written: it is dropped with a warning. Any other damaged line is
// an error naming file and line.
func Read(paths ...string) (Records, []Warning, error) {
	if len(paths) == 0 {
		return nil, nil, errors.New("no results named: want a folder or a .jsonl file")
	}
	var all Records
	var warnings []Warning
	for _, path := range paths {
		records, ws, err := readPath(path)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, records...)
		warnings = append(warnings, ws...)
	}
	return all.latest(), warnings, nil
}

// ReadAll is Read of one path, but keeps every record: those of one id, which
// several machines may have made, stand beside each other.
func ReadAll(path string) (Records, []Warning, error) { return readPath(path) }

func readPath(path string) (Records, []Warning, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, fmt.Errorf("results: %w", err)
	}
	if info.IsDir() {
		file := filepath.Join(path, FileName)
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("results folder %s holds no %s: want a folder that a sweep or run wrote to", path, FileName)
		}
		path = file
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("results: %w", err)
	}
	defer f.Close()
	// Without the lock we might take a line just being written for a torn one;
	// where there are no locks, that is the worst that can happen.
	_ = lockShared(f)
	return parse(f, path)
}

// parse reads lines of records; name stands in errors and warnings.
func parse(r io.Reader, name string) (Records, []Warning, error) {
	var records Records
	var warnings []Warning
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	lines.Split(splitLines)
	n := 0
	for lines.Scan() {
		n++
		line := lines.Bytes()
		text := bytes.TrimSpace(line)
		if len(text) == 0 {
			continue
		}
		record, err := decode(text)
		switch {
		case err == nil:
			records = append(records, record)
		case !bytes.HasSuffix(line, []byte{'\n'}):
			warnings = append(warnings, Warning{name, n, fmt.Sprintf("dropped a torn last line of %d bytes", len(line))})
		default:
			return nil, nil, fmt.Errorf("%s:%d: damaged record: %w; \"hgbench results fsck %s\" lists all damage, and the line may be deleted", name, n, err, filepath.Dir(name))
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, nil, fmt.Errorf("%s:%d: line is longer than %s: this is no file of records", name, n+1, FormatBytes(maxLine))
	} else if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return records, warnings, nil
}

// splitLines is bufio.ScanLines, but leaves the newline on: without it one
// cannot tell a torn line from a whole one.
func splitLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

func decode(line []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(line, &r); err != nil {
		return Record{}, err
	}
	return r, check(r)
}

// plainID is wider than the hashes that bench makes, to which bench.CheckRecord
// holds an id; but it names a file in whatever folder it is put behind.
var plainID = regexp.MustCompile(`^[^./\\:\x00-\x1f][^/\\:\x00-\x1f]{0,127}$`)

// check tells what keeps r from being a record at all.
func check(r Record) error {
	switch {
	case r.ID == "":
		return errors.New("it has no id")
	case !plainID.MatchString(r.ID):
		return fmt.Errorf("its id %.80q is none; want 16 hexadecimal digits", r.ID)
	case r.Status == "":
		return errors.New("it has no status (want done or failed)")
	case !bytes.HasPrefix(bytes.TrimSpace(r.Spec), []byte{'{'}):
		return errors.New("its spec is no JSON object")
	}
	return nil
}
