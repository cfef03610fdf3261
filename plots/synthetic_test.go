package plots

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"hgbench/results"
)

// synthetic makes up a record of a plausible run; its BPC falls with compute.
func synthetic(system, hierarchy string, params, flops, bpc float64, seed uint64) results.Record {
	rng := rand.New(rand.NewPCG(seed, uint64(params)))
	attention := "relative"
	if name, kind, ok := strings.Cut(system, "("); ok {
		system, attention = name, strings.TrimSuffix(kind, ")")
	}
	spec, _ := json.Marshal(map[string]any{
		"model": map[string]any{"system": system, "hierarchy": hierarchy, "attention": attention, "storage": "streaming"},
		"data":  "enwik7", "train": map[string]any{"context": 504, "steps": 2000}, "seed": seed,
	})
	bpc += 0.012 * rng.NormFloat64()
	r := results.Record{
		ID: fmt.Sprintf("%s-%s-%d", system, hierarchy, seed), Status: results.Done, Spec: spec,
		Machine:    results.Machine{CPU: "Example CPU 9000", ISA: "avx512", Threads: 2},
		Parameters: int64(params),
		FLOPs:      results.FLOPs{NecessaryPerToken: flops, DensePerToken: flops * 1.13, Total: flops * 8e6},
		Memory:     results.Memory{Planned: results.Planned{Weights: int64(4 * params), Total: int64(16*params + flops*12)}},
		Seconds:    flops * 8e6 / 90e9 * (1 + 0.1*rng.Float64()),
		ValidBPC:   bpc, TestBPC: bpc + 0.02, TestStderr: 0.01,
		Data:       results.Data{Name: "enwik7", SHA256: "5985"},
		Evaluation: results.Evaluation{Context: 504, Stride: 252},
	}
	for i := 1; i <= 40; i++ {
		t := float64(i) / 40
		p := results.Point{Step: 50 * i, Tokens: int64(t * 8e6), FLOPs: t * r.FLOPs.Total, Seconds: t * r.Seconds,
			TrainBPC: bpc + 2.2*math.Exp(-7*t) + 0.25*(1/math.Sqrt(t)-1) - 0.05 + 0.02*rng.NormFloat64()}
		if i%4 == 0 {
			v := bpc + 2.2*math.Exp(-7*t) + 0.25*(1/math.Sqrt(t)-1)
			p.ValidBPC = &v
		}
		r.Curve = append(r.Curve, p)
	}
	for i := range 32 {
		r.PositionBPC = append(r.PositionBPC, bpc-0.1+1.1/math.Sqrt(1+6*float64(i))+0.01*rng.NormFloat64())
	}
	return r
}

// quick looks like the result of the quick sweep.
func quick() []results.Record {
	return []results.Record{
		synthetic("transformer(relative)", "2@1", 1.6e6, 9.9e6, 2.78, 1),
		synthetic("transformer(relative)", "4@1", 3.2e6, 19.4e6, 2.61, 1),
		synthetic("transformer(relative)", "6@1", 4.8e6, 28.9e6, 2.53, 1),
		synthetic("transformer(full)", "4@1", 3.1e6, 18.8e6, 2.70, 1),
		synthetic("transformer-xl", "4@1", 3.2e6, 24.1e6, 2.57, 1),
		synthetic("hourglass", "1@1,4@2,1@1", 4.9e6, 20.3e6, 2.55, 1),
		synthetic("hourglass", "1@1,4@3,1@1", 4.9e6, 17.0e6, 2.585, 1),
		synthetic("hourglass", "1@1,4@4,1@1", 4.9e6, 15.2e6, 2.63, 1),
		synthetic("hourglass", "1@1,1@2,4@4,1@2,1@1", 6.5e6, 21.0e6, 2.56, 1),
	}
}

// seeded is quick with three seeds and runs that no figure may show.
func seeded() []results.Record {
	var all []results.Record
	for seed := uint64(1); seed <= 3; seed++ {
		all = append(all,
			synthetic("transformer(relative)", "2@1", 1.6e6, 9.9e6, 2.78, seed),
			synthetic("transformer(relative)", "4@1", 3.2e6, 19.4e6, 2.61, seed),
			synthetic("hourglass", "1@1,4@2,1@1", 4.9e6, 20.3e6, 2.55, seed),
			synthetic("hourglass", "1@1,4@3,1@1", 4.9e6, 17.0e6, 2.585, seed),
		)
	}
	failed := synthetic("hourglass", "1@1,8@6,1@1", 9e6, 17e6, 2.6, 1)
	failed.Status, failed.Error, failed.ValidBPC = results.Failed, "loss is NaN at step 120", 0
	leaking := synthetic("hourglass", "1@1,8@3,1@1", 9e6, 25e6, 0.4, 1)
	leaking.Causality.Leak = true
	nan := synthetic("hourglass", "2@1,8@3,2@1", 9e6, 30e6, 2.5, 1)
	nan.ValidBPC = math.NaN()
	return append(all, failed, leaking, nan)
}

// contexts looks like the result of the context-memory sweep.
func contexts() []results.Record {
	var all []results.Record
	for _, m := range []struct {
		system, hierarchy string
		params, token     float64
	}{
		{"transformer(relative)", "4@1", 3.2e6, 30e3}, {"transformer(relative)", "8@1", 6.4e6, 60e3}, {"hourglass", "1@1,4@3,1@1", 4.9e6, 22e3},
	} {
		for _, storage := range []string{"streaming", "materialised"} {
			for c := 256.0; c <= 8192; c *= 2 {
				r := synthetic(m.system, m.hierarchy, m.params, 1e7, 0, 1)
				var spec map[string]map[string]any
				_ = json.Unmarshal([]byte(strings.NewReplacer(`"data":"enwik7",`, "", `,"seed":1`, "").Replace(string(r.Spec))), &spec)
				spec["model"]["storage"], spec["train"]["context"] = storage, c
				r.Spec, _ = json.Marshal(spec)
				r.ValidBPC, r.Curve, r.PositionBPC, r.Seconds = 0, nil, nil, 0
				act := m.token * c
				if storage == "materialised" {
					act += c * c * m.token / 400
				}
				w := int64(4 * m.params)
				r.Memory = results.Memory{Planned: results.Planned{Weights: w, Gradients: w, Optimizer: 2 * w, Activations: int64(act), Total: 4*w + int64(act)}}
				all = append(all, r)
			}
		}
	}
	return all
}

// window is the causal mask of the last w keys.
func window(n, w int) [][]bool {
	mask := make([][]bool, n)
	for i := range mask {
		mask[i] = make([]bool, n)
		for j := range mask[i] {
			mask[i][j] = j <= i && i-j < w
		}
	}
	return mask
}
