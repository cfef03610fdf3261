// Package tensorboard writes runs as TensorBoard's event files, for those who
// keep all their curves there: tensorboard --logdir DIR/tensorboard.
//
// A run has a folder with one file: the scalars train/bpc, valid/bpc, test/bpc
// and tokens_per_second, by step and by the time at which they were reached.
package tensorboard

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hgbench/results"
)

// Tags of the scalars.
const (
	TrainBPC        = "train/bpc"         // mean since the point before
	ValidBPC        = "valid/bpc"         // where it was evaluated
	TestBPC         = "test/bpc"          // at the last step
	TokensPerSecond = "tokens_per_second" // since the point before
)

// Name of a run in TensorBoard, and of its folder: its label and the start of
// its id, "hourglass-1@1,4@3,1@1-2abad3da".
func Name(r results.Record) string {
	name := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.ContainsRune("@,()_", c):
			return c
		case c == ' ':
			return '-'
		}
		return '_' // no system's file names mind it
	}, r.Label()+" "+r.ID[:min(8, len(r.ID))])
	return name[:min(len(name), 120)]
}

// Write writes the run into its folder below dir, whole or not at all, in place
// of what an earlier run of the same spec left there. A run without a curve has
// nothing to show, and no folder.
func Write(dir string, r results.Record) (err error) {
	if len(r.Curve) == 0 {
		return nil
	}
	folder := filepath.Join(dir, Name(r))
	defer func() {
		if err != nil {
			err = fmt.Errorf("TensorBoard events of run %s: %w", r.ID, err)
		}
	}()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	path := filepath.Join(folder, fmt.Sprintf("events.out.tfevents.%d.hgbench", r.Time.Unix()))
	temporary := filepath.Join(folder, ".new")
	if err := os.WriteFile(temporary, Events(r), 0o644); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		earlier, err := filepath.Match("events.out.tfevents.*.hgbench", e.Name())
		if err != nil || !earlier || e.Name() == filepath.Base(path) {
			continue
		}
		if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// Events are the run's events as a file holds them.
func Events(r results.Record) []byte {
	var out bytes.Buffer
	// Only the end of the run is known by the clock, so times are counted back
	// from there.
	start := r.Time.Add(-time.Duration(r.Curve[len(r.Curve)-1].Seconds * float64(time.Second)))
	at := func(p results.Point) time.Time { return start.Add(time.Duration(p.Seconds * float64(time.Second))) }
	writeFrame(&out, fileVersion(start))
	var before results.Point
	for i, p := range r.Curve {
		scalars := []scalar{{TrainBPC, p.TrainBPC}}
		if p.ValidBPC != nil {
			scalars = append(scalars, scalar{ValidBPC, *p.ValidBPC})
		}
		if d := p.Seconds - before.Seconds; d > 0 {
			scalars = append(scalars, scalar{TokensPerSecond, float64(p.Tokens-before.Tokens) / d})
		}
		if i == len(r.Curve)-1 && r.TestBPC != 0 {
			scalars = append(scalars, scalar{TestBPC, r.TestBPC})
		}
		writeFrame(&out, summary(at(p), int64(p.Step), scalars))
		before = p
	}
	return out.Bytes()
}
