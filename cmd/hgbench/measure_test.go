package main

import (
	"strings"
	"testing"
)

func TestMeasure(t *testing.T) {
	workFolder(t)
	keys := okJSON[map[string]any](t, "measure", "-f", "tiny.yaml", "--steps", "2", "--threads", "1", "--json")
	for _, key := range []string{
		"step_seconds_median", "tokens_per_second", "flops_necessary", "flops_executed", "gflops", "peak_gflops",
		"share_of_peak", "planned_bytes", "peak_rss_bytes", "threads",
	} {
		if n, ok := keys[key].(float64); !ok || n < 0 {
			t.Errorf("%s is %v", key, keys[key])
		}
	}
	if isa, ok := keys["isa"].(string); !ok || isa == "" || keys["profile"] != nil {
		t.Errorf("got %v", keys)
	}
	contains(t, ok(t, "measure", "-f", "tiny.yaml", "--steps", "2", "--profile"),
		"the median of 2", "necessary", "of the peak", "planned", "AttentionGrad", "backward", "Adam")
	lines := ok(t, "measure", "-f", "tiny.yaml", "--steps", "3", "--bench")
	if n := strings.Count(lines, "\nBenchmarkStep/"); n != 3 {
		t.Errorf("%d lines of benchmarks in\n%s", n, lines)
	}
	if m := okJSON[measured](t, "measure", "-f", "tiny.yaml", "--steps", "1", "--profile", "--json"); len(m.Profile) == 0 {
		t.Error("no profile")
	}
}
