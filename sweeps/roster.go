package sweeps

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"hgbench/bench"
	"hgbench/internal/atomicfile"
)

// RosterFile is the name, in a folder of results, of the Roster of the sweep
// that was started there last.
const RosterFile = "sweep.json"

// Roster is the list of a sweep's points as it was when the sweep was started:
// later changes of its file do not change what it says.
type Roster struct {
	Sweep    string  `json:"sweep"`
	PlanOnly bool    `json:"plan_only,omitempty"`
	Total    int     `json:"total"`  // points of the sweep
	Points   []Entry `json:"points"` // of them
}

// Entry is a point in a Roster.
type Entry struct {
	Number  int        `json:"number"` // in the sweep, from 1
	Name    string     `json:"name"`
	ID      string     `json:"id"`
	Seconds float64    `json:"seconds"` // it was thought to take, where the sweep was started
	Bytes   int64      `json:"bytes"`   // of memory, planned
	Spec    bench.Spec `json:"spec"`
}

// UnmarshalJSON refuses points that cannot be trained: what was half-written by
// hand, or by another version.
func (e *Entry) UnmarshalJSON(text []byte) error {
	type entry Entry // without this method
	if err := json.Unmarshal(text, (*entry)(e)); err != nil {
		return err
	}
	if err := e.Spec.Validate(); err != nil {
		return fmt.Errorf("point %d (%s): %w", e.Number, e.Name, err)
	}
	return nil
}

// WriteJSON replaces the file path by v in JSON, so that whoever reads it finds
// it whole.
func WriteJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return atomicfile.Write(path, append(text, '\n'))
}

// ReadRoster reads the Roster of a folder of results; ok is false if it has none.
func ReadRoster(dir string) (r Roster, ok bool, err error) {
	path := filepath.Join(dir, RosterFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, false, nil
	}
	if err != nil {
		return r, false, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, false, fmt.Errorf("%s: %w; \"hgbench sweep\" writes it anew", path, err)
	}
	return r, true, nil
}
