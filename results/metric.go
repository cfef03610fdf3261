package results

import "math"

// Metric is something to make small, as bits per character. Value is NaN for a
// record that does not have it.
type Metric struct {
	Name  string // "validation BPC"
	Unit  string // "bits"
	Value func(Record) float64
}

// Axis is something a run costs. Value is NaN for a record that does not know it.
type Axis struct {
	Name  string // as in a sentence: "FLOPs"
	Unit  string // "FLOP", "s" or "B"
	Value func(Record) float64
}

// What a run reached. Choices are made by validation; test is for the end.
var (
	ValidBPC = Metric{"validation BPC", "bits", func(r Record) float64 { return known(r.ValidBPC) }}
	TestBPC  = Metric{"test BPC", "bits", func(r Record) float64 { return known(r.TestBPC) }}
)

// What a run cost.
var (
	// NecessaryFLOPs of the whole training: attention over visible pairs only,
	// no padding, no recomputation. "FLOPs" without another word are these.
	NecessaryFLOPs = Axis{"FLOPs", "FLOP", func(r Record) float64 { return known(r.FLOPs.Total) }}

	// DenseFLOPs of the whole training, attention counted over all L×K pairs,
	// as by code that masks what it should not have computed.
	DenseFLOPs = Axis{"dense FLOPs", "FLOP", func(r Record) float64 {
		return known(r.FLOPs.Total) * known(r.FLOPs.DensePerToken) / known(r.FLOPs.NecessaryPerToken)
	}}

	// Seconds of training on the record's machine, evaluation excluded.
	Seconds = Axis{"seconds", "s", func(r Record) float64 { return known(r.Seconds) }}

	// PeakMemory planned for training, everything included but the runtime
	// and the corpus.
	PeakMemory = Axis{"memory", "B", func(r Record) float64 { return known(float64(r.Memory.Planned.Total)) }}
)

// Axes lists every axis, in the order in which conclusions name them.
func Axes() []Axis { return []Axis{NecessaryFLOPs, DenseFLOPs, Seconds, PeakMemory} }

// Equal tells whether all groups cost the same, to 1 %; of an unknown cost that
// is never so.
func (x Axis) Equal(groups []Group) bool {
	var costs []float64
	for _, g := range groups {
		costs = append(costs, g.Mean(x.Value))
	}
	return spread(costs) <= equalCost
}

// Format gives a group's mean cost on the axis with its unit.
func (x Axis) Format(g Group) string {
	v := g.Mean(x.Value)
	if x.Unit == "B" {
		return FormatBytes(int64(v))
	}
	return FormatSI(v, x.Unit)
}

// known turns the zero of a figure that was never filled in into NaN: no run
// costs nothing, and no text has 0 bits.
func known(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}
