package verify

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
)

// goldenHeads is the sizes of a case of attention, whose tensors are [B, H, L,
// d_head].
type goldenHeads struct {
	Batch    int `json:"B"`
	Heads    int `json:"H"`
	Length   int `json:"L"`
	HeadSize int `json:"d_head"`
}

// maxGoldenLength bounds what a case can make this program compile; its tensors
// bound the other sizes.
const maxGoldenLength = 1 << 14

func (g goldenHeads) check() error {
	for _, size := range []struct {
		name  string
		value int
	}{{"B", g.Batch}, {"H", g.Heads}, {"L", g.Length}, {"d_head", g.HeadSize}} {
		if size.value < 1 || size.value > maxGoldenLength {
			return fmt.Errorf("config.json: %s %d: want 1 to %d", size.name, size.value, maxGoldenLength)
		}
	}
	return nil
}

func (g goldenHeads) shape() []int { return []int{g.Batch, g.Heads, g.Length, g.HeadSize} }

// turned turns [B, H, L, d_head] into [B, L, H·d_head], or back.
func (g goldenHeads) turned(x []float64, back bool) []float64 {
	out := make([]float64, len(x))
	size := g.HeadSize
	for b := range g.Batch {
		for h := range g.Heads {
			for l := range g.Length {
				heads, rows := ((b*g.Heads+h)*g.Length+l)*size, ((b*g.Length+l)*g.Heads+h)*size
				if back {
					copy(out[heads:][:size], x[rows:])
				} else {
					copy(out[rows:][:size], x[heads:])
				}
			}
		}
	}
	return out
}

// attentionRun is one way of attention in a case: its output, and the gradients
// of Σ o·w.
type attentionRun struct {
	inputs []string // tensors [B, H, L, d_head]
	suffix string   // of the names of output and gradients
	output string   // name of the output; "" for o and the suffix
	given  map[string][]float64
	build  func(g *graph.Graph, inputs []*graph.Value) *graph.Value
	after  func(m *cpu.Machine, p *graph.Program) error // looks at what the program left; may be nil
}

// attend runs a way of attention and compares o and the gradients of the inputs
// that have one in the file. after, if not nil, looks at what the program left.
func (c *golden) attend(g goldenHeads, file caseFile, run attentionRun) error {
	gr := graph.New(c.real)
	var inputs []*graph.Value
	given := map[string][]float64{}
	for _, name := range append(slices.Clone(run.inputs), "w") {
		x, err := file.Floats(name, g.shape()...)
		if err != nil {
			return err
		}
		given[name] = g.turned(widen(x), false)
		inputs = append(inputs, gr.Input(name, gr.Real, g.Batch, g.Length, g.Heads*g.HeadSize))
	}
	seed := inputs[len(inputs)-1]
	inputs = inputs[:len(inputs)-1]
	o := run.build(gr, inputs)
	var wrt []*graph.Value
	for i, name := range run.inputs {
		if _, ok := file.Tensors["d"+name+run.suffix]; ok {
			wrt = append(wrt, inputs[i])
		}
	}
	d, err := differentiate(gr, o, seed, wrt, c.threads)
	if err != nil {
		return err
	}
	p, m := d.program, d.machine
	defer m.Close()
	for _, in := range p.Inputs {
		if x, ok := run.given[in.Name]; ok {
			m.Write(p, in, x)
		} else {
			m.Write(p, in, given[in.Name])
		}
	}
	m.Run(p)
	name := cmp.Or(run.output, "o"+run.suffix)
	want, err := file.Floats(name, g.shape()...)
	if err != nil {
		return err
	}
	c.output(name, g.turned(m.Read(p, o), true), want)
	for i, v := range wrt {
		name := "d" + v.Name + run.suffix
		want, err := file.Floats(name, g.shape()...)
		if err != nil {
			return err
		}
		c.gradient(name, g.turned(read(m, p, d.grads[i]), true), want)
	}
	if run.after != nil {
		return run.after(m, p)
	}
	return nil
}

// softmaxScale is that of scores of heads of a size.
func softmaxScale(size int) float64 { return 1 / math.Sqrt(float64(size)) }
