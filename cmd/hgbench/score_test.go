package main

import (
	"testing"

	"hgbench/bench"
	"hgbench/results"
)

// What an evaluation prints says how much was counted, what was clipped, and that
// an error is unknown instead of 0.
func TestEvaluated(t *testing.T) {
	spec := bench.DefaultSpec()
	spec.Eval.Bytes, spec.Eval.ValidBytes = 9283, 500
	large := spec
	large.Eval.Bytes = 100_000_000
	for _, c := range []struct {
		spec  bench.Spec
		found bench.Scored
		want  string
	}{
		{spec, bench.Scored{Split: "test", BPC: 2.5, Stderr: 0.01, Windows: 36, Evaluation: results.Evaluation{Context: 504, Stride: 252, Bytes: 9283}},
			"test BPC 2.5000 ± 0.0100; 9283 targets in 36 windows of 504 tokens advancing by 252"},
		{large, bench.Scored{Split: "test", BPC: 2.5, Stderr: 0.01, Windows: 36, Evaluation: results.Evaluation{Context: 504, Stride: 252, Bytes: 9283}},
			"test BPC 2.5000 ± 0.0100; 9283 targets in 36 windows of 504 tokens advancing by 252 (eval.bytes asks for 100000000, the split has no more)"},
		{spec, bench.Scored{Split: "test", BPC: 2.5, Windows: 1, Evaluation: results.Evaluation{Context: 1_000_000, Stride: 252, Bytes: 9283}},
			"test BPC 2.5000 (standard error unknown: too few windows); 9283 targets in 1 window (eval.context asks for 1000000, there are 9283)"},
		{spec, bench.Scored{Split: "valid", BPC: 3, Stderr: 0.1, Windows: 4, Evaluation: results.Evaluation{Context: 504, Stride: 3072, Bytes: 500, Row: 100}},
			"valid BPD 3.0000 ± 0.1000; 500 targets in 4 windows of 100 tokens advancing by 3072 (eval.context asks for 504, there are 100)"},
	} {
		if got := evaluated(c.spec, c.found); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
