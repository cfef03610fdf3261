package results

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestSummarise(t *testing.T) {
	t2 := synthetic{system: "transformer", hierarchy: "2@1", bpc: 2.60, flops: 500, seconds: 40, memory: 20}
	t4 := synthetic{system: "transformer", hierarchy: "4@1", bpc: 2.31, flops: 1000, seconds: 80, memory: 40}
	t6 := synthetic{system: "transformer", hierarchy: "6@1", bpc: 2.25, flops: 1500, seconds: 120, memory: 60}
	h3 := synthetic{system: "hourglass", hierarchy: "1@1,4@3,1@1", bpc: 2.30, flops: 780, seconds: 60, memory: 24.4}
	h2 := synthetic{system: "hourglass", hierarchy: "1@1,4@2,1@1", bpc: 2.28, flops: 1200, seconds: 95, memory: 50}
	with := func(s synthetic, change func(*synthetic)) synthetic { change(&s); return s }
	elsewhere := records(h3)
	elsewhere[0].Machine.Threads = 8
	leaking := records(with(h3, func(s *synthetic) { s.bpc = 0.1 }))
	leaking[0].Causality.Leak = true

	causal := records(with(t4, func(s *synthetic) { s.attention = "lsh(16, hashes: 2)" }))
	ahead := records(with(t4, func(s *synthetic) { s.attention, s.bpc = "lsh(16, hashes: 2, selection: original)", 2.05 }))
	ahead[0].Causality.Leak = true

	for _, c := range []struct {
		name     string
		records  Records
		protocol Protocol
		verdicts string // by axis
		want     string
	}{
		{"wins everywhere", records(t4, h3), P1, "wins wins wins wins", `
P1, FLOPs: Hourglass 1@1,4@3,1@1 reaches the BPC of transformer(relative) 4@1 (2.310) with 78 % of its FLOPs, 75 % of its seconds and 61 % of its memory.
The axes agree: the verdict is the same by dense FLOPs, seconds and memory.`},
		{"wins, but is not the best", records(t2, t4, t6, h3), P1, "wins wins wins wins", `
P1, FLOPs: Hourglass 1@1,4@3,1@1 reaches the BPC of transformer(relative) 4@1 (2.310) with 78 % of its FLOPs, 75 % of its seconds and 61 % of its memory; the best is transformer(relative) 6@1 (2.250), which no Hourglass point reaches at lower FLOPs.
The axes agree: the verdict is the same by dense FLOPs, seconds and memory.`},
		{"the smallest model wins", records(with(t2, func(s *synthetic) { s.bpc = 2.2 }), t4, h3), P1, "loses loses loses loses", `
P1, FLOPs: at equal steps the best is transformer(relative) 2@1 (2.200); no Hourglass point reaches its BPC at lower FLOPs; transformer(relative) 2@1 reaches the BPC of Hourglass 1@1,4@3,1@1 (2.300) with 64 % of its FLOPs, 67 % of its seconds and 82 % of its memory.
The axes agree: the verdict is the same by dense FLOPs, seconds and memory.`},
		{"better and dearer", records(t2, with(h3, func(s *synthetic) { s.flops, s.memory = 1300, 21 })), P1, "neither neither neither neither", `
P1, FLOPs: at equal steps the best is Hourglass 1@1,4@3,1@1 (2.300); no Hourglass point reaches the BPC of transformer(relative) 2@1 (2.600) at lower FLOPs; nor does a baseline so reach a Hourglass point that no other Hourglass point beats.
The axes agree: the verdict is the same by dense FLOPs, seconds and memory.`},
		{"each reaches some", records(t4, with(t2, func(s *synthetic) { s.bpc = 2.4 }), h3, with(h2, func(s *synthetic) { s.bpc, s.flops, s.seconds, s.memory = 2.5, 600, 50, 22 })), P1, "mixed mixed mixed mixed", `
P1, FLOPs: Hourglass 1@1,4@3,1@1 reaches the BPC of transformer(relative) 4@1 (2.310) with 78 % of its FLOPs, 75 % of its seconds and 61 % of its memory; transformer(relative) 2@1 reaches the BPC of Hourglass 1@1,4@2,1@1 (2.500) with 83 % of its FLOPs, 80 % of its seconds and 91 % of its memory.
The axes agree: the verdict is the same by dense FLOPs, seconds and memory.`},
		{"mixed, and a baseline is the best", records(t4, with(t6, func(s *synthetic) { s.bpc, s.flops, s.seconds, s.memory = 2.27, 1100, 85, 45 }), h3, h2), P1, "mixed mixed mixed mixed", `
P1, FLOPs: Hourglass 1@1,4@3,1@1 reaches the BPC of transformer(relative) 4@1 (2.310) with 78 % of its FLOPs, 75 % of its seconds and 61 % of its memory; the best is transformer(relative) 6@1 (2.270), which no Hourglass point reaches at lower FLOPs; transformer(relative) 6@1 reaches the BPC of Hourglass 1@1,4@2,1@1 (2.280) with 92 % of its FLOPs, 89 % of its seconds and 90 % of its memory.
The axes agree: the verdict is the same by dense FLOPs, seconds and memory.`},
		{"axes disagree", records(t4, with(h3, func(s *synthetic) { s.seconds = 90 })), P1, "wins wins neither wins", `
P1, FLOPs: Hourglass 1@1,4@3,1@1 reaches the BPC of transformer(relative) 4@1 (2.310) with 78 % of its FLOPs, 112 % of its seconds and 61 % of its memory.
The axes disagree:
  P1, seconds: at equal steps the best is Hourglass 1@1,4@3,1@1 (2.300); no Hourglass point reaches the BPC of transformer(relative) 4@1 (2.310) at lower seconds; nor does a baseline so reach a Hourglass point that no other Hourglass point beats.`},
		{"equal FLOPs, loses", records(with(t2, func(s *synthetic) { s.bpc, s.flops, s.steps = 2.61, 5000, 4200 }), with(t4, func(s *synthetic) { s.bpc, s.flops, s.steps = 2.91, 5001, 2170 }), with(h3, func(s *synthetic) { s.bpc, s.flops, s.steps, s.seconds = 2.75, 4999, 2590, 70 })), P2, "loses loses loses loses", `
P2, FLOPs: at equal FLOPs (5 TFLOP) the best is transformer(relative) 2@1 (2.610); the best Hourglass is 1@1,4@3,1@1 (2.750).
The axes agree: the verdict is the same by dense FLOPs, seconds and memory.`},
		{"equal FLOPs, wins", records(with(t4, func(s *synthetic) { s.flops = 780 }), h3), P2, "wins wins wins wins", `
P2, FLOPs: at equal FLOPs (780 GFLOP) the best is Hourglass 1@1,4@3,1@1 (2.300); the best baseline is transformer(relative) 4@1 (2.310); Hourglass takes 75 % of its seconds and 61 % of its memory.
The axes agree: the verdict is the same by dense FLOPs, seconds and memory.`},
		{"a much dearer baseline", records(with(t4, func(s *synthetic) { s.memory = 24.4 * 0.5 }), h3), P3, "wins wins wins neither", `
P3, FLOPs: Hourglass 1@1,4@3,1@1 reaches the BPC of transformer(relative) 4@1 (2.310) with 78 % of its FLOPs, 75 % of its seconds and 2.0 times its memory.
The axes disagree:
  P3, memory: over the envelope the best is Hourglass 1@1,4@3,1@1 (2.300); no Hourglass point reaches the BPC of transformer(relative) 4@1 (2.310) at lower memory; nor does a baseline so reach a Hourglass point that no other Hourglass point beats.`},
		{"several machines", append(records(t4), elsewhere...), P1, "wins wins wins", `
P1, FLOPs: Hourglass 1@1,4@3,1@1 reaches the BPC of transformer(relative) 4@1 (2.310) with 78 % of its FLOPs and 61 % of its memory.
The axes agree: the verdict is the same by dense FLOPs and memory.
Seconds are not compared: the runs are from different machines or threads.`},
		{"several seeds", records(t4, with(t4, func(s *synthetic) { s.seed, s.bpc = 2, 2.33 }), h3, with(h3, func(s *synthetic) { s.seed, s.bpc = 2, 2.32 })), P1, "wins wins wins wins", `
P1, FLOPs: Hourglass 1@1,4@3,1@1 reaches the BPC of transformer(relative) 4@1 (2.320) with 78 % of its FLOPs, 75 % of its seconds and 61 % of its memory.
The axes agree: the verdict is the same by dense FLOPs, seconds and memory.
Over seeds: 2.310 ± 0.014 and 2.320 ± 0.014 (mean ± sd of validation BPC; 2 and 2 seeds).`},
		{"learning rates", records(t4, with(t4, func(s *synthetic) { s.lr, s.bpc = 2e-3, 2.29 }), h3, with(h3, func(s *synthetic) { s.lr, s.bpc = 2e-3, 2.27 })), P3, "wins wins wins wins", `
P3, FLOPs: Hourglass 1@1,4@3,1@1 (lr 0.002) reaches the BPC of transformer(relative) 4@1 (lr 0.002) (2.290) with 78 % of its FLOPs, 75 % of its seconds and 61 % of its memory.
The axes agree: the verdict is the same by dense FLOPs, seconds and memory.`},
		{"only Hourglass", records(h2, h3), P1, "", `
P1, FLOPs: at equal steps the best is Hourglass 1@1,4@2,1@1 (2.280); cheaper on the frontier: Hourglass 1@1,4@3,1@1 (2.300) with 65 % of its FLOPs.
P1, dense FLOPs: at equal steps the best is Hourglass 1@1,4@2,1@1 (2.280); cheaper on the frontier: Hourglass 1@1,4@3,1@1 (2.300) with 65 % of its dense FLOPs.
P1, seconds: at equal steps the best is Hourglass 1@1,4@2,1@1 (2.280); cheaper on the frontier: Hourglass 1@1,4@3,1@1 (2.300) with 63 % of its seconds.
P1, memory: at equal steps the best is Hourglass 1@1,4@2,1@1 (2.280); cheaper on the frontier: Hourglass 1@1,4@3,1@1 (2.300) with 49 % of its memory.`},
		{"only Hourglass, at costs that are equal or all but", records(h2, with(h3, func(s *synthetic) { s.flops, s.seconds, s.memory = 1195, 94.9, 49.4 })), P1, "", `
P1, FLOPs: at equal steps the best is Hourglass 1@1,4@2,1@1 (2.280).
P1, dense FLOPs: at equal steps the best is Hourglass 1@1,4@2,1@1 (2.280).
P1, seconds: at equal steps the best is Hourglass 1@1,4@2,1@1 (2.280).
P1, memory: at equal steps the best is Hourglass 1@1,4@2,1@1 (2.280); cheaper on the frontier: Hourglass 1@1,4@3,1@1 (2.300) with 99 % of its memory.`},
		{"costs that are all but equal", records(t2, t4, with(h3, func(s *synthetic) { s.flops, s.seconds, s.memory = 998, 79.5, 40.1 })), P1, "wins wins wins wins", `
P1, FLOPs: Hourglass 1@1,4@3,1@1 reaches the BPC of transformer(relative) 4@1 (2.310) with as many FLOPs, as many seconds and as much memory.
The axes agree: the verdict is the same by dense FLOPs, seconds and memory.`},
		{"no worse at costs that are all but equal", records(t2, t4, with(h3, func(s *synthetic) { s.bpc, s.flops, s.seconds, s.memory = 2.31, 998, 79.5, 40.1 })), P1, "neither neither neither neither", `
P1, FLOPs: at equal steps the best is transformer(relative) 4@1 (2.310); no Hourglass point reaches the BPC of transformer(relative) 2@1 (2.600) or transformer(relative) 4@1 (2.310) at lower FLOPs; nor does a baseline so reach a Hourglass point that no other Hourglass point beats.
The axes agree: the verdict is the same by dense FLOPs, seconds and memory.`},
		{"one model", records(h3, with(h3, func(s *synthetic) { s.seed, s.bpc = 2, 2.32 })), P1, "", "\nOne model in 2 runs, Hourglass 1@1,4@3,1@1 (2.310): nothing to compare with."},
		{"nothing done", records(with(h3, func(s *synthetic) { s.fail = "no" })), P1, "", "\nNothing to compare: no run is done."},
		{"a leak beside its causal twin", slices.Concat(ahead, causal), P1, "", `
One run, transformer(lsh(16, hashes: 2)) 4@1 (2.310): nothing to compare with.
Looking ahead changes the BPC of transformer(lsh(16, hashes: 2)) 4@1 (2.310) by -0.260, to 2.050, which is no result.`},
		{"a leak is no result", append(records(with(t4, func(s *synthetic) { s.fail = "no" })), leaking...), P1, "", "\nNothing to compare: no run is done."},
		{"no records", nil, P1, "", "\nNothing to compare: no run is done."},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Summarise(c.records, c.protocol)
			if got := "\n" + s.String(); got != c.want {
				t.Errorf("got%s\nwant%s", got, c.want)
			}
			var verdicts []string
			for _, f := range s.Findings {
				verdicts = append(verdicts, string(f.Verdict))
			}
			if got := strings.Join(verdicts, " "); got != c.verdicts {
				t.Errorf("verdicts %s, want %s", got, c.verdicts)
			}
		})
	}
}

