package docs_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hgbench/bench"
)

// peersSpeed is what a training step takes beside the fastest peer in float32,
// as results/recorded/peers/speed.json has it.
func peersSpeed(t *testing.T) string {
	type figures struct {
		Seconds float64 `json:"seconds"`
		Bytes   float64 `json:"above_idle_bytes"`
		Noisy   bool    `json:"noisy"`
	}
	var speed struct {
		Machine struct{ CPU, Family, Torch, Jax string }
		Threads int
		Hgbench struct{ Commit string }
		Specs   map[string]map[string]figures
	}
	text, err := os.ReadFile(filepath.Join(root, "results/recorded/peers/speed.json"))
	if err == nil {
		err = json.Unmarshal(text, &speed)
	}
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| model | d_model | context | hgbench, ms a step | fastest peer, ms a step | speed | memory |\n|:--|--:|--:|--:|:--|--:|--:|\n")
	for _, name := range slices.Sorted(maps.Keys(speed.Specs)) {
		s, err := bench.LoadSpec(filepath.Join(root, "bench/peers/specs", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		variants := speed.Specs[name]
		own, best := variants["hgbench"], ""
		for v, f := range variants {
			if v != "hgbench" && !strings.Contains(v, "bfloat16") && !f.Noisy && (best == "" || f.Seconds < variants[best].Seconds) {
				best = v
			}
		}
		peer := variants[best]
		kind := ""
		if s.Model.System == "transformer" {
			kind = fmt.Sprintf("(%s)", s.Model.Attention.Kind)
		}
		fmt.Fprintf(&b, "| %s%s %s | %d | %d | %.0f | %.0f (%s) | %.2f× | %.0f %% |\n", s.Model.System, kind, s.Model.Hierarchy, s.Model.DModel, s.Train.Context,
			1e3*own.Seconds, 1e3*peer.Seconds, best, peer.Seconds/own.Seconds, 100*own.Bytes/peer.Bytes)
	}
	fmt.Fprintf(&b, "\nMeasured in turns on %s, %s, %d threads: hgbench %.12s, PyTorch %s, JAX %s.\n",
		speed.Machine.CPU, speed.Machine.Family, speed.Threads, speed.Hgbench.Commit, speed.Machine.Torch, speed.Machine.Jax)
	return b.String()
}
