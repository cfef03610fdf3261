package results

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence of intervals and verdicts.
const Confidence = 0.95

// Comparison of two runs on the same windows of the test set. What a window's
// text makes hard for both cancels out, so far smaller differences show than by
// comparing two test BPCs with their standard errors.
//
// It tells these two sets of weights apart on text like this. Whether one
// system beats the other also depends on the seed: see OverSeeds.
type Comparison struct {
	A          string  `json:"a"` // label
	AID        string  `json:"a_id"`
	ASeed      string  `json:"a_seed"`
	B          string  `json:"b"`
	BID        string  `json:"b_id"`
	BSeed      string  `json:"b_seed"`
	Windows    int     `json:"windows"`    // number of windows
	Difference float64 `json:"difference"` // test BPC of A − test BPC of B, bits
	Stderr     float64 `json:"stderr"`     // of the difference, by block bootstrap
	Low        float64 `json:"low"`        // confidence interval of the difference, 95 %
	High       float64 `json:"high"`
	P          float64 `json:"p"`          // two-sided, that there is no difference
	Adjusted   float64 `json:"p_adjusted"` // P after Holm for the comparisons made together
}

// Verdict is "better", "worse" or "no clear difference": of A against B, by the
// adjusted p-value.
func (c Comparison) Verdict() string {
	switch {
	case !(c.Adjusted < 1-Confidence):
		return "no clear difference"
	case c.Difference < 0:
		return "better"
	}
	return "worse"
}

// String gives the comparison as a sentence.
func (c Comparison) String() string {
	return fmt.Sprintf("%s is %s %s on test: difference %+.4f ± %.4f bits, 95 %% interval [%+.4f, %+.4f], p = %.2g, %d windows",
		c.A, verdictWords(c.Verdict()), c.B, c.Difference, c.Stderr, c.Low, c.High, c.Adjusted, c.Windows)
}

func verdictWords(verdict string) string {
	if verdict == "no clear difference" {
		return "not clearly different from"
	}
	return verdict + " than"
}

// Compare compares two done runs window by window. It is an error when they
// were not tested on the same windows of the same corpus, or on too few.
func Compare(a, b Record) (Comparison, error) {
	c := Comparison{
		A: a.Label(), AID: a.ID, ASeed: a.Setting("seed"),
		B: b.Label(), BID: b.ID, BSeed: b.Setting("seed"),
	}
	if err := testedAlike(a, b); err != nil {
		return c, fmt.Errorf("compare %s (%s) with %s (%s): %w", a.ID, c.A, b.ID, c.B, err)
	}
	weights, err := weightsOf(a.TestWindows, a.Evaluation)
	if err != nil {
		return c, fmt.Errorf("compare %s with %s: %w", a.ID, b.ID, err)
	}
	c.Windows = len(weights)
	differences := make([]float64, c.Windows)
	for i := range differences {
		differences[i] = a.TestWindows[i] - b.TestWindows[i]
	}
	c.Difference = stat.Mean(differences, weights)
	block := DefaultBlock(c.Windows)
	c.Stderr, err = BlockBootstrap(differences, weights, block, replicates, 1)
	if err != nil {
		return c, fmt.Errorf("compare %s with %s: %w", a.ID, b.ID, err)
	}
	if math.IsNaN(c.Stderr) {
		return c, fmt.Errorf("compare %s with %s: %d test windows are too few to compare on", a.ID, b.ID, c.Windows)
	}
	// Student's t, since a short test set has few independent blocks.
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(c.Windows/block - 1)}
	reach := c.Stderr * t.Quantile((1+Confidence)/2)
	c.Low, c.High = c.Difference-reach, c.Difference+reach
	switch {
	case c.Difference == 0:
		c.P = 1
	case c.Stderr > 0:
		c.P = 2 * t.CDF(-math.Abs(c.Difference)/c.Stderr)
	}
	c.Adjusted = c.P
	return c, nil
}

func testedAlike(a, b Record) error {
	switch {
	case a.Status != Done || b.Status != Done:
		return fmt.Errorf("both runs must be done, they are %s and %s", a.Status, b.Status)
	case a.Data.SHA256 != b.Data.SHA256:
		return fmt.Errorf("they were tested on different data: %s and %s", a.Data.Name, b.Data.Name)
	case a.Evaluation != b.Evaluation:
		return fmt.Errorf("they were tested differently: context/stride/bytes %d/%d/%d and %d/%d/%d",
			a.Evaluation.Context, a.Evaluation.Stride, a.Evaluation.Bytes, b.Evaluation.Context, b.Evaluation.Stride, b.Evaluation.Bytes)
	case len(a.TestWindows) == 0 || len(a.TestWindows) != len(b.TestWindows):
		return fmt.Errorf("both records must hold the bits of each test window, they hold %d and %d", len(a.TestWindows), len(b.TestWindows))
	}
	return nil
}

// CompareAll compares each of the others with the reference, as A against B,
// with p-values adjusted for their number (Holm).
func CompareAll(reference Record, others Records) ([]Comparison, error) {
	var all []Comparison
	var p []float64
	for _, r := range others {
		c, err := Compare(r, reference)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
		p = append(p, c.P)
	}
	adjusted, err := Holm(p)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Adjusted = adjusted[i]
	}
	return all, nil
}
