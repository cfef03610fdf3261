package bench

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"hgbench/pkg/checkpoint"
	"hgbench/pkg/data"
	"hgbench/pkg/graph"
	"hgbench/results"
)

// CheckRecord says what is wrong with a record that only who knows specs can
// see: a spec that is none, an id that is not the spec's on its data.
func CheckRecord(r results.Record) []error {
	var s Spec
	if err := s.UnmarshalJSON(r.Spec); err != nil {
		return []error{err}
	}
	if c := r.Calibration; c != nil {
		asked := s.Asked(c.Budget)
		if asked.ID(r.Data.SHA256) != r.ID {
			asked.Train.Warmup = s.Train.Warmup // which may have been given
		}
		s = asked
	}
	if id := s.ID(r.Data.SHA256); id != r.ID {
		return []error{fmt.Errorf("its spec and data have the id %s", id)}
	}
	return nil
}

// CheckWeights holds the weights that a run has saved to the hash in its record.
// Its error is an fs.ErrNotExist when there are none.
func CheckWeights(r results.Record, path string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	var s Spec
	if err := s.UnmarshalJSON(r.Spec); err != nil {
		return err
	}
	f, err := checkpoint.Load(path)
	if err != nil {
		return err
	}
	t, err := newTraining(s, data.Vocab, graph.Float32)
	if err != nil {
		return err
	}
	h := sha256.New()
	var bytes []byte
	for _, v := range t.variants[0].Persistent { // in the order of cpu.Machine.Hash
		if v.Role != graph.Weight {
			continue
		}
		numbers, err := f.Floats(v.Name, v.Shape...)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		bytes = bytes[:0]
		for _, x := range numbers {
			bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(x))
		}
		h.Write(bytes)
	}
	if sum := hex.EncodeToString(h.Sum(nil)); sum != r.WeightsHash {
		return fmt.Errorf("%s: its weights have SHA-256 %s; record %s says %s", path, sum, r.ID, r.WeightsHash)
	}
	return nil
}

// CheckCheckpoints reads all checkpoints in a folder of Options.Checkpoints, and
// returns how many are whole beside an error for each that is not.
func CheckCheckpoints(dir string) (whole int, wrong []error) {
	runs, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, []error{fmt.Errorf("checkpoints: %w", err)}
	}
	for _, run := range runs {
		paths, err := filepath.Glob(filepath.Join(dir, run.Name(), "*"+checkpointType))
		if err != nil {
			return whole, append(wrong, err)
		}
		for _, path := range paths {
			s, err := verified(path)
			if err == nil && s.ID != run.Name() {
				err = fmt.Errorf("%s: is a checkpoint of run %s", path, s.ID)
			}
			if err != nil {
				wrong = append(wrong, err)
				continue
			}
			whole++
		}
	}
	return whole, wrong
}
