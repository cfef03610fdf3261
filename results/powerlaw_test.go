package results

import (
	"math"
	"math/rand/v2"
	"testing"
)

// lawful makes groups of one run on a law, with noise in its logarithm.
func lawful(costs []float64, a, alpha, noise float64, seed uint64) []Group {
	rng := rand.New(rand.NewPCG(seed, 0))
	var groups []Group
	for _, c := range costs {
		r := Record{ValidBPC: a * math.Pow(c, -alpha) * math.Exp(noise*rng.NormFloat64()), FLOPs: FLOPs{Total: c}}
		groups = append(groups, Group{Records: Records{r}})
	}
	return groups
}

var decade = []float64{1e12, 2e12, 3e12, 5e12, 8e12, 1e13, 2e13}

func TestPowerLawExact(t *testing.T) {
	p, err := FitPowerLaw(lawful(decade, 40, 0.09, 0, 1), NecessaryFLOPs, ValidBPC)
	if err != nil {
		t.Fatal(err)
	}
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got/want-1) > 1e-9 {
			t.Errorf("%s is %g, want %g", name, got, want)
		}
	}
	near("A", p.A, 40)
	near("Alpha", p.Alpha, 0.09)
	near("Low", p.Low, 1e12)
	near("High", p.High, 2e13)
	for _, c := range decade {
		near("Cost(At(cost))", p.Cost(p.At(c)), c)
		low, high := p.Band(c)
		near("low", low, p.At(c))
		near("high", high, p.At(c))
	}
}

// The band must cover the true line about as often as it says.
func TestPowerLawBand(t *testing.T) {
	const trials = 400
	for _, cost := range []float64{1e12, 4e12, 2e13} {
		covered := 0
		for seed := range uint64(trials) {
			p, err := FitPowerLaw(lawful(decade, 40, 0.09, 0.01, seed), NecessaryFLOPs, ValidBPC)
			if err != nil {
				t.Fatal(err)
			}
			truth := 40 * math.Pow(cost, -0.09)
			if low, high := p.Band(cost); low <= truth && truth <= high {
				covered++
			}
		}
		// Three standard deviations of a binomial of 400 at 0.95 are 0.033.
		if share := float64(covered) / trials; math.Abs(share-Confidence) > 0.033 {
			t.Errorf("at %g FLOPs the band covers the truth %.3f of the time, want %.2f", cost, share, Confidence)
		}
	}
}

func TestPowerLawTooFew(t *testing.T) {
	unknown := Group{Records: Records{{}}}
	for _, groups := range [][]Group{
		nil,
		lawful(decade[:2], 40, 0.09, 0, 1),
		append(lawful(decade[:2], 40, 0.09, 0, 1), unknown),
		append(lawful(decade[:2], 40, 0.09, 0, 1), lawful(decade[:2], 41, 0.09, 0, 1)...),
	} {
		if p, err := FitPowerLaw(groups, NecessaryFLOPs, ValidBPC); err == nil {
			t.Errorf("%d groups gave %v, want an error", len(groups), p)
		}
	}
}
