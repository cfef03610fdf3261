package bench

import (
	"fmt"
	"slices"
	"strings"

	"hgbench/pkg/checkpoint"
	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
)

// tensorsOf copies the weights of a machine.
func tensorsOf(m *cpu.Machine, p *graph.Program) *checkpoint.File {
	f := &checkpoint.File{Tensors: map[string]checkpoint.Tensor{}}
	for _, w := range m.Weights() {
		f.Tensors[w.Name] = checkpoint.Tensor{Shape: w.Shape, Floats: slices.Clone(m.Floats(p, w))}
	}
	return f
}

// loadWeights sets all weights of a machine from a safetensors file, which
// must hold these and no others.
func loadWeights(m *cpu.Machine, p *graph.Program, path string) error {
	f, err := checkpoint.Load(path)
	if err != nil {
		return err
	}
	var extra []string
	for name := range f.Tensors {
		if m.Weight(name) == nil {
			extra = append(extra, name)
		}
	}
	if len(extra) > 0 {
		slices.Sort(extra)
		return fmt.Errorf("%s: tensors that the model does not have: %s", path, strings.Join(extra, ", "))
	}
	for _, w := range m.Weights() {
		src, err := f.Floats(w.Name, w.Shape...)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		copy(m.Floats(p, w), src)
	}
	return nil
}