func TestSummaryOfDifferentData(t *testing.T) {
	rs := two()
	rs[1].Data = Data{Name: "text8", SHA256: "other"}
	if got := Summarise(rs, P1).String(); got != "Nothing to compare: the runs are on different data (enwik7, text8); take one corpus at a time." {
		t.Error(got)
	}
}

func TestSummaryOfDifferentEvaluations(t *testing.T) {
	rs := two()
	rs[1].Spec = []byte(strings.Replace(string(rs[1].Spec), `"stride":96`, `"stride":48`, 1))
	if got := Summarise(rs, P1).String(); !strings.Contains(got, "were not evaluated alike") {
		t.Error(got)
	}
}

// With test windows, the summary adds how sure the pair's difference is.
func TestSummaryCertainty(t *testing.T) {
	rs := two()
	rng := rand.New(rand.NewPCG(1, 2))
	targets, err := rs[0].Evaluation.Targets()
	if err != nil {
		t.Fatal(err)
	}
	for range targets {
		hard := rng.NormFloat64()
		rs[0].TestWindows = append(rs[0].TestWindows, 2.36+hard+0.01*rng.NormFloat64())
		rs[1].TestWindows = append(rs[1].TestWindows, 2.30+hard+0.01*rng.NormFloat64())
	}
	got := Summarise(rs, P1).String()
	for _, want := range []string{
		"Hourglass 1@1,4@3,1@1 is better than transformer(relative) 4@1 on test: difference -0.0597 ± 0.0008 bits",
		fmt.Sprintf("%d windows. One seed: the spread over seeds is not in this.", len(targets)),
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant it to say %q", got, want)
		}
	}
}

