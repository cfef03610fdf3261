package results

import (
	"math"
	"strconv"
	"time"
)

// Row is a record as one flat row, the form of CSV and Parquet exports. Column
// names are the tags. Bytes, seconds and FLOPs are plain SI, BPCs are bits; a
// setting that the spec does not have is "" or 0. Optional columns are 0 where
// nothing was measured, and then an empty cell in CSV and null in Parquet. The
// curve and the test windows have no column: they are in the JSON lines.
type Row struct {
	ID     string    `parquet:"id"`                         // hash of spec and corpus
	Status string    `parquet:"status"`                     // done or failed
	Error  string    `parquet:"error"`                      // why it failed
	Time   time.Time `parquet:"time,timestamp(nanosecond)"` // when the run ended, UTC
	Sweep  string    `parquet:"sweep"`                      // the sweep that asked for it

	System    string  `parquet:"system"`    // hourglass, transformer, transformer-xl
	Hierarchy string  `parquet:"hierarchy"` // layers@total-shortening
	Attention string  `parquet:"attention"` // kind, or kinds by total shortening
	Positions string  `parquet:"positions"` // none, absolute, rotary or relative
	Shorten   string  `parquet:"shorten"`   // shortening method
	Upsample  string  `parquet:"upsample"`  // upsampling method
	Storage   string  `parquet:"storage"`   // streaming or materialised attention
	DModel    int64   `parquet:"d_model"`   // width
	Heads     int64   `parquet:"heads"`     // attention heads
	DFF       int64   `parquet:"d_ff"`      // width of the feed-forward layer
	Dropout   float64 `parquet:"dropout"`   // probability
	Context   int64   `parquet:"context"`   // training context, tokens
	Batch     int64   `parquet:"batch"`     // sequences a step
	Steps     int64   `parquet:"steps"`     // training steps asked for
	LR        float64 `parquet:"lr"`        // peak learning rate
	Seed      uint64  `parquet:"seed"`      // of weights, batches and dropout
	Spec      string  `parquet:"spec,json"` // the full spec as JSON

	Data       string `parquet:"data"`        // name of the corpus
	DataSHA256 string `parquet:"data_sha256"` // its hash

	Parameters                int64   `parquet:"parameters"`                    // number of weights
	FLOPs                     float64 `parquet:"flops,optional"`                // necessary, whole training
	NecessaryFLOPsPerToken    float64 `parquet:"necessary_flops_per_token"`     // visible pairs only, no padding, no recomputation
	DenseFLOPsPerToken        float64 `parquet:"dense_flops_per_token"`         // attention over all pairs
	ExecutedFLOPsPerToken     float64 `parquet:"executed_flops_per_token"`      // padding and recomputation included
	DoneFLOPsPerToken         float64 `parquet:"done_flops_per_token,optional"` // where executed depends on the data: what it was
	PlannedWeightsBytes       int64   `parquet:"planned_weights_bytes"`         // the plan, by kind
	PlannedGradientsBytes     int64   `parquet:"planned_gradients_bytes"`
	PlannedOptimizerBytes     int64   `parquet:"planned_optimizer_bytes"`
	PlannedActivationsBytes   int64   `parquet:"planned_activations_bytes"`
	PlannedWorkspaceBytes     int64   `parquet:"planned_workspace_bytes"`
	PlannedPeakBytes          int64   `parquet:"planned_peak_bytes"`           // their total
	MeasuredPeakBytes         int64   `parquet:"measured_peak_bytes,optional"` // of the process, idle included
	IdleBytes                 int64   `parquet:"idle_bytes,optional"`          // runtime and touched corpus
	Seconds                   float64 `parquet:"seconds,optional"`             // training only
	TokensPerSecond           float64 `parquet:"tokens_per_second,optional"`   // training only
	ShareOfPeak               float64 `parquet:"share_of_peak,optional"`       // necessary FLOPs over the machine's FMA peak
	ValidBPC                  float64 `parquet:"valid_bpc,optional"`           // bits
	TestBPC                   float64 `parquet:"test_bpc,optional"`            // bits
	TestStderr                float64 `parquet:"test_stderr,optional"`         // bits, block bootstrap
	EvalContext               int64   `parquet:"eval_context,optional"`        // of test_bpc, tokens
	EvalStride                int64   `parquet:"eval_stride,optional"`
	EvalBytes                 int64   `parquet:"eval_bytes,optional"`
	CausalityInit             string  `parquet:"causality_init"`                      // pass, or what leaked
	CausalityFinal            string  `parquet:"causality_final"`                     // the same, on the final weights
	CausalityProbes           int64   `parquet:"causality_probes,optional"`           // positions probed
	Leak                      bool    `parquet:"leak"`                                // looks ahead: its BPC is no result
	CalibrationBudgetSeconds  float64 `parquet:"calibration_budget_seconds,optional"` // 0 when steps were given
	CalibrationSecondsPerStep float64 `parquet:"calibration_seconds_per_step,optional"`
	CalibrationSteps          int64   `parquet:"calibration_steps,optional"`

	CPU         string  `parquet:"cpu"` // machine
	ISA         string  `parquet:"isa"` // avx512, avx2 or portable
	Threads     int64   `parquet:"threads"`
	PeakGFLOPS  float64 `parquet:"peak_gflops"`    // measured FMA peak
	Commit      string  `parquet:"commit"`         // of hgbench
	Go          string  `parquet:"go"`             // Go version
	Kernel      int64   `parquet:"kernel"`         // kernel version
	WeightsHash string  `parquet:"weights_sha256"` // of the final weights
}

