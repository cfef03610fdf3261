package baselines

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
	"hgbench/pkg/philox"
)

func tiny() TransformerXL {
	return TransformerXL{Config: nn.Config{Vocab: 11, Model: 8, Heads: 2, FF: 12}, Layers: 2, HeadSize: 4}
}

// segment is an evaluation program of one segment.
type segment struct {
	program                  *graph.Program
	tokens, previous, logits *graph.Value
}

func newSegment(c TransformerXL, batch, length int, m Memory) segment {
	g := graph.New(graph.Float64)
	s := segment{tokens: g.Input("tokens", graph.Int32, batch, length), previous: g.Input("previous", graph.Int32, batch)}
	var remember func()
	s.logits, remember = c.Segment(nn.Evaluation(g), s.tokens, s.previous, m)
	remember()
	g.Output("logits", s.logits)
	s.program = graph.Compile(g, cpu.Target(g.Real))
	return s
}

func (s segment) run(m *cpu.Machine, ids func(b, l int) int32, from int) []float64 {
	batch, length := s.tokens.Shape[0], s.tokens.Shape[1]
	for b := range batch {
		m.Ints(s.program, s.previous)[b] = ids(b, from-1)
		for l := range length {
			m.Ints(s.program, s.tokens)[b*length+l] = ids(b, from+l)
		}
	}
	m.Run(s.program)
	return m.Read(s.program, s.logits)
}

// A memory that holds everything makes segments one long sequence, whatever the
// kind of attention and its positions.
func TestSegmentsAreOneSequence(t *testing.T) {
	const length, segments = 6, 4
	for _, c := range []TransformerXL{
		{},
		{PreNorm: true},
		{Attention: "full", Config: nn.Config{Positions: nn.Rotary}},
		{Attention: "full", PreNorm: true},
		{Attention: "full", Config: nn.Config{Positions: nn.Relative}},
		{Attention: "window(3)", Config: nn.Config{Positions: nn.Relative}, ClampLen: 2},
		{Attention: "window(2..5, dilation: 2, dilated: 1)", Config: nn.Config{Positions: nn.Relative, Storage: graph.Materialised}, PreNorm: true},
		{Attention: "window(4)", Config: nn.Config{Positions: nn.Rotary}},
		{Attention: "strided(4)", Config: nn.Config{Positions: nn.Relative}},
		{Attention: "strided(5, heads: merged)", Config: nn.Config{Positions: nn.Rotary}, PreNorm: true},
		{Attention: "local(3)", Config: nn.Config{Positions: nn.Relative}},
		{Attention: "local(2, before: 0)"},
		{Attention: "fixed(6, 2)", Config: nn.Config{Positions: nn.Relative}},
		{Attention: "fixed(3, 1, heads: split)", Config: nn.Config{Positions: nn.Rotary}},
	} {
		compareSegments(t, c, length, segments, length*segments, 1e-12)
	}
}

// Memory beyond what a kind can see changes nothing: what a layer does not see it
// does not keep.
func TestMemoryBeyondReach(t *testing.T) {
	for kind, reach := range map[string]int{"window(3)": 3, "window(2, dilation: 2)": 4, "local(3)": 6, "local(2, before: 0)": 2} {
		c := TransformerXL{Attention: kind, Config: nn.Config{Positions: nn.Relative}}
		// A layer's inputs, too, come from segments: so the memory of one is enough.
		compareSegments(t, c, 6, 4, 6, 1e-12)
		g := graph.New(graph.Float32)
		x := newXL(like(c), nn.Evaluation(g), 6, Memory{Length: 1 << 20, Valid: 1 << 20})
		if m := x.layers[0].memory; m.Length != reach || m.Valid != reach || x.layers[0].pattern.Keys != reach+6 {
			t.Errorf("%s keeps %+v and sees %d keys, want %d and %d", kind, m, x.layers[0].pattern.Keys, reach, reach+6)
		}
	}
}

// like is tiny with what c sets.
func like(c TransformerXL) TransformerXL {
	t := tiny()
	t.Attention, t.PreNorm, t.ClampLen, t.Positions, t.Storage = c.Attention, c.PreNorm, c.ClampLen, c.Positions, c.Storage
	return t
}

