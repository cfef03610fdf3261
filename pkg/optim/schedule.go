// Package optim computes what changes from step to step in training: the
// learning rate and the bias corrections of Adam, as pure functions of the
// step. The update itself is an op, graph.Adam.
package optim

import (
	"fmt"
	"math"
)

// Shape of the learning rate after the warm-up.
type Shape uint8

// Shapes. Cosine (Loshchilov and Hutter 2017) and Linear fall from the peak to
// 0, which they would reach one step after the last, so that no step is wasted.
const (
	Constant Shape = iota
	Cosine
	Linear
)

var shapeNames = [...]string{"constant", "cosine", "linear"}

func (s Shape) String() string { return shapeNames[s] }

// ParseShape reads constant, cosine or linear.
func ParseShape(s string) (Shape, error) {
	for shape, name := range shapeNames {
		if s == name {
			return Shape(shape), nil
		}
	}
	return 0, fmt.Errorf("schedule %q: want constant, cosine or linear", s)
}

// Schedule is a learning rate over time.
type Schedule struct {
	Peak   float64
	Warmup int // steps of linear growth: step t gets (t+1)/Warmup of the peak
	Steps  int // of the whole training
	Shape  Shape
}

// Rate at a step, counted from 0.
func (s Schedule) Rate(step int) float64 {
	if step < s.Warmup {
		return s.Peak * float64(step+1) / float64(s.Warmup)
	}
	done := 0.0
	if rest := s.Steps - s.Warmup; rest > 0 {
		done = min(1, float64(step-s.Warmup)/float64(rest))
	}
	switch s.Shape {
	case Cosine:
		return s.Peak * (1 + math.Cos(math.Pi*done)) / 2
	case Linear:
		return s.Peak * (1 - done)
	}
	return s.Peak
}
