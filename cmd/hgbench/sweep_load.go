package main

import (
	"context"
	"fmt"

	"hgbench/bench"
	"hgbench/pkg/data"
	"hgbench/results"
	"hgbench/sweeps"
)

// loadSweep reads a sweep by name or file, with the overrides of --set in its
// base, and expands it into its points. The points are named as tables and figures
// name their records.
func loadSweep(ctx context.Context, name string, set []string) (*sweeps.Sweep, []sweeps.Point, error) {
	s, err := awaited(ctx, func() (*sweeps.Sweep, error) { return sweeps.Load(name, set...) })
	if err != nil {
		if isFile(name) { // a pipe cannot be read twice
			if _, notSpec := bench.LoadSpec(name); notSpec == nil {
				err = fmt.Errorf("%s is a spec, not a sweep: \"hgbench run -f %[1]s\" runs it", name)
			}
		}
		return nil, nil, err
	}
	points, err := sweeps.Expand(s, bench.NecessaryPerToken)
	if err != nil {
		return nil, nil, err
	}
	return s, points, namePoints(points)
}

// namePoints gives points the labels of their records, and the seed where
// nothing else tells two apart.
func namePoints(points []sweeps.Point) error {
	var records results.Records
	for _, p := range points {
		spec, err := p.Spec.Canonical()
		if err != nil {
			return err
		}
		records = append(records, results.Record{Spec: spec})
	}
	labels := records.Labels()
	times := make(map[string]int)
	for _, label := range labels {
		times[label]++
	}
	for i, label := range labels {
		if times[label] > 1 {
			label += fmt.Sprintf(", seed %d", points[i].Spec.Seed)
		}
		points[i].Name = label
	}
	return nil
}

// corpusHash is the SHA-256 of a spec's data.
func corpusHash(ctx context.Context, name string) (string, error) {
	c, err := data.Open(ctx, name)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return c.SHA256, nil
}
