package bench

import (
	"cmp"
	"reflect"

	"hgbench/pkg/nn"
)

// SpecVersion is part of every run's id. It changes when a default changes or
// a key changes its meaning, never when a key is added: ids hash only what
// differs from the defaults.
const SpecVersion = 1

// Spec is one experiment: which model, on which data, trained and evaluated
// how. Together with the corpus, the instruction set and the kernel version
// it determines every bit of the result.
//
// Specs are written in YAML (see ParseSpec) and recorded in JSON, with the
// same keys, defaults included. In Go, start from DefaultSpec, change fields,
// and call Validate.
type Spec struct {
	Model  ModelSpec `json:"model" yaml:"model"`
	Data   string    `json:"data" yaml:"data"` // name of a corpus, or path of a file
	Train  TrainSpec `json:"train" yaml:"train"`
	Eval   EvalSpec  `json:"eval" yaml:"eval"`
	Seed   uint64    `json:"seed" yaml:"seed"`                        // of initialisation, data order and dropout
	Budget Budget    `json:"budget,omitzero" yaml:"budget,omitempty"` // instead of train.steps; see Resolve

	// given holds the keys that somebody wrote, as opposed to defaults: only a
	// default follows when Set changes what it is derived from.
	given map[string]bool
}

// ModelSpec is the architecture. The vocabulary comes from the data.
type ModelSpec struct {
	System    string    `json:"system" yaml:"system"`                       // hourglass, transformer, transformer-xl, or one of baselines.Sparse
	Hierarchy string    `json:"hierarchy" yaml:"hierarchy"`                 // layers@total; see nn.ParseHierarchy
	Shorten   string    `json:"shorten,omitempty" yaml:"shorten,omitempty"` // hourglass only, as is Upsample
	Upsample  string    `json:"upsample,omitempty" yaml:"upsample,omitempty"`
	Attention Attention `json:"attention" yaml:"attention"`
	Positions string    `json:"positions" yaml:"positions"` // none, absolute, rotary or relative, where the attention kind leaves the choice
	Storage   string    `json:"storage" yaml:"storage"`     // of attention: streaming (O(L·d) memory) or materialised (the L×L matrix)

	DModel  int     `json:"d_model" yaml:"d_model"`
	Heads   int     `json:"heads" yaml:"heads"`
	DFF     int     `json:"d_ff" yaml:"d_ff"`
	Dropout float64 `json:"dropout" yaml:"dropout"`

	// The rest is for transformer-xl.
	Memory     int    `json:"memory" yaml:"memory"`                               // positions of previous segments kept in training
	EvalMemory int    `json:"eval_memory" yaml:"eval_memory"`                     // the same in evaluation
	ClampLen   int    `json:"clamp_len,omitempty" yaml:"clamp_len,omitempty"`     // distances above it count as it; 0: no clamp
	SameLength bool   `json:"same_length,omitempty" yaml:"same_length,omitempty"` // every query sees the same number of keys
	Norm       string `json:"norm,omitempty" yaml:"norm,omitempty"`               // pre or post
}

// TrainSpec is the training: Adam over random windows of the training split.
type TrainSpec struct {
	Context    int `json:"context" yaml:"context"`         // tokens of a window; need not be divisible by the hierarchy, padding fills up
	Batch      int `json:"batch" yaml:"batch"`             // windows of a step
	MicroBatch int `json:"micro_batch" yaml:"micro_batch"` // windows held in memory at once; gradients accumulate over batch/micro_batch
	Steps      int `json:"steps" yaml:"steps"`             // 0 only while a Budget waits to be turned into steps

	LearningRate float64 `json:"lr" yaml:"lr"`             // its peak
	Warmup       int     `json:"warmup" yaml:"warmup"`     // steps of linear growth from 0
	Schedule     string  `json:"schedule" yaml:"schedule"` // after the warm-up: cosine or linear down to 0, or constant
	Beta1        float64 `json:"beta1" yaml:"beta1"`
	Beta2        float64 `json:"beta2" yaml:"beta2"`
	Epsilon      float64 `json:"epsilon" yaml:"epsilon"`
	Clip         float64 `json:"clip" yaml:"clip"`                 // largest global norm of the gradient; 0: none
	WeightDecay  float64 `json:"weight_decay" yaml:"weight_decay"` // decoupled, as in AdamW

	// ShortenFactors, when not empty, are drawn from anew each step in place
	// of the hierarchy's own factor (the paper's shorten-factor dropout).
	// Evaluation uses the hierarchy's.
	ShortenFactors []int `json:"shorten_factors,omitempty" yaml:"shorten_factors,omitempty,flow"`
}

