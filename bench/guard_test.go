package bench

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"hgbench/results"
)

// A corpus that changes under a run, or is cut short, is an error and no crash.
func TestCorpusChanges(t *testing.T) {
	for name, c := range map[string]struct {
		change func(path string) error
		want   string
	}{
		"changed": {func(path string) error {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.WriteAt([]byte("another text"), 30_000)
			return err
		}, "was changed during the run: its SHA-256 was "},
		"cut short": {func(path string) error { return os.Truncate(path, 100) }, "cannot be read any more: its file was cut short"},
		"replaced": {func(path string) error { // what is mapped stays
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.WriteFile(path, []byte("another text"), 0o600)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("Windows does not let a mapped file change")
			}
			path := t.TempDir() + "/corpus"
			if err := os.WriteFile(path, text(100_000, 1), 0o600); err != nil {
				t.Fatal(err)
			}
			s := tiny(t, "transformer", "data="+path, "train.steps=8")
			o := Options{Threads: 2}
			o.Progress = func(p Progress) {
				if p.Phase == Training && p.Done == 3 {
					if err := c.change(path); err != nil {
						t.Fatal(err)
					}
				}
			}
			r, err := Run(t.Context(), s, o)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || r.Status != results.Failed {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// A corpus that was changed for a while leaves no trace in its hash. Nothing
// that may come from other bytes is recorded, or gone on from.
func TestCorpusChangesForAWhile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("what is read is a copy there")
	}
	path := t.TempDir() + "/corpus"
	right := text(100_000, 1)
	old := time.Now().Add(-time.Hour)
	if err := errors.Join(os.WriteFile(path, right, 0o600), os.Chtimes(path, old, old)); err != nil {
		t.Fatal(err)
	}
	write := func(text []byte) { // into the file, which stays the same one
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := tiny(t, "transformer", "data="+path, "train.steps=12", "eval.every=0")
	whole, err := Run(t.Context(), s, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Options{
		"a checkpoint meanwhile":   {Checkpoints: t.TempDir()},
		"a checkpoint afterwards":  {Checkpoints: t.TempDir(), CheckpointEvery: time.Millisecond},
		"without checkpoints":      {},
		"none before it had ended": {Checkpoints: t.TempDir(), CheckpointEvery: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			o.Threads = 1
			again := o
			o.Progress = func(p Progress) {
				switch {
				case p.Phase == Training && p.Done == 3:
					write(slices.Repeat([]byte("ab"), len(right)/2))
				case p.Phase == Training && p.Done == 6:
					write(right)
				}
			}
			_, err := Run(t.Context(), s, o)
			write(right)
			if err == nil || !strings.Contains(err.Error(), "during the run: its ") {
				t.Fatalf("error %v", err)
			}
			record, err := Run(t.Context(), s, again)
			if err != nil || record.WeightsHash != whole.WeightsHash || record.TestBPC != whole.TestBPC {
				t.Errorf("the same command ends with other bits, or with %v", err)
			}
		})
	}
}

// Any other panic stays one.
func TestGuardedPanics(t *testing.T) {
	defer func() {
		if p := recover(); p != "a bug" {
			t.Errorf("recovered %v", p)
		}
	}()
	_ = new(run).guarded(func() error { panic("a bug") })
}