// Row flattens the record.
func (r Record) Row() Row {
	number := func(key string) float64 {
		if v := r.Number(key); !math.IsNaN(v) {
			return v
		}
		return 0
	}
	whole := func(key string) int64 { return int64(number(key)) }
	seed, _ := strconv.ParseUint(r.Setting("seed"), 10, 64) // a float64 would round it; 0 when there is none
	row := Row{
		ID: r.ID, Status: r.Status, Error: r.Error, Time: r.Time.UTC(), Sweep: r.Sweep,
		System: r.System(), Hierarchy: r.Hierarchy(), Attention: r.Attention(),
		Positions: r.Setting("model.positions"), Shorten: r.Setting("model.shorten"),
		Upsample: r.Setting("model.upsample"), Storage: r.Setting("model.storage"),
		DModel: whole("model.d_model"), Heads: whole("model.heads"), DFF: whole("model.d_ff"),
		Dropout: number("model.dropout"), Context: whole("train.context"), Batch: whole("train.batch"),
		Steps: whole("train.steps"), LR: number("train.lr"), Seed: seed, Spec: string(r.Spec),
		Data: r.Data.Name, DataSHA256: r.Data.SHA256,
		Parameters: r.Parameters, FLOPs: r.FLOPs.Total,
		NecessaryFLOPsPerToken: r.FLOPs.NecessaryPerToken,
		DenseFLOPsPerToken:     r.FLOPs.DensePerToken, ExecutedFLOPsPerToken: r.FLOPs.ExecutedPerToken,
		DoneFLOPsPerToken:   r.FLOPs.DonePerToken,
		PlannedWeightsBytes: r.Memory.Planned.Weights, PlannedGradientsBytes: r.Memory.Planned.Gradients,
		PlannedOptimizerBytes: r.Memory.Planned.Optimizer, PlannedActivationsBytes: r.Memory.Planned.Activations,
		PlannedWorkspaceBytes: r.Memory.Planned.Workspace, PlannedPeakBytes: r.Memory.Planned.Total,
		MeasuredPeakBytes: r.Memory.MeasuredPeak, IdleBytes: r.Memory.Idle,
		Seconds: r.Seconds, TokensPerSecond: r.TokensPerSecond, ShareOfPeak: r.ShareOfPeak,
		ValidBPC: r.ValidBPC, TestBPC: r.TestBPC, TestStderr: r.TestStderr,
		EvalContext: int64(r.Evaluation.Context), EvalStride: int64(r.Evaluation.Stride), EvalBytes: r.Evaluation.Bytes,
		CausalityInit: r.Causality.Init, CausalityFinal: r.Causality.Final,
		CausalityProbes: int64(r.Causality.Probes), Leak: r.Causality.Leak,
		CPU: r.Machine.CPU, ISA: r.Machine.ISA, Threads: int64(r.Machine.Threads), PeakGFLOPS: r.Machine.PeakGFLOPS,
		Commit: r.Versions.Commit, Go: r.Versions.Go, Kernel: int64(r.Versions.Kernel), WeightsHash: r.WeightsHash,
	}
	if c := r.Calibration; c != nil {
		row.CalibrationBudgetSeconds, row.CalibrationSecondsPerStep, row.CalibrationSteps = c.Budget, c.StepSeconds, int64(c.Steps)
	}
	return row
}

// Rows flattens the records.
func (rs Records) Rows() []Row {
	rows := make([]Row, len(rs))
	for i, r := range rs {
		rows[i] = r.Row()
	}
	return rows
}