func TestDetectProtocol(t *testing.T) {
	a := synthetic{system: "transformer", hierarchy: "4@1", bpc: 2, flops: 1000, seconds: 1, memory: 1}
	for _, c := range []struct {
		name string
		b    synthetic
		want Protocol
	}{
		{"equal steps", synthetic{system: "hourglass", hierarchy: "1@1,4@3,1@1", bpc: 2, flops: 700, seconds: 1, memory: 1}, P1},
		{"equal FLOPs", synthetic{system: "hourglass", hierarchy: "1@1,4@3,1@1", bpc: 2, flops: 1001, steps: 1300, seconds: 1, memory: 1}, P2},
		{"neither", synthetic{system: "hourglass", hierarchy: "1@1,4@3,1@1", bpc: 2, flops: 1500, steps: 1300, seconds: 1, memory: 1}, P3},
		{"failed runs do not count", synthetic{system: "hourglass", hierarchy: "1@1,4@3,1@1", steps: 3, seconds: 1, fail: "x"}, P1},
	} {
		if got := DetectProtocol(records(a, c.b)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Whatever the records, every claim is about measured points and is true.
func TestClaimsAreTrue(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		var ss []synthetic
		for i := range 2 + rng.IntN(8) {
			s := synthetic{system: "transformer", hierarchy: fmt.Sprintf("%d@1", i+1), bpc: 2 + float64(rng.IntN(8))/10, flops: float64(1+rng.IntN(8)) * (1 + rng.Float64()/100), seconds: float64(1 + rng.IntN(8)), memory: float64(1 + rng.IntN(8))}
			if rng.IntN(2) == 0 {
				s.system, s.hierarchy = "hourglass", fmt.Sprintf("1@1,%d@2,1@1", i+1)
			}
			ss = append(ss, s)
		}
		s := Summarise(records(ss...), P1)
		for _, f := range s.Findings {
			for _, r := range []*Reach{f.Ours, f.Theirs} {
				if r == nil {
					continue
				}
				by, of := r.By.Records[0], r.Of.Records[0]
				lower := by.ValidBPC <= of.ValidBPC && r.Ratio(f.Axis) < 1-equalCost
				better := by.ValidBPC < of.ValidBPC && r.Ratio(f.Axis) <= 1+equalCost
				if !lower && !better || by.IsHourglass() == of.IsHourglass() || by.IsHourglass() != (r == f.Ours) {
					t.Fatalf("%s: %s does not reach %s\n%s", f.Axis.Name, by.Label(), of.Label(), s)
				}
			}
			if !f.Equal && (f.Ours == nil) != (f.Verdict == Loses || f.Verdict == Neither) {
				t.Fatalf("%s: verdict %s with %v", f.Axis.Name, f.Verdict, f.Ours)
			}
		}
	}
}
