package nn

import "fmt"

// Positions says how a model learns where its tokens are, where the attention
// kind leaves the choice.
type Positions uint8

// Positions. Absolute adds a learned table to the embedding. Rotary turns
// queries and keys at every level by their position in tokens (Su et al. 2021).
// Relative is that of Transformer-XL. Resampling attention is always relative.
const (
	NoPositions Positions = iota
	Absolute
	Rotary
	Relative
)

var positionNames = [...]string{"none", "absolute", "rotary", "relative"}

func (p Positions) String() string { return positionNames[p] }

// ParsePositions reads none, absolute, rotary or relative.
func ParsePositions(s string) (Positions, error) {
	for p, name := range positionNames {
		if s == name {
			return Positions(p), nil
		}
	}
	return 0, fmt.Errorf("positions %q: want none, absolute, rotary or relative", s)
}
