package bench

import (
	"errors"
	"fmt"

	"hgbench/pkg/baselines"
	"hgbench/pkg/graph"
	"hgbench/pkg/hourglass"
	"hgbench/pkg/nn"
)

// segment is a model as one program of a family runs it: with one hierarchy
// and, for recurrent models, one length of memory.
type segment struct {
	model     nn.Model
	recurrent bool
	// build appends the forward pass over tokens [B, L]. Recurrent models keep
	// the memory of these rows under the name of their stream, and previous [B]
	// is the token before each; finish, unless nil, writes the memory and
	// belongs after the backward pass.
	build func(b *nn.Builder, stream string, tokens, previous *graph.Value) (logits *graph.Value, finish func())
}

// NewModel builds the model of a spec for sequences of up to the longest of
// its contexts.
func NewModel(s Spec, vocab int) (nn.Model, error) {
	h, err := s.ParsedHierarchy()
	if err != nil {
		return nil, err
	}
	positions, err := nn.ParsePositions(s.Model.Positions)
	if err != nil {
		return nil, err
	}
	storage, err := nn.ParseStorage(s.Model.Storage)
	if err != nil {
		return nil, err
	}
	c := nn.Config{
		Vocab: vocab, Model: s.Model.DModel, Heads: s.Model.Heads, FF: s.Model.DFF,
		Positions: positions, Storage: storage, Dropout: s.Model.Dropout,
	}
	longest := max(s.Train.Context, s.Eval.Context)
	for _, divisor := range append([]int{h.Divisor()}, s.Train.ShortenFactors...) {
		c.Context = max(c.Context, (longest+divisor-1)/divisor*divisor)
	}
	var m nn.Model
	switch s.Model.System {
	case "hourglass":
		m = hourglass.Config{
			Config: c, Hierarchy: h,
			Shorten: s.Model.Shorten, Upsample: s.Model.Upsample, Attention: s.Model.Attention.At,
		}
	case "reformer":
		m = baselines.Reformer{Config: c, Layers: h.Layers(), Attention: s.Model.Attention.At(1)}
	case "transformer", "sparse-transformer", "longformer", "bigbird", "routing-transformer", "performer":
		m = baselines.Transformer{Config: c, Layers: h.Layers(), Attention: s.Model.Attention.At(1)}
	case "transformer-xl":
		m = baselines.TransformerXL{
			Config: c, Layers: h.Layers(), Attention: s.Model.Attention.At(1), HeadSize: c.Model / c.Heads, PreNorm: s.Model.Norm == "pre",
			ClampLen: s.Model.ClampLen, SameLength: s.Model.SameLength,
		}
	default:
		return nil, fmt.Errorf("model.system %q has no model", s.Model.System)
	}
	return m, m.Validate()
}

// trainedModels are the models of a spec's training programs: one for each
// shortening factor, or for each length of memory from none to full.
func trainedModels(s Spec, vocab int) ([]segment, error) {
	m, err := NewModel(s, vocab)
	if err != nil {
		return nil, err
	}
	if xl, ok := m.(baselines.TransformerXL); ok {
		return segments(xl, s.Train.Context, s.Model.Memory)
	}
	if len(s.Train.ShortenFactors) == 0 {
		return []segment{plain(m)}, nil
	}
	var all []segment
	for _, k := range s.Train.ShortenFactors {
		variant, err := m.(hourglass.Config).WithFactor(k)
		if err != nil {
			return nil, fmt.Errorf("train.shorten_factors: %w", err)
		}
		all = append(all, plain(variant))
	}
	return all, nil
}

// evaluatedModels are the same for evaluation: the spec's own hierarchy, a
// memory of its own.
func evaluatedModels(s Spec, vocab, context int) ([]segment, error) {
	m, err := NewModel(s, vocab)
	if err != nil {
		return nil, err
	}
	if xl, ok := m.(baselines.TransformerXL); ok {
		return segments(xl, context, s.Model.EvalMemory)
	}
	return []segment{plain(m)}, nil
}

func plain(m nn.Model) segment {
	return segment{model: m, build: func(b *nn.Builder, _ string, tokens, _ *graph.Value) (*graph.Value, func()) {
		return m.Logits(b, tokens), nil
	}}
}

// segments of a stream, until its memory no longer grows.
func segments(m baselines.TransformerXL, context, length int) ([]segment, error) {
	var all []segment
	memory := baselines.Memory{Length: length}
	for {
		if err := errors.Join(m.Check(memory, context), nn.CheckRecurrent(m.Attention, m.Positions, m.Heads, m.Layers, context, length)); err != nil {
			return nil, err
		}
		now := memory
		all = append(all, segment{model: m, recurrent: true, build: func(b *nn.Builder, stream string, tokens, previous *graph.Value) (*graph.Value, func()) {
			memory := now
			memory.Stream = stream
			return m.Segment(b, tokens, previous, memory)
		}})
		if memory = now.Next(context); memory == now {
			return all, nil
		}
	}
}
