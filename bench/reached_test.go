package bench

import (
	"os"
	"path/filepath"
	"testing"

	"hgbench/pkg/checkpoint"
)

func TestReadReached(t *testing.T) {
	dir := t.TempDir()
	if r, err := ReadReached(dir, "none"); err != nil || r != (Reached{}) {
		t.Errorf("without checkpoints: %+v, %v", r, err)
	}
	for number, state := range map[string]string{
		"000009": `{"step": 9}`,
		"000010": `{"step": 10, "seconds": 2.5, "causality": {"init": "pass"}, "tally": {"windows": [1, 2, 3]}}`,
		".00011": `{"step": 11}`, // being written
	} {
		f := &checkpoint.File{Metadata: map[string]string{stateKey: state}}
		if err := os.MkdirAll(filepath.Join(dir, "a"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := checkpoint.Save(filepath.Join(dir, "a", number+checkpointType), f); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := ReadReached(dir, "a"); err != nil || r != (Reached{Proven: true, Step: 10, Windows: 3, Seconds: 2.5}) {
		t.Errorf("got %+v, %v", r, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "000012"+checkpointType), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := ReadReached(dir, "a"); err == nil {
		t.Errorf("of a damaged one: %+v", r)
	}
}

func TestIsClaimed(t *testing.T) {
	dir := t.TempDir()
	want := func(want bool) {
		t.Helper()
		if claimed, err := IsClaimed(dir, "a"); err != nil || claimed != want {
			t.Errorf("%v, %v; want %v", claimed, err, want)
		}
	}
	want(false)
	c, err := openCheckpoints(filepath.Join(dir, "a"), false)
	if err != nil {
		t.Fatal(err)
	}
	want(true)
	if err := c.claim.Close(); err != nil {
		t.Fatal(err)
	}
	want(false) // though its file is still there
}
