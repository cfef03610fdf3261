package graph

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// scan is pack as one would write it: each buffer looks at all that are placed.
// Plans, and with them every figure of memory on record, are those of scan.
func scan(buffers []*buffer) int64 {
	order := slices.Clone(buffers)
	slices.SortStableFunc(order, func(a, b *buffer) int {
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.first, b.first))
	})
	var arena int64
	var placed []*buffer // by offset
	for _, b := range order {
		var offset int64
		for _, other := range placed {
			if other.last < b.first || b.last < other.first {
				continue
			}
			if offset+b.bytes <= other.offset {
				break
			}
			offset = max(offset, other.offset+other.bytes)
		}
		b.offset = offset
		at, _ := slices.BinarySearchFunc(placed, b, func(x, y *buffer) int { return cmp.Compare(x.offset, y.offset) })
		placed = slices.Insert(placed, at, b)
		arena = max(arena, offset+b.bytes)
	}
	return arena
}

func samePacking(t *testing.T, buffers []*buffer) {
	t.Helper()
	want := scan(buffers)
	offsets := make([]int64, len(buffers))
	for i, b := range buffers {
		offsets[i] = b.offset
	}
	if got := pack(buffers); got != want {
		t.Fatalf("%d buffers: an arena of %d, want %d", len(buffers), got, want)
	}
	for i, b := range buffers {
		if b.offset != offsets[i] {
			t.Fatalf("%d buffers: number %d [%d, %d] of %d bytes at %d, want %d", len(buffers), i, b.first, b.last, b.bytes, b.offset, offsets[i])
		}
	}
}

func TestPackIsFirstFit(t *testing.T) {
	samePacking(t, nil)
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		moments, sizes := 1+r.IntN(200), 1+r.IntN(30)
		buffers := make([]*buffer, r.IntN(200))
		for i := range buffers {
			first := r.IntN(moments)
			last := first + r.IntN(1+r.IntN(moments-first))
			if r.IntN(10) == 0 {
				first, last = 0, moments-1
			}
			buffers[i] = &buffer{first: first, last: last, bytes: Align * int64(r.IntN(sizes)), node: -1}
		}
		samePacking(t, buffers)
	}
	for seed := range uint64(50) {
		p := Compile(randomModel(rand.New(rand.NewPCG(seed, 0))), prices{})
		live := map[*Value]bool{}
		for v := range p.Plan.Offset {
			live[v] = true
		}
		samePacking(t, buffersOf(p, live))
	}
}

// A step of many micro-batches is planned in a time that grows with their number,
// not with its square, in no more memory than two of them need.
func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		g := New(Float32)
		var grads []*Value
		for range 200 {
			x := g.Embed(g.Parameter("embed", Init{}, 16, 8), g.Input("tokens", Int32, 1, 8), 1)
			for range 10 {
				x = g.Activate(GELU, g.MatMul(x, g.Parameter("w", Init{}, 8, 8), Epilogue{}))
			}
			loss := g.CrossEntropy(x, g.Inputs[len(g.Inputs)-1], 1)
			grads = g.Gradients([]*Value{loss}, nil, g.Parameters(), grads)
			g.Output("nll", loss)
		}
		g.Adam(Adam{}, g.Input("hyper", Float32, 3), g.Parameters(), grads)
		Compile(g, prices{})
	}
}
