package report

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"hgbench/results"
)

// model is what a synthetic run is of.
type model struct {
	system, hierarchy string
	parameters, flops float64 // flops a token
	bpc               float64
	seed              uint64
}

var models = []model{
	{"transformer", "2@1", 1.6e6, 9.9e6, 2.78, 1},
	{"transformer", "4@1", 3.2e6, 19.4e6, 2.61, 1},
	{"transformer", "6@1", 4.8e6, 28.9e6, 2.53, 1},
	{"transformer-xl", "4@1", 3.2e6, 24.1e6, 2.57, 1},
	{"hourglass", "1@1,4@2,1@1", 4.9e6, 20.3e6, 2.55, 1},
	{"hourglass", "1@1,4@3,1@1", 4.9e6, 17.0e6, 2.585, 1},
	{"hourglass", "1@1,4@4,1@1", 4.9e6, 15.2e6, 2.63, 1},
	{"hourglass", "1@1,1@2,4@4,1@2,1@1", 6.5e6, 21.0e6, 2.56, 1},
}

// record is a done run of a model, as a sweep leaves it.
func record(m model) results.Record {
	rng := rand.New(rand.NewPCG(m.seed, uint64(m.parameters)))
	spec, err := json.Marshal(map[string]any{
		"model": map[string]any{"system": m.system, "hierarchy": m.hierarchy, "attention": "relative", "storage": "streaming", "d_model": 256},
		"data":  "enwik7", "train": map[string]any{"context": 504, "batch": 8, "steps": 2000, "lr": 1e-3},
		"eval": map[string]any{"context": 504, "stride": 252}, "seed": m.seed,
	})
	if err != nil {
		panic(err)
	}
	bpc := m.bpc + 0.005*rng.NormFloat64()
	r := results.Record{
		ID: fmt.Sprintf("%08x%08x", uint32(m.flops), uint32(m.parameters)+uint32(m.seed)), Status: results.Done, Sweep: "synthetic",
		Time: time.Date(2026, 11, 1, 12, int(m.seed), 0, 0, time.UTC), Spec: spec,
		Versions:   results.Versions{Commit: "0123456789abcdef0123456789abcdef01234567", Go: "go1.26.8", Kernel: 1},
		Machine:    results.Machine{CPU: "Example CPU 9000", ISA: "avx512", Threads: 2, PeakGFLOPS: 560},
		Parameters: int64(m.parameters),
		FLOPs:      results.FLOPs{NecessaryPerToken: m.flops, DensePerToken: m.flops * 1.13, ExecutedPerToken: m.flops * 1.05, Total: m.flops * 8e6},
		Memory: results.Memory{
			Planned:      results.Planned{Weights: int64(4 * m.parameters), Gradients: 1 << 20, Optimizer: int64(8 * m.parameters), Activations: int64(2 * m.flops), Workspace: 2 << 20},
			MeasuredPeak: int64(12*m.parameters+2*m.flops) + 80<<20, Idle: 70 << 20,
		},
		Seconds: m.flops * 8e6 / 90e9, TokensPerSecond: 90e9 / m.flops, ShareOfPeak: 0.31,
		ValidBPC: bpc, TestBPC: bpc + 0.1, TestStderr: 0.011,
		Evaluation: results.Evaluation{Context: 504, Stride: 252, Bytes: 500_000},
		Causality:  results.Causality{Init: results.Pass, Final: results.Pass, Probes: 267},
		Data:       results.Data{Name: "enwik7", SHA256: "5985c81c39d927ae0e169625790ca4d9e7d1531270c8b09ad73176a375bb3d97"},
		Sample:     "the [[Roman Empire]] was <the> first & last", WeightsHash: "e0cb77cf238f4da71ff8cad72fe76329db8a6bdd0913141a7b13209913768a2b",
	}
	p := &r.Memory.Planned
	p.Total = p.Weights + p.Gradients + p.Optimizer + p.Activations + p.Workspace
	for i := 1; i <= 40; i++ {
		t := float64(i) / 40
		at := bpc + 2.2*math.Exp(-7*t) + 0.25*(1/math.Sqrt(t)-1)
		q := results.Point{Step: 50 * i, Tokens: int64(t * 8e6), FLOPs: t * r.FLOPs.Total, Seconds: t * r.Seconds, TrainBPC: at - 0.05 + 0.02*rng.NormFloat64()}
		if i%4 == 0 {
			q.ValidBPC = &at
		}
		r.Curve = append(r.Curve, q)
	}
	for i := range 32 {
		r.PositionBPC = append(r.PositionBPC, bpc-0.1+1.1/math.Sqrt(1+6*float64(i))+0.01*rng.NormFloat64())
	}
	return r
}

func synthetic(ms ...model) results.Records {
	var records results.Records
	for _, m := range ms {
		records = append(records, record(m))
	}
	return records
}

// failed is a run that diverged.
func failed() results.Record {
	r := record(model{"hourglass", "2@1,8@6,2@1", 9e6, 17e6, 2.6, 1})
	r.Status, r.Error = results.Failed, "step 120: the loss is NaN"
	r.ValidBPC, r.TestBPC, r.TestStderr, r.Sample, r.WeightsHash = 0, 0, 0, "", ""
	r.Causality.Final, r.Curve = "", r.Curve[:3]
	return r
}

// leaking is a run that looks ahead.
func leaking() results.Record {
	r := record(model{"hourglass", "2@1,8@3,2@1", 9e6, 25e6, 0.4, 1})
	r.Causality.Leak, r.Causality.Init = true, "logits[17] change with token 18"
	return r
}

func newPage(t *testing.T, records results.Records, o Options) string {
	t.Helper()
	page, err := New(records, o)
	if err != nil {
		t.Fatal(err)
	}
	return string(page.HTML)
}
