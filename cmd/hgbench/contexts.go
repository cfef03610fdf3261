package main

import (
	"slices"

	"hgbench/bench"
	"hgbench/results"
	"hgbench/sweeps"
)

// contextFactors are the contexts, in multiples of a spec's own, at which the
// memory of its model is drawn.
var contextFactors = []int{1, 2, 4, 8, 16}

// contextModels bounds the models of that figure, which has two lines for each.
const contextModels = 4

// contextCosts plans models of a sweep at growing contexts, with attention
// streamed and materialised: records of planned memory, of which nothing is
// run. Of more models than a figure can tell apart it takes the first, the
// last, and some between.
func contextCosts(points []sweeps.Point, threads int) (results.Records, error) {
	var records results.Records
	planner := bench.NewPlanner(threads)
	defer planner.Close()
	for _, spec := range distinctModels(points) {
		for _, factor := range contextFactors {
			for _, storage := range []string{"streaming", "materialised"} {
				s := spec
				s.Model.Storage = storage
				s.Train.Context *= factor
				s.Eval.Context, s.Eval.Stride = s.Train.Context, s.Train.Context
				p, err := planner.Plan(s)
				if err != nil { // such as a context longer than the data
					continue
				}
				canonical, err := s.Canonical()
				if err != nil {
					return nil, err
				}
				records = append(records, results.Record{
					ID: p.ID, Status: results.Done, Spec: canonical, Parameters: p.Parameters,
					FLOPs: p.FLOPs, Memory: results.Memory{Planned: p.Memory},
				})
			}
		}
	}
	return records, nil
}

func distinctModels(points []sweeps.Point) []bench.Spec {
	var all []bench.Spec
	for _, p := range points {
		known := slices.ContainsFunc(all, func(s bench.Spec) bool {
			return s.Model.System == p.Spec.Model.System && s.Model.Hierarchy == p.Spec.Model.Hierarchy
		})
		if !known && p.Spec.Model.System != "transformer-xl" { // whose context is its memory's
			all = append(all, p.Spec)
		}
	}
	if len(all) <= contextModels {
		return all
	}
	chosen := make([]bench.Spec, contextModels)
	for i := range chosen {
		chosen[i] = all[i*(len(all)-1)/(contextModels-1)]
	}
	return chosen
}
