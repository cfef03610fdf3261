package results

import (
	"cmp"
	"strings"
)

// Bits is what a loss is called: for text BPC, for pictures BPD, and where
// records are of both just bits.
type Bits struct {
	Name string // "BPC"
	Unit string // "bits per byte"
}

// Bits of an evaluation. Pictures have windows of their own, see Row.
func (e Evaluation) Bits() Bits {
	if e.Row > 0 {
		return Bits{"BPD", "bits per dim"}
	}
	return Bits{"BPC", "bits per byte"}
}

// Bits of what the records are about.
func (rs Records) Bits() Bits {
	pictures := len(rs.Where(Record.ofPictures))
	switch {
	case pictures == 0:
		return Evaluation{}.Bits()
	case pictures == len(rs):
		return Evaluation{Row: 1}.Bits()
	}
	return Bits{"bits", "bits per token"}
}

// ofPictures tells records of pictures by the rows of their evaluation, or, where
// they did not come so far, by their corpus.
func (r Record) ofPictures() bool {
	return r.Evaluation.Row > 0 || strings.HasPrefix(cmp.Or(r.Data.Name, r.Setting("data")), "cifar10")
}
