package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// fullDisk takes a number of writes, then none.
type fullDisk struct{ writes int }

var errFull = errors.New("no space left")

func (d *fullDisk) Write(b []byte) (int, error) {
	if d.writes--; d.writes < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// What cannot be written is an error, told once, whichever command it was.
func TestOutputIsLost(t *testing.T) {
	workFolder(t)
	write(t, "hgbench-results/a/records.jsonl", `{"id":"1","status":"failed","error":"for a test","spec":{"seed":1}}`+"\n")
	for _, args := range []string{
		"table", "table --markdown", "table --json", "status", "export", "plan -f tiny.yaml", "plan sweep.yaml",
		"sweep sweep.yaml --dry-run", "version", "version --json", "sweep --help", "completion bash", "data --stats=false",
	} {
		for writes := range 2 {
			var stderr bytes.Buffer
			disk := &fullDisk{writes}
			status := execute(t.Context(), strings.Fields(args), disk, &stderr)
			if disk.writes >= 0 { // all that there was fitted
				continue
			}
			if n := strings.Count(stderr.String(), "hgbench: "); status != exitError || n != 1 || !strings.Contains(stderr.String(), errFull.Error()) {
				t.Errorf("%s: status %d, %q", args, status, stderr.String())
			}
		}
	}
}
