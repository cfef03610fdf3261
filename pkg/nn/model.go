package nn

import "hgbench/pkg/graph"

// Model is a causal language model.
type Model interface {
	// Validate says what is wrong with the model's configuration. The other
	// methods want a valid one.
	Validate() error

	// Divisor is what the length of a sequence must be a multiple of. Shorter
	// ones are padded at the end with id 0 by the caller, who says so in
	// Value.Pad; causality keeps every earlier position as it is, to the bit.
	Divisor() int

	// Logits appends the forward pass over tokens, int32 [B, L], and returns
	// [B, L, Vocab]: position t predicts token t from the tokens before it (the
	// model shifts its own input).
	Logits(b *Builder, tokens *graph.Value) *graph.Value
}

// PaddedLength is the least multiple of the model's divisor that holds length
// tokens.
func PaddedLength(m Model, length int) int {
	d := m.Divisor()
	return (length + d - 1) / d * d
}
