// Package results holds what experiments leave behind: one Record a run, kept
// in an append-only Store, exported to CSV, Parquet and Go benchmark format,
// and summarised with the statistics that comparisons need.
//
// It knows nothing of engines or specs: a record carries its spec as plain
// JSON, so that a notebook or another program can read results without
// linking the code that made them.
package results

import (
	"encoding/json"
	"time"
)

// Status of a run.
const (
	Done   = "done"   // trained, evaluated and proven causal
	Failed = "failed" // see Record.Error
)

// Pass is the verdict of a proof of causality that found nothing.
const Pass = "pass"

// Record is one run: what was asked (Spec), what ran it (Versions, Machine),
// what it cost (FLOPs, Memory, Seconds) and what it reached (BPC).
//
// Bits are bits per byte of text (bits per character, BPC) or per image
// sub-pixel (bits per dimension, BPD). Bytes, seconds and FLOPs are plain SI.
// What was not measured is 0, and absent in JSON: a record of a sweep that trains
// nothing has no BPC. Metric and Axis turn it into NaN.
type Record struct {
	ID     string          `json:"id"` // hash of the canonical spec and the corpus
	Status string          `json:"status"`
	Error  string          `json:"error,omitempty"`
	Time   time.Time       `json:"time"`            // when the run ended
	Sweep  string          `json:"sweep,omitempty"` // name of the sweep that asked for it
	Spec   json.RawMessage `json:"spec"`            // full spec, defaults included

	Versions Versions `json:"versions"`
	Machine  Machine  `json:"machine"`

	Parameters int64  `json:"parameters"`
	FLOPs      FLOPs  `json:"flops"`
	Memory     Memory `json:"memory"`

	Seconds         float64 `json:"seconds,omitzero"` // training only, evaluation excluded
	TokensPerSecond float64 `json:"tokens_per_second,omitzero"`
	ShareOfPeak     float64 `json:"share_of_peak,omitzero"` // necessary FLOPs per second over the machine's FMA peak

	Curve      []Point `json:"curve"`
	ValidBPC   float64 `json:"valid_bpc,omitzero"`
	TestBPC    float64 `json:"test_bpc,omitzero"`
	TestStderr float64 `json:"test_stderr,omitzero"` // block bootstrap over windows

	Evaluation  Evaluation   `json:"evaluation,omitzero"`
	Causality   Causality    `json:"causality,omitzero"`
	Calibration *Calibration `json:"calibration,omitempty"` // for budgets in seconds
	Data        Data         `json:"data"`

	TestWindows []float64 `json:"test_windows,omitempty"`   // mean bits of each test window's newly scored targets, in order
	PositionBPC []float64 `json:"position_bpc,omitempty"`   // bits by position in the window, averaged over equal slices of it
	Sample      string    `json:"sample,omitempty"`         // a short continuation, as a sanity check
	WeightsHash string    `json:"weights_sha256,omitempty"` // SHA-256 of the final weights, for bitwise replay
}

// Versions of what computed the record.
type Versions struct {
	Commit string `json:"commit"` // of hgbench; "+dirty" when the tree was changed
	Go     string `json:"go"`
	Kernel int    `json:"kernel"` // kernel version: same version and ISA, same bits
}

// Machine that ran it.
type Machine struct {
	CPU        string  `json:"cpu"`
	ISA        string  `json:"isa"` // avx512, avx2 or portable
	Threads    int     `json:"threads"`
	PeakGFLOPS float64 `json:"peak_gflops"` // FMA peak measured in the same process on the same threads
}

// FLOPs of training. Necessary: 3 × the forward matrix products over visible
// pairs, a property of the model. Dense: the same with attention over all
// L×K pairs. Executed: what the plan does, padding and recomputation included.
type FLOPs struct {
	NecessaryPerToken float64 `json:"necessary_per_token"`
	DensePerToken     float64 `json:"dense_per_token"`
	ExecutedPerToken  float64 `json:"executed_per_token"`
	DonePerToken      float64 `json:"done_per_token,omitzero"` // where executed depends on the data, and so is the most it can be: what it was
	Total             float64 `json:"total,omitzero"`          // necessary, whole training
}

// Memory in bytes.
type Memory struct {
	Planned      Planned `json:"planned"`
	MeasuredPeak int64   `json:"measured_peak,omitzero"` // of the process, idle included
	Idle         int64   `json:"idle,omitzero"`          // runtime and touched corpus, before the arena is used
}

// Planned memory in bytes, by kind.
type Planned struct {
	Weights     int64 `json:"weights"`
	Gradients   int64 `json:"gradients"`
	Optimizer   int64 `json:"optimizer"`
	Activations int64 `json:"activations"`
	Workspace   int64 `json:"workspace"`
	Total       int64 `json:"total"`
}

// Point of the training curve, with every x-axis.
type Point struct {
	Step     int      `json:"step"`
	Tokens   int64    `json:"tokens"`
	FLOPs    float64  `json:"flops"` // necessary
	Seconds  float64  `json:"seconds"`
	TrainBPC float64  `json:"train_bpc"`           // mean since the previous point
	ValidBPC *float64 `json:"valid_bpc,omitempty"` // where it was evaluated
}

// Evaluation that made TestBPC: context and stride in tokens.
type Evaluation struct {
	Context int   `json:"context"`
	Stride  int   `json:"stride"`
	Bytes   int64 `json:"bytes"`
	Row     int   `json:"row,omitempty"` // pictures: tokens after which windows start afresh
}

// Causality is the verdict of the proof at the start and on the final weights.
type Causality struct {
	Init   string `json:"init"`  // "pass", or what leaked
	Final  string `json:"final"` // the same
	Probes int    `json:"probes"`
	Leak   bool   `json:"leak,omitempty"` // recorded although it leaks, by explicit wish
}

// Calibration turned a budget in seconds into steps.
type Calibration struct {
	Budget      float64 `json:"budget_seconds"`
	StepSeconds float64 `json:"step_seconds"`
	Steps       int     `json:"steps"`
}

// Data names the corpus.
type Data struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}
