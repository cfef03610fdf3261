// Package baselines holds the models that Hourglass is measured against, as
// whole models.
package baselines

import (
	"errors"
	"fmt"

	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// maxLayers is far above any model that fits a machine.
const maxLayers = 10_000

// Transformer is the flat Transformer with pre-norm blocks. With relative
// attention it is what the Hourglass paper calls Transformer-XL: it has the
// positions of that model but no recurrence.
type Transformer struct {
	nn.Config
	Layers    int
	Attention string // kind, see nn.ParseAttention
}

// Logits of tokens [B, L]: see nn.Model.
func (c Transformer) Logits(b *nn.Builder, tokens *graph.Value) *graph.Value {
	attention, err := nn.ParseAttention(c.Attention)
	if err != nil {
		panic(fmt.Sprintf("transformer: %v: Validate was not asked", err))
	}
	l := b.Layers(c.Config)
	x := l.Embedding(tokens)
	x = l.Blocks("trunk.", x, c.Layers, attention, nn.Place{Total: 1, Layers: c.Layers})
	return l.Head(x)
}

// Divisor is 1: any length will do.
func (Transformer) Divisor() int { return 1 }

// Validate says everything that is wrong with the configuration.
func (c Transformer) Validate() error {
	err := nn.CheckAttention(c.Attention, c.Positions, c.Heads, c.Layers, 0)
	return errors.Join(c.Config.Validate(), checkLayers(c.Layers), err)
}

func checkLayers(n int) error {
	if n < 0 || n > maxLayers {
		return fmt.Errorf("%d layers: want 0 to %d", n, maxLayers)
	}
	return nil
}
