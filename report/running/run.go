// Package running tells other processes which runs of a results folder are
// under way: each is a small file, progress/ID.json, that the process which
// trains it writes about once a second and removes at the end.
//
// What a killed process leaves behind is told apart by its age, and replaced
// when the run is taken up again.
package running

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"hgbench/results"
)

// Folder of the files, inside a results folder.
const Folder = "progress"

// Silence after which a run is no longer taken to be under way: many times what
// lies between two writes, since clocks of machines differ.
const Silence = 20 * time.Second

// Run is a run under way.
type Run struct {
	ID      string          `json:"id"`
	Sweep   string          `json:"sweep,omitempty"`
	Index   int             `json:"index"` // of the sweep's points, from 1
	Points  int             `json:"points"`
	Label   string          `json:"label"`
	Spec    json.RawMessage `json:"spec"`
	Started time.Time       `json:"started"`
	Updated time.Time       `json:"updated"`

	Phase            string          `json:"phase"`
	Done             int             `json:"done"`  // steps of training, windows of an evaluation
	Total            int             `json:"total"` // 0 while unknown
	TrainBPC         float64         `json:"train_bpc,omitempty"`
	ValidBPC         float64         `json:"valid_bpc,omitempty"`
	TokensPerSecond  float64         `json:"tokens_per_second,omitempty"`
	RemainingSeconds float64         `json:"remaining_seconds,omitempty"` // of this run
	SweepSeconds     float64         `json:"sweep_seconds,omitempty"`     // of all of the sweep
	Curve            []results.Point `json:"curve,omitempty"`             // so far
}

// Stale tells a run of which nothing was heard for too long.
func (r Run) Stale(now time.Time) bool { return now.Sub(r.Updated) > Silence }

// Read gives the runs that are told of in a results folder, by their index in
// the sweep and then by id. A file that is no run's, as one of another version,
// is skipped.
func Read(dir string) ([]Run, error) {
	entries, err := os.ReadDir(filepath.Join(dir, Folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("runs under way: %w", err)
	}
	var runs []Run
	for _, entry := range entries {
		id, ok := strings.CutSuffix(entry.Name(), ".json")
		if !ok || !isID(id) || !entry.Type().IsRegular() || len(runs) == maxRuns {
			continue
		}
		if r, err := read(filepath.Join(dir, Folder, entry.Name())); err == nil && r.ID == id {
			runs = append(runs, r)
		}
	}
	slices.SortStableFunc(runs, func(a, b Run) int { return a.Index - b.Index })
	return runs, nil
}

// ReadOne gives the run with this id, if a results folder tells of it.
func ReadOne(dir, id string) (r Run, ok bool) {
	if !isID(id) {
		return Run{}, false
	}
	r, err := read(file(dir, id))
	return r, err == nil && r.ID == id
}

// Bounds of what is read: a folder may hold anything.
const (
	maxRuns = 64
	maxFile = 1 << 20 // bytes; a run of maxCurve points takes a tenth
)

func read(path string) (Run, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return Run{}, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return Run{}, fmt.Errorf("%s is no file of progress", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Run{}, err
	}
	var r Run
	if err := json.Unmarshal(text, &r); err != nil {
		return Run{}, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// write replaces the run's file, so that whoever reads it finds it whole.
func (r Run) write(dir string) error {
	text, err := json.Marshal(r.finite())
	if err != nil {
		return fmt.Errorf("progress of run %s: %w", r.ID, err)
	}
	// The folder goes with the last file in it, which may be another process's.
	if err := os.MkdirAll(filepath.Join(dir, Folder), 0o755); err != nil {
		return fmt.Errorf("progress of run %s: %w", r.ID, err)
	}
	path := file(dir, r.ID)
	temporary := path + ".new"
	if err := os.WriteFile(temporary, text, 0o644); err != nil {
		return fmt.Errorf("progress of run %s: %w", r.ID, err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("progress of run %s: %w", r.ID, err)
	}
	return nil
}

// finite leaves out numbers that JSON does not have, as of a run that diverges.
func (r Run) finite() Run {
	for _, v := range []*float64{&r.TrainBPC, &r.ValidBPC, &r.TokensPerSecond, &r.RemainingSeconds, &r.SweepSeconds} {
		if math.IsNaN(*v) || math.IsInf(*v, 0) {
			*v = 0
		}
	}
	return r
}

func file(dir, id string) string { return filepath.Join(dir, Folder, id+".json") }

var idPattern = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

func isID(id string) bool { return idPattern.MatchString(id) }
