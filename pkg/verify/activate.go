package verify

import (
	"hash/fnv"
	"io"
	"math"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/philox"
)

// Activate draws all weights of a machine, and the recurrent state of program
// p, such that every term of the model matters. At the start of training many
// do not: biases and norms are trivial, and u and v of relative attention are
// nearly 0, so a proof there would not see what they do.
func Activate(m *cpu.Machine, p *graph.Program, seed uint64) {
	for _, w := range m.Weights() {
		activate(m, p, w, seed)
	}
	for _, v := range ofRole(p.Persistent, graph.State) {
		activate(m, p, v, seed)
	}
}

// activate keeps the scale of weights that start at random, and gives others
// and states one that shows.
func activate(m *cpu.Machine, p *graph.Program, v *graph.Value, seed uint64) {
	const visible = 0.3
	mean, deviation := v.Init.Mean, v.Init.Scale
	switch v.Init.Distribution {
	case graph.Ones:
		mean = 1
	case graph.Uniform:
		deviation /= math.Sqrt(3)
	}
	if v.Role == graph.State {
		deviation = 1
	}
	// 0.01 is between the scale of weights and that of noise on biases; one
	// around 1, the scale of a norm, is not a matrix.
	if deviation < 0.01 || mean != 0 {
		deviation = visible
	}
	h := fnv.New64a()
	io.WriteString(h, v.Name)
	random := philox.New(seed, h.Sum64())
	data := make([]float64, v.Elements())
	for i := range data {
		data[i] = mean + deviation*random.Normal(0, uint64(i))
	}
	m.Write(p, v, data)
}
