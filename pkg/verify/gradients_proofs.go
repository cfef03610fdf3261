package verify

import (
	"fmt"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
)

// severalTiles is a length at which streaming attention runs over several tiles
// of keys.
const severalTiles = 3 * 270

// GradientProofs are: every op and every system against central differences in
// float64; streaming against materialised attention; and on every instruction
// set of this machine, matrix products against plain loops, and every op and
// every system in float32 against float64.
func GradientProofs() []Proof {
	var all []Proof
	add := func(group, name string, run func(threads int) (Verdict, error)) {
		all = append(all, Proof{group, name, run})
	}
	ops := opCases()
	streaming := append(systemsWith(graph.Streaming), segmented(graph.Streaming)...)
	materialised := append(systemsWith(graph.Materialised), segmented(graph.Materialised)...)
	for i, c := range ops {
		add("ops, central differences", c.name, func(threads int) (Verdict, error) {
			return c.opGradients(threads, uint64(i)<<16)
		})
	}
	for i, s := range Systems() {
		for _, training := range []bool{false, true} {
			add("systems, central differences", s.mode(training), func(threads int) (Verdict, error) {
				batch, length := s.shape(i)
				return Gradients(s.Model, batch, length, training, threads, uint64(i))
			})
		}
	}
	for i, s := range streaming {
		add("streaming and materialised", s.Name, func(threads int) (Verdict, error) {
			batch, length := s.shape(i)
			return storages(s.Model, materialised[i].Model, batch, length, threads, uint64(i))
		})
	}
	for i, s := range longSystems(graph.Streaming) {
		add("streaming and materialised", s.Name, func(threads int) (Verdict, error) {
			return storages(s.Model, longSystems(graph.Materialised)[i].Model, 1, severalTiles, threads, 1)
		})
	}
	for _, isa := range cpu.Supported() {
		for i := range uint64(6) {
			add(fmt.Sprintf("%v, matrix products", isa), fmt.Sprintf("shape %d", i), func(threads int) (Verdict, error) {
				return product(isa, threads, i)
			})
		}
		for i, c := range ops {
			add(fmt.Sprintf("%v, ops", isa), c.name, func(threads int) (Verdict, error) {
				return c.opPath(isa, threads, uint64(i)<<16)
			})
		}
		for i, s := range Systems() {
			add(fmt.Sprintf("%v, systems", isa), s.Name, func(threads int) (Verdict, error) {
				batch, length := s.shape(i)
				return modelPath(isa, s.Model, batch, length, threads, uint64(i))
			})
		}
	}
	return all
}

// shape draws batch and length for a system at a place in a list.
func (s System) shape(place int) (batch, length int) {
	d := drawer{index: 1<<16 + place}
	return d.size(1, 3), s.Model.Divisor() * d.size(2, max(2, 14/s.Model.Divisor()))
}

// mode of a model, in words.
func (s System) mode(training bool) string {
	if training {
		return s.Name + ", training"
	}
	return s.Name + ", evaluation"
}
