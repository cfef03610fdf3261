package baselines

import (
	"fmt"

	"hgbench/pkg/graph"
)

// state of layer i: [B, Length, d], the newest positions last, before the
// norm of a pre-norm layer.
func (x *xl) state(i, batch int) *graph.Value {
	m := x.layers[i].memory
	return x.State(fmt.Sprintf("memory.%s.%d", m.Stream, i), batch, m.Length, x.Model)
}

// recall returns what layer i sees: the valid part of its memory, then its
// input h.
func (x *xl) recall(i int, h *graph.Value) *graph.Value {
	m := x.layers[i].memory
	switch m.Valid {
	case 0:
		return h
	case m.Length:
		return x.Concat(x.state(i, h.Shape[0]), h)
	}
	return x.Concat(x.Slice(x.state(i, h.Shape[0]), m.Length-m.Valid, m.Length), h)
}

// keep writes the newest positions of the memory of layer i and its input h
// into the memory.
func (x *xl) keep(i int, h *graph.Value) {
	kept, length := x.layers[i].memory.Length, h.Shape[1]
	if kept == 0 {
		return
	}
	state := x.state(i, h.Shape[0])
	switch {
	case length > kept:
		h = x.Slice(h, length-kept, length)
	case length < kept:
		h = x.Concat(x.Slice(state, length, kept), h)
	}
	x.Assign(state, h)
}
