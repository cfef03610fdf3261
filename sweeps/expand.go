package sweeps

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"hgbench/bench"
	"hgbench/bench/strict"
	"hgbench/results"
)

// maxPoints bounds a sweep: more of them is a slip of the axes.
const maxPoints = 10_000

// Point is one run of a sweep.
type Point struct {
	Name string // what tells it from the other points: "transformer 4@1, lr=1e-3"
	Spec bench.Spec

	source *yaml.Node // the merged partial spec, for matching exclusions
}

// Expand gives the points of a sweep, in the order of its axes, the last of
// which varies fastest. Budgets in steps, tokens and FLOPs become train.steps;
// cost tells what a token costs, and may be nil if no budget is in FLOPs.
// Budgets in seconds stay with the points for the runner to calibrate.
//
// It errs when two points are the same run, when a budget does not pay for a
// step, and when the points do not keep the sweep's protocol.
func Expand(s *Sweep, cost bench.Cost) ([]Point, error) {
	points := make([]Point, len(s.points))
	names := make(map[string]string)
	var errs []error
	fail := func(p Point, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: point %q: %w", s.file, p.Name, fmt.Errorf(format, args...)))
	}
	kept := true // the protocol; who breaks it first is told
	for i, p := range s.points {
		points[i] = p
		if err := points[i].Spec.Resolve(cost); err != nil {
			fail(p, "%w", err)
			continue
		}
		// The corpus is not known here; its name serves to tell data apart.
		id := points[i].Spec.ID(p.Spec.Data)
		if other, ok := names[id]; ok {
			fail(p, "it is the same run as point %q; want axes that differ, or exclude one", other)
			continue
		}
		names[id] = p.Name
		if err := s.keepsProtocol(s.points[0], points[0].Spec, p, points[i].Spec); err != nil && kept {
			kept = false
			fail(p, "%w", err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return points, nil
}

// keepsProtocol holds a point (asked, and resolved to spec) to the first one.
func (s *Sweep) keepsProtocol(firstAsked Point, first bench.Spec, asked Point, spec bench.Spec) error {
	switch s.Protocol {
	case results.P1:
		if spec.Budget.Seconds > 0 {
			return fmt.Errorf("protocol P1 wants equal steps, a budget in seconds gives each point its own; want steps or tokens, or protocol: P3")
		}
		for _, k := range []struct {
			key       string
			got, want any
		}{
			{"train.steps", spec.Train.Steps, first.Train.Steps},
			{"train.batch", spec.Train.Batch, first.Train.Batch},
			{"train.context", spec.Train.Context, first.Train.Context},
			{"data", spec.Data, first.Data},
		} {
			if k.got != k.want {
				return fmt.Errorf("protocol P1 wants equal steps, tokens and data order, but %s is %v and that of point %q is %v; want them equal, or another protocol", k.key, k.got, firstAsked.Name, k.want)
			}
		}
	case results.P2:
		if asked.Spec.Budget.FLOPs == 0 {
			return fmt.Errorf("protocol P2 wants equal necessary FLOPs; want budget: {flops: …}, or another protocol")
		}
	}
	return nil
}

// combine makes the points: every choice of one option per axis laid over the
// base. An error that many points share is told once.
func combine(name string, base *yaml.Node, axes []axis) ([]Point, error) {
	total := 1
	for _, a := range axes {
		if total *= len(a.options); total > maxPoints {
			return nil, &strict.Error{File: name, Key: "axes", Message: fmt.Sprintf("more than %d points; want fewer values", maxPoints)}
		}
	}
	var points []Point
	var errs []error
	told := make(map[string]bool)
	for i := range total {
		node, labels := base, make([]string, len(axes))
		rest, block := i, total // i, read as digits of which the last axis's is the lowest
		for j, a := range axes {
			block /= len(a.options)
			o := a.options[rest/block]
			rest %= block
			node, labels[j] = merge(node, o.patch), o.label
		}
		p := Point{Name: strings.Join(labels, ", "), source: node}
		var err error
		if p.Spec, err = bench.DecodeSpec(name, node); err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !told[line] {
					told[line] = true
					errs = append(errs, fmt.Errorf("%s (point %q)", line, p.Name))
				}
			}
			continue
		}
		points = append(points, p)
	}
	return points, errors.Join(errs...)
}

// leaveOut removes the points that match an exclusion: those that it would not
// change. An exclusion without a match is an error, since it excludes other
// points than its author thinks.
func leaveOut(name string, points []Point, exclusions []yaml.Node) ([]Point, error) {
	kept := points
	for i := range exclusions {
		var rest []Point
		for _, p := range kept {
			changed, err := bench.DecodeSpec(name, merge(p.source, &exclusions[i]))
			if err != nil || !changed.Equal(p.Spec) {
				rest = append(rest, p)
			}
		}
		if len(rest) == len(kept) {
			return nil, &strict.Error{File: name, Line: exclusions[i].Line, Key: fmt.Sprintf("exclude[%d]", i), Message: "matches no point; want values that the axes have"}
		}
		kept = rest
	}
	if len(kept) == 0 {
		return nil, &strict.Error{File: name, Key: "exclude", Message: "no point is left"}
	}
	return kept, nil
}
