package results

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// synthetic makes a record of a run that never was.
type synthetic struct {
	system, hierarchy, attention string
	bpc, flops, seconds, memory  float64 // GFLOP, s, MiB
	seed, steps                  int
	lr                           float64
	with                         map[string]any // further settings of the model
	fail                         string
}

func (s synthetic) record() Record {
	if s.steps == 0 {
		s.steps = 1000
	}
	if s.seed == 0 {
		s.seed = 1
	}
	if s.lr == 0 {
		s.lr = 1e-3
	}
	if s.attention == "" {
		s.attention = "relative"
	}
	model := map[string]any{"system": s.system, "hierarchy": s.hierarchy, "attention": s.attention, "d_model": 128, "storage": "streaming"}
	maps.Copy(model, s.with)
	spec, err := json.Marshal(map[string]any{
		"model": model,
		"data":  "enwik7",
		"train": map[string]any{"context": 192, "batch": 2, "steps": s.steps, "lr": s.lr},
		"eval":  map[string]any{"context": 192, "stride": 96, "bytes": 20000},
		"seed":  s.seed,
	})
	if err != nil {
		panic(err)
	}
	tokens := float64(s.steps * 192 * 2)
	r := Record{
		ID:     fmt.Sprintf("%s-%s-%s-%d-%d-%g", s.system, s.hierarchy, s.attention, s.seed, s.steps, s.lr),
		Status: Done, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Sweep: "test", Spec: spec,
		Versions:        Versions{Commit: "0123abc", Go: "go1.26.8", Kernel: 1},
		Machine:         Machine{CPU: "Test CPU", ISA: "avx512", Threads: 2, PeakGFLOPS: 200},
		Parameters:      1_234_567,
		FLOPs:           FLOPs{NecessaryPerToken: s.flops * 1e9 / tokens, DensePerToken: 1.25 * s.flops * 1e9 / tokens, ExecutedPerToken: 1.5 * s.flops * 1e9 / tokens, Total: s.flops * 1e9},
		Memory:          Memory{Planned: Planned{Weights: 1 << 20, Total: int64(s.memory * (1 << 20))}, MeasuredPeak: int64((s.memory + 30) * (1 << 20)), Idle: 30 << 20},
		Seconds:         s.seconds,
		TokensPerSecond: tokens / s.seconds,
		ShareOfPeak:     0.5,
		Curve:           []Point{{Step: s.steps, Tokens: int64(tokens), FLOPs: s.flops * 1e9, Seconds: s.seconds, TrainBPC: s.bpc, ValidBPC: &s.bpc}},
		ValidBPC:        s.bpc, TestBPC: s.bpc + 0.05, TestStderr: 0.01,
		Evaluation: Evaluation{Context: 192, Stride: 96, Bytes: 20000},
		Causality:  Causality{Init: "pass", Final: "pass", Probes: 64},
		Data:       Data{Name: "enwik7", SHA256: "5985c81c"},
	}
	if s.fail != "" {
		r.Status, r.Error, r.ValidBPC, r.TestBPC, r.TestStderr = Failed, s.fail, 0, 0, 0
	}
	return r
}

func records(ss ...synthetic) Records {
	var rs Records
	for _, s := range ss {
		rs = append(rs, s.record())
	}
	return rs
}
