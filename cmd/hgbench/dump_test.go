package main

import (
	"testing"

	"hgbench/results"
)

func TestDump(t *testing.T) {
	workFolder(t)
	contains(t, ok(t, "dump", "-f", "tiny.yaml", "--steps", "2", "--out", "exchange"), "spec.json", "exchange")
	for _, name := range []string{"spec.json", "initial.safetensors", "batches.safetensors", "valid.safetensors"} {
		if !exists("exchange/" + name) {
			t.Errorf("no %s", name)
		}
	}
	// The weights are those that a run starts from anyway.
	given := okJSON[results.Record](t, "run", "-f", "tiny.yaml", "--weights", "exchange/initial.safetensors", "--json")
	drawn := okJSON[results.Record](t, "run", "-f", "exchange/spec.json", "--json")
	if given.TestBPC != drawn.TestBPC {
		t.Errorf("test BPC %v from the dumped weights, %v from the dumped spec", given.TestBPC, drawn.TestBPC)
	}
}
