package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each thing that is wrong in a folder of results is a line, and the exit
// status is 1.
func TestFsck(t *testing.T) {
	workFolder(t)
	ok(t, "run", "-f", "tiny.yaml", "--threads", "1")
	contains(t, ok(t, "results", "fsck"), runsFolder+": nothing wrong with 1 records (0 failed), the weights of 1 of them and 0 checkpoints")

	id := recorded(t, runsFolder)[0].ID
	records := filepath.Join(runsFolder, "records.jsonl")
	text, err := os.ReadFile(records)
	if err != nil {
		t.Fatal(err)
	}
	write(t, records, strings.Replace(string(text), `"seed":1`, `"seed":2`, 1)+"garbage\n")
	weights := filepath.Join(weightsFolder(runsFolder), id+".safetensors")
	if err := os.Truncate(weights, 1000); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(checkpointsFolder(runsFolder), id, "000001.safetensors")
	write(t, damaged, "no checkpoint")

	got := hgbench(t, "results", "fsck", "runs")
	if got.status != exitError || strings.Count(got.stderr, "\n") != 4 {
		t.Errorf("status %d\n%s", got.status, got.stderr)
	}
	contains(t, got.stderr, "hgbench: "+records+":1: record "+id+": its spec and data have the id ",
		"hgbench: "+records+":2: no record: ", "hgbench: "+weights+": ", "hgbench: "+damaged+": ")
	// Checkpoints are looked at before there is a record.
	if err := os.Remove(records); err != nil {
		t.Fatal(err)
	}
	got = hgbench(t, "results", "fsck", "runs")
	if got.status != exitError || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("without records: status %d\n%s", got.status, got.stderr)
	}
	contains(t, got.stderr, "hgbench: "+damaged+": ")
	contains(t, hgbench(t, "results", "fsck", "none").stderr, "no results named none")
}
