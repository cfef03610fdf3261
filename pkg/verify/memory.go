package verify

import (
	"errors"

	"hgbench/pkg/baselines"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// WithMemory is a Transformer-XL in the middle of a stream, as a model of its
// own: what the memory holds stays as it is.
func WithMemory(model baselines.TransformerXL, memory baselines.Memory) nn.Model {
	return remembering{model, memory}
}

type remembering struct {
	baselines.TransformerXL
	memory baselines.Memory
}

func (r remembering) Validate() error {
	return errors.Join(r.TransformerXL.Validate(), r.Check(r.memory, 1))
}

func (r remembering) Logits(b *nn.Builder, tokens *graph.Value) *graph.Value {
	logits, _ := r.Segment(b, tokens, nil, r.memory)
	return logits
}