// compareSegments holds segments with memory to one sequence without.
func compareSegments(t *testing.T, c TransformerXL, length, segments, memory int, tolerance float64) {
	t.Helper()
	const batch = 2
	name := fmt.Sprintf("%s, %v, pre-norm %v", c.Attention, c.Positions, c.PreNorm)
	c = like(c)
	if err := c.Validate(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	whole := newSegment(c, batch, length*segments, Memory{Stream: "whole"})
	programs := []*graph.Program{whole.program}
	var parts []segment
	now := Memory{Stream: "parts", Length: memory}
	for range segments {
		s := newSegment(c, batch, length, now)
		parts = append(parts, s)
		programs = append(programs, s.program)
		now = now.Next(length)
	}
	m, err := cpu.New(2, programs...)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	m.Init(1)
	ids := func(b, l int) int32 { return int32(philox.New(uint64(b), 0).Uint64n(0, uint64(l+1), 11)) }
	want := whole.run(m, ids, 0)
	for i, s := range parts {
		got := s.run(m, ids, i*length)
		for j, x := range got {
			b, rest := j/(length*11), j%(length*11)
			if w := want[(b*segments+i)*length*11+rest]; math.Abs(x-w) > tolerance {
				t.Fatalf("%s, segment %d, logit %d: %g, want %g", name, i, j, x, w)
			}
		}
	}
}

// Without memory, the segment after id 0 is the model's Logits.
func TestLogits(t *testing.T) {
	const batch, length = 2, 6
	c := tiny()
	s := newSegment(c, batch, length, Memory{})
	g := graph.New(graph.Float64)
	tokens := g.Input("tokens", graph.Int32, batch, length)
	logits := c.Logits(nn.Evaluation(g), tokens)
	g.Output("logits", logits)
	p := graph.Compile(g, cpu.Target(g.Real))
	m, err := cpu.New(1, p, s.program)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	m.Init(2)
	ids := func(b, l int) int32 { return int32(max(3*b+l+1, 0)) * min(int32(l+1), 1) }
	want := s.run(m, ids, 0)
	for i := range batch * length {
		m.Ints(p, tokens)[i] = ids(i/length, i%length)
	}
	m.Run(p)
	for i, x := range m.Read(p, logits) {
		if x != want[i] {
			t.Fatalf("logit %d: %g, want %g", i, x, want[i])
		}
	}
}

// The mask of the original, of its tril and triu.
func TestSameLength(t *testing.T) {
	for _, c := range []struct{ length, memory, valid int }{
		{5, 7, 0}, {5, 7, 5}, {5, 7, 7}, {4, 2, 2}, {3, 9, 3}, {6, 6, 6}, {1, 4, 4},
	} {
		model := tiny()
		model.SameLength = true
		x := newXL(model, nn.Evaluation(graph.New(graph.Float32)), c.length, Memory{Length: c.memory, Valid: c.valid})
		keys := c.valid + c.length
		shift := c.length
		if over := keys - c.memory; over > 0 {
			shift = c.length - over
		}
		for i, row := range x.layers[0].pattern.Mask(0) {
			for j, got := range row {
				if want := j <= i+c.valid && j > i-shift; got != want {
					t.Errorf("%+v: query %d sees key %d: %v, want %v", c, i, j, got, want)
				}
			}
		}
	}
}

func TestMemory(t *testing.T) {
	m := Memory{Length: 7}
	for _, want := range []int{3, 6, 7, 7} {
		if m = m.Next(3); m.Valid != want {
			t.Errorf("%d valid, want %d", m.Valid, want)
		}
	}
	c := tiny()
	c.SameLength = true
	for want, err := range map[string]error{
		"at least 1":        c.Check(Memory{Length: 3}, 0),
		"valid ≤ memory":    c.Check(Memory{Length: 3, Valid: 4}, 5),
		"want memory of at": c.Check(Memory{}, 5),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if err := c.Check(Memory{Length: 3, Valid: 3}, 5); err != nil {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	with := func(attention string, positions nn.Positions, set func(*TransformerXL)) error {
		c := tiny()
		c.Attention, c.Positions = attention, positions
		if set != nil {
			set(&c)
		}
		return c.Validate()
	}
	for want, err := range map[string]error{
		"bigbird(2)\": has no meaning with memory":             with("bigbird(2)", nn.NoPositions, nil),
		"want relative, full, window, strided, local or fixed": with("favor(4)", nn.NoPositions, nil),
		"would be at another position in each segment":         with("full", nn.Absolute, nil),
		"same_length with attention":                           with("window(3)", nn.Relative, func(c *TransformerXL) { c.SameLength = true }),
		"clamp_len 3 with positions rotary":                    with("window(3)", nn.Rotary, func(c *TransformerXL) { c.ClampLen = 3 }),
		"head size 5: rotary":                                  with("full", nn.Rotary, func(c *TransformerXL) { c.HeadSize = 5 }),
		"head size 0":                                          TransformerXL{Config: tiny().Config}.Validate(),
		"clamp_len -1":                                         TransformerXL{Config: tiny().Config, HeadSize: 4, ClampLen: -1}.Validate(),
		"-1 layers":                                            Transformer{Config: tiny().Config, Layers: -1, Attention: "full"}.Validate(),
		`attention "all"`:                                      Transformer{Config: tiny().Config, Layers: 1, Attention: "all"}.Validate(),
		"vocab 0":                                              Transformer{Layers: 1, Attention: "full"}.Validate(),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if err := tiny().Validate(); err != nil {
		t.Error(err)
	}
}

// Heads have a size of their own: they need neither divide d_model nor add up to it.
func TestHeadSizes(t *testing.T) {
	c := tiny()
	c.Model, c.Heads, c.HeadSize = 16, 3, 6
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	if err := (Transformer{Config: c.Config, Layers: 1, Attention: "relative"}).Validate(); err == nil {
		t.Error("3 heads are no slices of d_model 16")
	}
}
