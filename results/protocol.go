package results

import "math"

// Protocol is the rule by which runs are comparable, named beside every
// conclusion.
type Protocol string

const (
	// P1 holds steps, tokens and the order of the data equal; cost differs and
	// is the x-axis. It is the paper's protocol.
	P1 Protocol = "P1"
	// P2 holds the necessary FLOPs of training equal, each run with its own
	// learning-rate schedule to its own end.
	P2 Protocol = "P2"
	// P3 compares envelopes: the best over depth, width, learning rate and
	// steps for every cost.
	P3 Protocol = "P3"
)

// equalCost is how far costs may lie apart and still count as equal: a budget
// in FLOPs is met to within a training step.
const equalCost = 0.01

// DetectProtocol tells by which protocol the done runs can be compared: P1 if
// they took equally many steps over equally large batches of the same corpus,
// P2 if instead their necessary FLOPs agree to 1 %, P3 otherwise.
func DetectProtocol(records Records) Protocol {
	runs := records.Done()
	switch {
	case runs.agree("train.steps") && runs.agree("train.batch") && runs.agree("train.context"):
		return P1
	case spread(runs.values(NecessaryFLOPs.Value)) <= equalCost:
		return P2
	}
	return P3
}

// means says of a protocol what its comparison is at.
func (p Protocol) means() string {
	switch p {
	case P1:
		return "at equal steps"
	case P2:
		return "at equal FLOPs"
	}
	return "over the envelope"
}

// agree tells whether a setting is the same in all records.
func (rs Records) agree(key string) bool {
	for _, r := range rs {
		if r.Setting(key) != rs[0].Setting(key) {
			return false
		}
	}
	return true
}

// spread is the relative distance of the largest value from the smallest; NaN
// if any is unknown.
func spread(vs []float64) float64 {
	if len(vs) == 0 {
		return math.NaN()
	}
	low, high := vs[0], vs[0]
	for _, v := range vs {
		low, high = math.Min(low, v), math.Max(high, v) // these keep NaN
	}
	return (high - low) / high
}
