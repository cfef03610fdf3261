package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"hgbench/pkg/checkpoint"
	"hgbench/results"
)

// Reached is how far a run had come when its last checkpoint was written.
type Reached struct {
	Proven  bool    // causal, before training
	Step    int     // steps of training made
	Windows int     // scored, of the evaluation that was under way, or of the test
	Seconds float64 // of training
}

// ReadReached tells how far the last checkpoint of a run in a folder of
// Options.Checkpoints is, and the zero Reached when there is none. It reads the
// head of a file that another process may be replacing, so it is for showing.
func ReadReached(checkpoints, id string) (Reached, error) {
	for {
		path, err := lastCheckpoint(filepath.Join(checkpoints, id))
		if err != nil || path == "" {
			return Reached{}, err
		}
		metadata, err := checkpoint.ReadMetadata(path)
		if errors.Is(err, fs.ErrNotExist) { // there is a newer one by now, or the run has ended
			continue
		}
		if err != nil {
			return Reached{}, err
		}
		var s state
		if err := json.Unmarshal([]byte(metadata[stateKey]), &s); err != nil {
			return Reached{}, fmt.Errorf("%s: state of the run: %w", path, err)
		}
		r := Reached{Proven: s.Causality.Init != "", Step: s.Step, Seconds: s.Seconds}
		if s.Tally != nil {
			r.Windows = len(s.Tally.Windows)
		}
		return r, nil
	}
}

// IsClaimed says whether a process has a run whose checkpoints are in a folder
// of Options.Checkpoints. Unlike what that process may have left behind, it is
// true only as long as the process lives.
func IsClaimed(checkpoints, id string) (bool, error) {
	path := filepath.Join(checkpoints, id, claimName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	claim, err := results.Claim(path)
	switch {
	case errors.Is(err, results.ErrClaimed):
		return true, nil
	case errors.Is(err, fs.ErrNotExist): // it has just ended
		return false, nil
	case err != nil:
		return false, fmt.Errorf("checkpoints: %w", err)
	}
	return false, claim.Close()
}

// lastCheckpoint is the path of the last one in a run's folder; empty without.
func lastCheckpoint(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("checkpoints: %w", err)
	}
	path, last := "", 0
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), checkpointType)
		if n, err := strconv.Atoi(name); ok && err == nil && n > last {
			path, last = filepath.Join(dir, e.Name()), n
		}
	}
	return path, nil
}
