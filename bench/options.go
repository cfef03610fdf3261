package bench

import "time"

// Options of a run that do not change its result.
type Options struct {
	Threads int    // 0: all cores
	Weights string // safetensors file to start from instead of drawing weights; "": none
	SaveDir string // folder for the final weights, ID.safetensors; "": do not keep them
	Sweep   string // name of the sweep, for the record

	// Checkpoints is a folder where the run keeps what it needs to go on after
	// it was stopped, in a folder ID; "" for none. Not to be used with Weights,
	// which an id does not tell. See RemoveCheckpoints.
	Checkpoints string
	// CheckpointEvery is the time between checkpoints; writing them may take a
	// hundredth of the run's time at most, or else they are further apart. 0 is
	// after every step, whatever it costs.
	CheckpointEvery time.Duration
	Restart         bool // begin anew in spite of checkpoints

	AllowLeak bool // record a model that looks ahead, marked as one, instead of failing

	DebugNaN bool // look for the op that makes the first NaN or infinity; slower, and takes as much memory again as the weights and moments

	Progress func(Progress)    `json:"-"` // may be nil
	Note     func(note string) `json:"-"` // told what a reader of the log should know, from any goroutine; may be nil
}
