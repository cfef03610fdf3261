package graph

import (
	"fmt"
	"slices"
)

// DType is the element type of a value.
type DType uint8

// Element types. Real values of a graph all have the same type, Float32 or
// Float64 (the reference for gradient checks); token ids and random-number
// keys are Int32.
const (
	Float32 DType = iota
	Float64
	Int32
)

// Size of an element in bytes.
func (d DType) Size() int {
	if d == Float64 {
		return 8
	}
	return 4
}

func (d DType) String() string { return [...]string{"float32", "float64", "int32"}[d] }

// Role says what a value's bytes are for, so that a plan can report its peak
// by kind.
type Role uint8

// Roles. Weights, optimizer state, recurrent state and constants persist
// between runs and are shared by all programs of a family; everything else
// lives in the arena.
const (
	Activation Role = iota
	Gradient
	Workspace
	Input
	Weight
	Optimizer
	State
	Constant
)

// Persistent values keep their place and contents between runs.
func (r Role) Persistent() bool { return r >= Weight }

func (r Role) String() string {
	return [...]string{"activation", "gradient", "workspace", "input", "weight", "optimizer", "state", "constant"}[r]
}

// Value is a tensor of the program: row-major, of fixed shape. Activations are
// [B, L, D]: batch, time, features.
type Value struct {
	Name  string // of inputs, outputs and persistent values; unique within its role
	Shape []int
	DType DType
	Role  Role

	// Pad counts the time steps that exist only because a shortening factor must
	// divide the length: the last ones of axis 1, or rows of a table of relative
	// positions. They are computed, but not counted as necessary.
	Pad int

	// Init fills a weight at the start of training.
	Init Init
	// Frozen weights are not trained, see Graph.Buffer.
	Frozen bool
	// Fill gives the contents of a constant.
	Fill func(i int) float64

	// Node that computes the value, nil for inputs and persistent values, and
	// which of its outputs it is.
	Node  *Node
	Index int
}

// Elements is the number of elements.
func (v *Value) Elements() int {
	n := 1
	for _, s := range v.Shape {
		n *= s
	}
	return n
}

// Bytes is the size in bytes.
func (v *Value) Bytes() int64 { return int64(v.Elements()) * int64(v.DType.Size()) }

// Cols is the size of the last axis, and Rows the product of all others.
func (v *Value) Cols() int { return v.Shape[len(v.Shape)-1] }

// Rows is the product of all axes but the last.
func (v *Value) Rows() int { return v.Elements() / v.Cols() }

// necessaryRows is Rows without padded time steps: of [B, L, D], or of the
// table of relative positions [R, D].
func (v *Value) necessaryRows() int {
	if v.Pad == 0 {
		return v.Rows()
	}
	steps := v.Shape[len(v.Shape)-2]
	return v.Rows() / steps * (steps - v.Pad)
}

func (v *Value) String() string {
	return fmt.Sprintf("%s %s%v", v.Name, v.DType, v.Shape)
}

func sameShape(a, b *Value) bool { return slices.Equal(a.Shape, b.Shape) }

// Distribution a weight is drawn from at the start.
type Distribution uint8

// Distributions of initial weights.
const (
	Zeros   Distribution = iota
	Ones                 // all 1
	Uniform              // U(-Scale, Scale)
	Normal               // N(Mean, Scale²)
)

// Init describes the initial contents of a weight.
type Init struct {
	Distribution Distribution
	Scale        float64
	Mean         float64 // of Normal
}
