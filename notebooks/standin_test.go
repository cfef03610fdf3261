package notebooks

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hgbench/bench"
	"hgbench/results"
	"hgbench/sweeps"
)

// standIn writes made-up records of a sweep into a folder: the sweep's own
// points with their real FLOPs and memory, and a BPC out of a formula. They
// exist in tests only, while nobody has recorded the real ones, and the outputs
// they lead to are thrown away.
func standIn(t *testing.T, name, dir string) {
	t.Helper()
	sweep, err := sweeps.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	points, err := sweeps.Expand(sweep, bench.NecessaryPerToken)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, results.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var records results.Records
	for i, p := range points {
		records = append(records, madeUp(t, sweep, p.Spec, uint64(i)))
	}
	if err := results.WriteJSONL(f, records); err != nil {
		t.Fatal(err)
	}
}

func madeUp(t *testing.T, sweep *sweeps.Sweep, spec bench.Spec, seed uint64) results.Record {
	t.Helper()
	plan, err := bench.Plan(spec, 2)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 7))
	r := results.Record{
		ID: spec.ID("stand-in"), Status: results.Done, Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Sweep: sweep.Name, Spec: text,
		Machine:    results.Machine{CPU: "stand-in", ISA: "none", Threads: 2, PeakGFLOPS: 100},
		Parameters: plan.Parameters, FLOPs: plan.FLOPs,
		Memory: results.Memory{Planned: plan.Memory, Idle: 30 << 20, MeasuredPeak: plan.Memory.Total + 33<<20},
		Data:   results.Data{Name: spec.Data, SHA256: "stand-in"},
	}
	if sweep.PlanOnly {
		r.FLOPs.Total = 0
		r.TokensPerSecond, r.ShareOfPeak = 1e10/plan.FLOPs.NecessaryPerToken, 0.5
		return r
	}
	r.Seconds = plan.FLOPs.Total / 5e10
	r.TokensPerSecond = float64(plan.Tokens) / r.Seconds
	bpc := 2 + 12*math.Pow(plan.FLOPs.Total, -0.09) + 0.01*rng.NormFloat64()
	r.ValidBPC, r.TestBPC, r.TestStderr = bpc, bpc+0.05, 0.01
	for k := 1; k <= 20; k++ {
		share := float64(k) / 20
		p := results.Point{
			Step: plan.Steps * k / 20, Tokens: plan.Tokens * int64(k) / 20, FLOPs: share * plan.FLOPs.Total, Seconds: share * r.Seconds,
			TrainBPC: bpc + 3*math.Exp(-6*share),
		}
		if k%5 == 0 {
			v := p.TrainBPC + 0.05
			p.ValidBPC = &v
		}
		r.Curve = append(r.Curve, p)
	}
	r.Evaluation = results.Evaluation{Context: spec.Eval.Context, Stride: spec.Eval.Stride, Bytes: spec.Eval.Bytes}
	targets, err := r.Evaluation.Targets()
	if err != nil {
		t.Fatal(err)
	}
	for range targets {
		r.TestWindows = append(r.TestWindows, r.TestBPC+0.3*rng.NormFloat64())
	}
	r.Causality = results.Causality{Init: results.Pass, Final: results.Pass, Probes: 64}
	r.Sample = fmt.Sprintf("stand-in of %s", spec.Model.Hierarchy)
	return r
}
