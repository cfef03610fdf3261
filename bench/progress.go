package bench

import "time"

// Phase is what a run is doing.
type Phase string

// Phases of a run, in order.
const (
	Preparing   Phase = "prepare" // corpus, programs, plan
	Proving     Phase = "prove"   // causality, and once more at the end
	Calibrating Phase = "calibrate"
	Training    Phase = "train"
	Validating  Phase = "validate" // during training and at its end
	Testing     Phase = "test"
)

// Progress is told to whoever watches a run, after every step of a phase. It
// is cheap: a watcher decides how often to show it.
type Progress struct {
	Phase           Phase
	Done, Total     int           // steps of training, windows of an evaluation
	Unit            string        // of the losses: BPC or BPD; "" before the corpus is open
	TrainBPC        float64       // exponential mean over recent steps; 0 at first
	ValidBPC        float64       // of the last validation; 0 before there is one
	TokensPerSecond float64       // of training so far
	Remaining       time.Duration // until the whole run ends, estimated; 0 when unknown
}
