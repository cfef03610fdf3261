package verify

import (
	"fmt"
	"strings"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
	"hgbench/pkg/philox"
)

// Topics is how many there are in what Visible shows to attention: vectors that
// stay close to one of them for some eight positions, then to another.
const Topics = 5

// Visible is which query sees which key in a layer of attention, mask[head][query][key],
// as the layer itself computes it: values are unit vectors, so that the outputs are the
// weights, and what has one above 0 is visible. Queries and keys are vectors of Topics
// that take turns, the same ones however long the sequence is, for kinds that choose by
// them; so are the means of clusters drawn as at the start of training.
func Visible(kind string, heads, length int, at nn.Place) ([][][]bool, error) {
	if err := nn.CheckAttention(kind, nn.NoPositions, heads, at.Layers, length); err != nil {
		return nil, err
	}
	p, err := newSight(kind, heads, length, at)
	if err != nil {
		return nil, err
	}
	defer p.machine.Close()
	return p.masks(), nil
}

// sightSize is the size of a head in Visible: so many keys are seen in one run.
const sightSize = 16

// sight is a layer of attention whose input [1, L, L] says which position is which.
type sight struct {
	heads, length int
	program       *graph.Program
	machine       *cpu.Machine
	input, output *graph.Value
	values        []*graph.Value // weights [L, heads·size] of values
}

// newSight builds the layer. Close its machine.
func newSight(kind string, heads, length int, at nn.Place) (*sight, error) {
	a, err := nn.ParseAttention(kind)
	if err != nil {
		return nil, err
	}
	g := graph.New(graph.Float32)
	s := &sight{heads: heads, length: length, input: g.Input("positions", graph.Float32, 1, length, length)}
	l := nn.Evaluation(g).Layers(nn.Config{Model: heads * sightSize, Heads: heads})
	s.output = a.Attend(l, at, s.input)
	g.Output("weights", s.output)
	s.program = graph.Compile(g, cpu.Target(graph.Float32))
	if s.machine, err = cpu.New(1, s.program); err != nil {
		return nil, fmt.Errorf("attention %s of %d positions: %w", kind, length, err)
	}
	s.machine.Init(1)
	for _, w := range s.machine.Weights() {
		switch name := w.Name[strings.LastIndexByte(strings.TrimSuffix(w.Name, ".w"), '.')+1:]; {
		case strings.HasSuffix(w.Name, ".b"):
			s.machine.Write(s.program, w, make([]float64, w.Elements()))
		case name == "v.w":
			s.values = append(s.values, w)
		case name == "q.w" || name == "k.w" || name == "qk.w":
			s.machine.Write(s.program, w, topical(length, w.Cols()))
		}
	}
	return s, nil
}

// masks of all heads, so many keys a run as a head has outputs.
func (s *sight) masks() [][][]bool {
	masks := make([][][]bool, s.heads)
	for h := range masks {
		masks[h] = make([][]bool, s.length)
		for i := range masks[h] {
			masks[h][i] = make([]bool, s.length)
		}
	}
	positions := make([]float64, s.length*s.length)
	for i := range s.length {
		positions[i*s.length+i] = 1
	}
	for first := 0; first < s.length; first += sightSize {
		keys := min(sightSize, s.length-first)
		for _, w := range s.values {
			unit := make([]float64, w.Elements())
			for j := range keys {
				for column := j; column < w.Cols(); column += sightSize {
					unit[(first+j)*w.Cols()+column] = 1
				}
			}
			s.machine.Write(s.program, w, unit)
		}
		s.machine.Write(s.program, s.input, positions)
		s.machine.Run(s.program)
		weights := s.machine.Read(s.program, s.output) // [1, L, heads·size]
		for i := range s.length {
			for h := range s.heads {
				for j := range keys {
					masks[h][i][first+j] = weights[(i*s.heads+h)*sightSize+j] > 0
				}
			}
		}
	}
	return masks
}

// topical are vectors [length, width] of topics that take turns: each position begins
// a new one with a chance of one in eight, drawn by its own number.
func topical(length, width int) []float64 {
	const apart = 0.25 // of vectors of a topic, whose own size is 1 a feature
	turns, topics, own := philox.New(1, 0), philox.New(1, 1), philox.New(1, 2)
	x := make([]float64, length*width)
	topic := uint64(0)
	for i := range length {
		at := uint64(i)
		if turns.Uniform(0, at) < 1.0/8 {
			topic = (topic + 1 + turns.Uint64n(1, at, Topics-1)) % Topics
		}
		for j := range width {
			x[i*width+j] = topics.Normal(topic, uint64(j)) + apart*own.Normal(at, uint64(j))
		}
	}
	return x
}
