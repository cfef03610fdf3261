package nn

import (
	"errors"
	"fmt"

	"hgbench/pkg/graph"
)

// Config is what all layers of a model have in common.
type Config struct {
	Vocab     int // token ids are 0 … Vocab−1
	Model     int // d_model: features of a position
	Heads     int
	FF        int // d_ff: features inside a feed-forward layer
	Positions Positions
	Storage   graph.Storage
	Dropout   float64 // rate, in training only

	// Context is the longest sequence, padding included, that a program may be
	// built for. Only absolute positions need it: their table has so many rows.
	Context int
}

// Bounds on sizes, far above any model that fits a machine; they keep products
// of two of them inside an int.
const (
	maxWidth   = 1 << 20
	maxContext = 1 << 28
)

// Validate says everything that is wrong with the sizes of a model whose heads
// are slices of d_model.
func (c Config) Validate() error {
	err := c.ValidateAnyHeads()
	switch {
	case c.Heads < 1 || c.Model < 1:
	case c.Model%c.Heads != 0:
		err = errors.Join(err, fmt.Errorf("d_model %d with %d heads: want a number of heads that divides d_model", c.Model, c.Heads))
	case c.Positions == Rotary && c.Model/c.Heads%2 != 0:
		err = errors.Join(err, fmt.Errorf("d_model %d with %d heads: rotary positions want heads of even width, these have %d", c.Model, c.Heads, c.Model/c.Heads))
	}
	return err
}

// ValidateAnyHeads is Validate for a model whose heads have a size of their own.
func (c Config) ValidateAnyHeads() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, size := range []struct {
		name  string
		value int
	}{{"vocab", c.Vocab}, {"d_model", c.Model}, {"heads", c.Heads}, {"d_ff", c.FF}} {
		if size.value < 1 || size.value > maxWidth {
			fail("%s %d: want 1 to %d", size.name, size.value, maxWidth)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if c.Model%2 != 0 {
		fail("d_model %d is odd: want an even width, as sinusoids come in pairs", c.Model)
	}
	if c.Positions > Relative {
		fail("positions %d: want none, absolute, rotary or relative", c.Positions)
	}
	if c.Positions == Absolute && (c.Context < 1 || c.Context > maxContext) {
		fail("context %d: absolute positions want the longest sequence, 1 to %d", c.Context, maxContext)
	}
	if c.Storage > graph.Materialised {
		fail("storage %d: want streaming or materialised", c.Storage)
	}
	if !(c.Dropout >= 0 && c.Dropout < 1) {
		fail("dropout %g: want at least 0 and less than 1", c.Dropout)
	}
	return errors.Join(errs...)
}
