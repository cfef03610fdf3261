package verify

import (
	"encoding/json"
	"math"
)

// Proof is one thing that can be proven, in a moment.
type Proof struct {
	Group string // what it belongs to: proofs of a group differ in the model, op or shape
	Name  string
	Run   func(threads int) (Verdict, error)
}

// Verdict of a proof.
type Verdict struct {
	Pass      bool
	Error     Error   // the largest; none where the proof is to the bit
	Tolerance float64 // of the error
	What      string  // is wrong; "" where the error tells
}

// Error is the largest of several, and whose it is.
type Error struct {
	Value float64 `json:"value"`
	Of    string  `json:"of"`
}

func (e *Error) add(of string, value float64) {
	// NaN is the largest.
	if e.Of == "" || !(value <= e.Value) && !math.IsNaN(e.Value) {
		*e = Error{value, of}
	}
}

// MarshalJSON writes null for a value that is not a number, which JSON lacks.
func (e Error) MarshalJSON() ([]byte, error) {
	type finite struct {
		Value *float64 `json:"value"`
		Of    string   `json:"of"`
	}
	f := finite{&e.Value, e.Of}
	if math.IsNaN(e.Value) || math.IsInf(e.Value, 0) {
		f.Value = nil
	}
	return json.Marshal(f)
}

// within is the verdict by one error; nothing compared is no proof.
func within(e Error, tolerance float64) Verdict {
	return Verdict{Pass: e.Of != "" && e.Value <= tolerance, Error: e, Tolerance: tolerance}
}
