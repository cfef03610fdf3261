package cpu

import (
	"fmt"

	"hgbench/pkg/graph"
)

// kernel is a node prepared for execution: what it needs, and the phases of
// work once its memory is known.
type kernel struct {
	workspace int64          // bytes shared by all tiles of the node
	scratch   int64          // bytes for each thread
	executed  func() float64 // floating-point operations in matrix products; nil: none
	counted   *workCount     // where those depend on the data, executed being the most: what they were
	bind      func(m *memory) []phase
}

// lower finds the kernel of a node: one line an op, in the order of pkg/graph.
func lower[T Float](n *graph.Node) kernel {
	switch op := n.Op.(type) {
	case graph.Activate:
		return activate[T](n, op)
	case graph.ActivateGrad:
		return activateGrad[T](n, op)
	case graph.Adam:
		return adam[T](n, op)
	case graph.Add:
		return add[T](n)
	case graph.Assign:
		return assign[T](n)
	case graph.Attention:
		return attention[T](n, op)
	case graph.AttentionGrad:
		return attentionGrad[T](n, op)
	case graph.BucketAttention:
		return bucketAttention[T](n, op)
	case graph.BucketAttentionGrad:
		return bucketAttentionGrad[T](n, op)
	case graph.ClusterSums:
		return clusterSums[T](n, op)
	case graph.ColumnSum:
		return columnSum[T](n)
	case graph.Concat:
		return concat[T](n)
	case graph.CrossEntropy:
		return crossEntropy[T](n, op)
	case graph.Dropout:
		return dropout[T](n, op)
	case graph.Embed:
		return embed[T](n, op)
	case graph.EmbedGrad:
		return embedGrad[T](n, op)
	case graph.Features:
		return features[T](n, op)
	case graph.FeaturesGrad:
		return featuresGrad[T](n, op)
	case graph.Hash:
		return hash[T](n, op)
	case graph.LayerNorm:
		return layerNorm[T](n, op)
	case graph.LayerNormGrad:
		return layerNormGrad[T](n, op)
	case graph.LinearAttention:
		return linearAttentionForward[T](n, op)
	case graph.LinearAttentionGrad:
		return linearAttentionGrad[T](n, op)
	case graph.ListAttention:
		return listAttention[T](n, op)
	case graph.ListAttentionGrad:
		return listAttentionGrad[T](n, op)
	case graph.MatMul:
		return matMul[T](n, op)
	case graph.MatMulActivateGrad:
		return matMulActivateGrad[T](n, op)
	case graph.Members:
		return members[T](n, op)
	case graph.Merge:
		return merge[T](n, op)
	case graph.MergeGrad:
		return mergeGrad[T](n, op)
	case graph.MoveMeans:
		return moveMeans[T](n, op)
	case graph.Nearest:
		return nearest[T](n, op)
	case graph.Normalize:
		return normalize[T](n)
	case graph.Order:
		return order[T](n, op)
	case graph.Pool:
		return poolSteps[T](n, op)
	case graph.Redraw:
		return redraw[T](op)
	case graph.Repeat:
		return repeatSteps[T](n, op)
	case graph.Reshape:
		return kernel{bind: func(*memory) []phase { return nil }} // a view, see graph.Plan
	case graph.Rotary:
		return rotary[T](op)
	case graph.Shift:
		return shiftSteps[T](n, op)
	case graph.Slice:
		return sliceSteps[T](n, op)
	case graph.Unit:
		return unit[T](op, n.Inputs[0])
	case graph.UnitGrad:
		return unitGrad[T](op, n.Inputs[1])
	}
	panic(fmt.Sprintf("cpu: no kernel for %T", n.Op))
}

// target prices nodes for graph.Compile, each once: to lay out a sparse pattern
// takes longer than all else about a plan.
type target struct {
	real   graph.DType
	prices map[*graph.Node]price
}

type price struct {
	workspace, scratch int64
	executed           float64
}

// Target returns the prices of this executor for programs of that real type.
func Target(real graph.DType) graph.Target { return target{real, map[*graph.Node]price{}} }

func (t target) price(n *graph.Node) price {
	if known, ok := t.prices[n]; ok {
		return known
	}
	var k kernel
	if t.real == graph.Float64 {
		k = lower[float64](n)
	} else {
		k = lower[float32](n)
	}
	p := price{workspace: k.workspace, scratch: k.scratch}
	if k.executed != nil {
		p.executed = k.executed()
	}
	t.prices[n] = p
	return p
}

func (t target) Workspace(n *graph.Node) int64 { return t.price(n).workspace }

func (t target) Executed(n *graph.Node) float64 { return t.price(n).executed }

func (t target) Scratch(nodes []*graph.Node) int64 {
	var most int64
	for _, n := range nodes {
		most = max(most, t.price(n).scratch)
	}
	return alignUp(most)
}

// memory is where the values of a node are.
type memory struct {
	node      *graph.Node
	at        func(v *graph.Value) []byte
	workspace []byte
}

// in views input i; out views output i, nil when nothing reads it.
func in[T element](m *memory, i int) []T {
	v := m.node.Inputs[i]
	return view[T](m.at(v), v.Elements())
}

func out[T element](m *memory, i int) []T {
	v := m.node.Outputs[i]
	b := m.at(v)
	if b == nil {
		return nil
	}
	return view[T](b, v.Elements())
}

// work views the workspace of the node.
func work[T element](m *memory, n int) []T { return view[T](m.workspace, n) }
