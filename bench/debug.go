package bench

import (
	"fmt"
	"maps"
	"slices"

	"hgbench/pkg/graph"
)

// checkedStep is a step that can tell which op made the first NaN or infinity:
// when it leaves one in the loss, in a weight or in a moment of Adam, the step
// is made again from where it began, with a look at every op.
func (r *run) checkedStep() (float64, error) {
	values := r.lasting()
	names := slices.Sorted(maps.Keys(values))
	r.before = r.before[:0]
	for _, name := range names {
		r.before = append(r.before, r.machine.Floats(r.shared(), values[name])...)
	}
	loss := r.training.step(r.corpus, r.machine, r.step)
	err := checkFinite(loss, r.step)
	if err == nil {
		err = r.checkValues(names, values)
	}
	if err == nil {
		return loss, nil
	}
	rest := r.before
	for _, name := range names {
		rest = rest[copy(r.machine.Floats(r.shared(), values[name]), rest):]
	}
	v := r.training.load(r.corpus, r.machine, r.step)
	if fault := r.machine.RunChecked(v.Program); fault != nil {
		return loss, fmt.Errorf("%w; %v", err, fault)
	}
	return loss, fmt.Errorf("%w; made again, the step has no such number: a fault of this machine, or a bug", err)
}

// checkValues says which weight or moment is not finite after a step.
func (r *run) checkValues(names []string, values map[string]*graph.Value) error {
	for _, name := range names {
		for i, x := range r.machine.Floats(r.shared(), values[name]) {
			if x-x != 0 {
				return fmt.Errorf("%s has %g at element %d after step %d: the run diverged", name, x, i, r.step)
			}
		}
	}
	return nil
}
