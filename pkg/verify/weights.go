package verify

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"hgbench/pkg/checkpoint"
	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
)

// LoadWeights sets all weights of program p from tensors of the same names and
// shapes. It errs on a missing, an extra or a misshapen tensor, naming all of
// them, and leaves the weights alone then.
func LoadWeights(m *cpu.Machine, p *graph.Program, tensors map[string]checkpoint.Tensor) error {
	if err := checkWeights(weights(p), tensors); err != nil {
		return err
	}
	for _, w := range weights(p) {
		m.Write(p, w, widen(tensors[w.Name].Floats))
	}
	return nil
}

// checkWeights says which tensors are missing, extra or misshapen. Asked before
// a program is compiled and has memory, it keeps sizes that only a hostile
// config.json has from being reserved.
func checkWeights(weights []*graph.Value, tensors map[string]checkpoint.Tensor) error {
	f := checkpoint.File{Tensors: tensors}
	known := map[string]bool{}
	var errs []error
	for _, w := range weights {
		known[w.Name] = true
		if _, err := f.Floats(w.Name, w.Shape...); err != nil {
			errs = append(errs, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		if !known[name] {
			errs = append(errs, fmt.Errorf("tensor %q %v: the model has no such weight", name, tensors[name].Shape))
		}
	}
	const most = 10
	if n := len(errs) - most; n > 0 {
		errs = append(errs[:most], fmt.Errorf("and %d more", n))
	}
	return errors.Join(errs...)
}

// weights of a program, in order of declaration.
func weights(p *graph.Program) []*graph.Value { return ofRole(p.Persistent, graph.Weight) }

// ofRole are the values of such roles, in their order.
func ofRole(values []*graph.Value, roles ...graph.Role) []*graph.Value {
	return slices.DeleteFunc(slices.Clone(values), func(v *graph.Value) bool { return !slices.Contains(roles, v.Role) })
}

func elements(values []*graph.Value) int {
	n := 0
	for _, v := range values {
		n += v.Elements()
	}
	return n
}

func widen(xs []float32) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = float64(x)
	}
	return out
}
