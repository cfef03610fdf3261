package results

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// replicates of a bootstrap: they give a standard error to within about 2 %
// of itself, far closer than the windows allow.
const replicates = 1000

// BlockBootstrap estimates the standard error of the weighted mean of windows,
// which follow each other in the text. Neighbours resemble each other (an
// article goes on over many windows), so whole blocks of them are drawn:
// the circular block bootstrap of Politis and Romano (1992), in which every
// window is drawn as often as any other.
//
// Weights are the numbers of targets of the windows, see Evaluation.Targets;
// nil is all equal. Block is the number of windows in a block, n the number of
// replicates. The same arguments give the same result on every machine.
// It is NaN for fewer than two blocks of windows, which show no spread.
func BlockBootstrap(windows, weights []float64, block, n int, seed uint64) (float64, error) {
	if weights != nil && len(weights) != len(windows) {
		return 0, fmt.Errorf("bootstrap: %d windows with %d weights", len(windows), len(weights))
	}
	if block < 1 || n < 2 {
		return 0, fmt.Errorf("bootstrap: block %d, %d replicates: want a block ≥ 1 and ≥ 2 replicates", block, n)
	}
	weight := func(int) float64 { return 1 }
	if weights != nil {
		weight = func(i int) float64 { return weights[i] }
	}
	for i, v := range windows {
		if w := weight(i); math.IsNaN(v) || math.IsInf(v, 0) || !(w > 0) || math.IsInf(w, 0) {
			return 0, fmt.Errorf("bootstrap: window %d is %g with weight %g: want finite numbers and a weight > 0", i, v, w)
		}
	}
	size := len(windows)
	if size < 2*block {
		return math.NaN(), nil
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	means := make([]float64, n)
	for k := range means {
		var sum, total float64
		for drawn := 0; drawn < size; drawn += block {
			start := rng.IntN(size)
			for j := range min(block, size-drawn) {
				i := (start + j) % size
				sum += weight(i) * windows[i]
				total += weight(i)
			}
		}
		means[k] = sum / total
	}
	return stat.StdDev(means, nil), nil
}

// DefaultBlock is the block length taken for a number of windows: its square
// root. With the half a million bytes and the strides used here that is about
// an article of Wikipedia, and leaves as many blocks as a block has windows.
func DefaultBlock(windows int) int {
	return max(1, int(math.Round(math.Sqrt(float64(windows)))))
}

// TestStderr is the standard error of a test BPC made of these windows (mean
// bits of each) under e, by block bootstrap with DefaultBlock. It is 0, which in
// a record means unknown, when there are too few windows to tell.
func TestStderr(windows []float64, e Evaluation) (float64, error) {
	weights, err := weightsOf(windows, e)
	if err != nil {
		return 0, err
	}
	stderr, err := BlockBootstrap(windows, weights, DefaultBlock(len(windows)), replicates, 1)
	if math.IsNaN(stderr) {
		return 0, nil
	}
	return stderr, err
}

// Targets returns how many targets each window of the evaluation counts. Window
// i ends at min(Context + i·Stride, Bytes); the first counts all its targets,
// each later one those not yet counted; in every Row anew where there are rows.
func (e Evaluation) Targets() ([]float64, error) {
	windows, err := e.windows()
	if err != nil {
		return nil, err
	}
	// A damaged record must not make us reserve the machine's memory.
	if windows > maxLine {
		return nil, fmt.Errorf("evaluation has %d windows, more than any record holds", windows)
	}
	targets := make([]float64, 0, windows)
	for start := int64(0); start < e.Bytes; start += e.row() {
		end := min(start+e.row(), e.Bytes)
		for counted := start; counted < end; {
			size := int64(e.Stride)
			if counted == start {
				size = int64(e.Context)
			}
			size = min(size, end-counted)
			targets = append(targets, float64(size))
			counted += size
		}
	}
	return targets, nil
}

// row is where windows start afresh: never, in text.
func (e Evaluation) row() int64 {
	if e.Row > 0 {
		return int64(e.Row)
	}
	return e.Bytes
}

// windows is the number of windows of the evaluation.
func (e Evaluation) windows() (int64, error) {
	if e.Context < 1 || e.Stride < 1 || e.Stride > e.Context || e.Bytes < 1 || e.Row < 0 {
		return 0, fmt.Errorf("evaluation of context %d, stride %d, %d bytes: want 1 ≤ stride ≤ context and ≥ 1 byte", e.Context, e.Stride, e.Bytes)
	}
	in := func(targets int64) int64 {
		more := max(0, targets-int64(e.Context))
		return 1 + more/int64(e.Stride) + min(1, more%int64(e.Stride))
	}
	rows, rest := e.Bytes/e.row(), e.Bytes%e.row()
	n := rows * in(e.row())
	if rest > 0 {
		n += in(rest)
	}
	return n, nil
}

// weightsOf are the targets of the windows, which must be as many as e makes.
func weightsOf(windows []float64, e Evaluation) ([]float64, error) {
	want, err := e.windows()
	if err != nil {
		return nil, err
	}
	if int64(len(windows)) != want {
		return nil, fmt.Errorf("%d windows, but context %d, stride %d over %d bytes makes %d", len(windows), e.Context, e.Stride, e.Bytes, want)
	}
	return e.Targets()
}

// Holm adjusts p-values of comparisons made together (Holm 1979): where the
// adjusted value is below α, the chance that any of them is a false alarm
// is below α. The order stays.
func Holm(p []float64) ([]float64, error) {
	order := make([]int, len(p))
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return nil, errors.New("holm: p-values lie between 0 and 1")
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted := make([]float64, len(p))
	var highest float64
	for rank, i := range order {
		highest = max(highest, min(1, float64(len(p)-rank)*p[i]))
		adjusted[i] = highest
	}
	return adjusted, nil
}