// EvalSpec is the evaluation: validation during training, the test split at
// the end, both in windows of Context tokens that advance by Stride.
type EvalSpec struct {
	Every      int   `json:"every" yaml:"every"`             // steps between validations; 0: only at the end
	ValidBytes int64 `json:"valid_bytes" yaml:"valid_bytes"` // of the validation split, from its start
	Context    int   `json:"context" yaml:"context"`
	Stride     int   `json:"stride" yaml:"stride"`
	Bytes      int64 `json:"bytes" yaml:"bytes"` // of the test split, from its start
}

// DefaultSpec is the spec with nothing set: a small Hourglass on enwik7 that
// trains on a laptop.
func DefaultSpec() Spec {
	s := Spec{
		Model: ModelSpec{
			System: "hourglass", Storage: "streaming", DModel: 256, Heads: 4,
		},
		Data: "enwik7",
		Train: TrainSpec{
			Context: 504, Batch: 8, Steps: 2000, LearningRate: 1e-3, Schedule: "cosine",
			Beta1: 0.9, Beta2: 0.98, Epsilon: 1e-9,
		},
		Eval: EvalSpec{Every: 200, ValidBytes: 50_000, Bytes: 500_000},
		Seed: 1,
	}
	for _, d := range derivations {
		d.set(&s, s)
	}
	return s
}

// derivations are the defaults that depend on other keys, in an order in which
// each depends only on earlier ones and on plain keys. set writes the default
// that follows from the second spec into the first.
var derivations = []struct {
	key string
	set func(to *Spec, from Spec)
}{
	{"model.attention", func(to *Spec, from Spec) {
		to.Model.Attention = Attention{Kind: cmp.Or(systems[from.Model.System].attention, "relative")}
	}},
	{"model.positions", func(to *Spec, from Spec) {
		to.Model.Positions = cmp.Or(systems[from.Model.System].positions, "none")
		if kind := from.Model.Attention.Kind; to.Model.Positions != "none" && from.Model.Attention.Levels == nil && bringsPositions(kind) {
			to.Model.Positions = "none"
		}
	}},
	{"model.hierarchy", func(to *Spec, from Spec) {
		to.Model.Hierarchy = "2@1,8@3,2@1"
		if systems[from.Model.System].flat {
			to.Model.Hierarchy = "12@1"
		}
	}},
	{"model.shorten", func(to *Spec, from Spec) {
		to.Model.Shorten = ""
		if !systems[from.Model.System].flat {
			to.Model.Shorten = "attention(average)"
		}
	}},
	{"model.upsample", func(to *Spec, from Spec) {
		to.Model.Upsample = ""
		if !systems[from.Model.System].flat {
			to.Model.Upsample = "attention(repeat)"
		}
	}},
	{"model.d_ff", func(to *Spec, from Spec) { to.Model.DFF = 4 * from.Model.DModel }},
	{"model.memory", func(to *Spec, from Spec) {
		to.Model.Memory = 0
		if systems[from.Model.System].recurrent {
			to.Model.Memory = from.Train.Context // as in the original's training scripts
		}
	}},
	{"model.eval_memory", func(to *Spec, from Spec) { to.Model.EvalMemory = from.Model.Memory }},
	{"model.norm", func(to *Spec, from Spec) {
		to.Model.Norm = ""
		if systems[from.Model.System].recurrent {
			to.Model.Norm = "post" // the original's
		}
	}},
	{"train.micro_batch", func(to *Spec, from Spec) { to.Train.MicroBatch = from.Train.Batch }},
	{"train.steps", func(to *Spec, from Spec) {
		to.Train.Steps = 2000
		if !from.Budget.IsZero() {
			to.Train.Steps = 0
		}
	}},
	{"train.warmup", func(to *Spec, from Spec) {
		to.Train.Warmup = defaultWarmup
		if steps := from.Train.Steps; steps > 0 {
			to.Train.Warmup = warmupOf(steps)
		}
	}},
	{"eval.context", func(to *Spec, from Spec) { to.Eval.Context = from.Train.Context }},
	{"eval.stride", func(to *Spec, from Spec) {
		to.Eval.Stride = max(1, from.Eval.Context/2)
		if systems[from.Model.System].recurrent {
			to.Eval.Stride = from.Eval.Context // its memory already holds what a window would repeat
		}
	}},
}

// ParsedHierarchy is model.hierarchy, parsed.
func (s Spec) ParsedHierarchy() (nn.Hierarchy, error) { return nn.ParseHierarchy(s.Model.Hierarchy) }

// TokensPerStep of training.
func (s Spec) TokensPerStep() int64 { return int64(s.Train.Batch) * int64(s.Train.Context) }

// Equal says whether two specs have the same values, whether written or default.
func (s Spec) Equal(t Spec) bool {
	s.given, t.given = nil, nil
	return reflect.DeepEqual(s, t)
}
