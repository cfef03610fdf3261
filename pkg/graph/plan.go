package graph

// Align is the alignment in bytes of every value: a cache line, and a whole
// vector register of any instruction set in use.
const Align = 64

// Sharing allows an output of a node to take the place of one of its inputs
// when nothing reads that input afterwards.
type Sharing struct{ Output, Input int }

// Plan gives every value of a program a place in the arena.
type Plan struct {
	// Offset in bytes in the arena of every value that is neither persistent
	// nor dead. Values share an offset when one is a view of the other or
	// replaces it.
	Offset map[*Value]int64
	// Workspace offset in bytes of each node, by position; −1 without.
	Workspace []int64

	Arena   int64 // bytes of the arena
	Scratch int64 // bytes that each thread needs besides
	inArena Peak  // what the arena is used for at the moment of highest use
}

// Peak is what the memory is used for at the moment of highest use, in bytes.
type Peak struct {
	Weights     int64
	Optimizer   int64
	Gradients   int64
	Activations int64 // inputs, recurrent state and constant tables included
	Workspace   int64 // packed operands, partial sums, gaps; scratch of threads
}

// Total in bytes.
func (p Peak) Total() int64 {
	return p.Weights + p.Optimizer + p.Gradients + p.Activations + p.Workspace
}

// PeakMemory of programs that run one after another on so many threads: they
// share the largest arena and scratch, and persistent values by role and name.
func PeakMemory(threads int, programs ...*Program) Peak {
	var peak Peak
	var arena, scratch int64
	for _, p := range programs {
		scratch = max(scratch, p.Plan.Scratch)
		if p.Plan.Arena > arena {
			arena, peak = p.Plan.Arena, p.Plan.inArena
		}
	}
	type key struct {
		role Role
		name string
	}
	counted := map[key]bool{}
	for _, p := range programs {
		for _, v := range p.Persistent {
			if k := (key{v.Role, v.Name}); !counted[k] {
				counted[k] = true
				peak.addPersistent(v)
			}
		}
	}
	peak.Workspace += int64(threads) * scratch
	return peak
}

func (p *Peak) addPersistent(v *Value) {
	switch bytes := round(v.Bytes()); v.Role {
	case Weight:
		p.Weights += bytes
	case Optimizer:
		p.Optimizer += bytes
	default:
		p.Activations += bytes
	}
}

// buffer is a set of values that share one place, live from node first to last.
type buffer struct {
	values      []*Value
	bytes       int64
	first, last int
	offset      int64
	role        Role
	node        int // whose workspace it is, −1 otherwise
}

// plan finds the life of every value and packs them, largest first, each at
// the lowest offset where nothing else lives at the same time.
func plan(p *Program, live map[*Value]bool, target Target) Plan {
	buffers := buffersOf(p, live)
	for i, n := range p.Nodes {
		if w := target.Workspace(n); w > 0 {
			buffers = append(buffers, &buffer{bytes: round(w), first: i, last: i, role: Workspace, node: i})
		}
	}
	out := Plan{Offset: map[*Value]int64{}, Workspace: make([]int64, len(p.Nodes)), Scratch: target.Scratch(p.Nodes)}
	for i := range out.Workspace {
		out.Workspace[i] = -1
	}
	out.Arena = pack(buffers)
	for _, b := range buffers {
		if b.node >= 0 {
			out.Workspace[b.node] = b.offset
		}
		for _, v := range b.values {
			out.Offset[v] = b.offset
		}
	}
	out.inArena = peak(buffers, len(p.Nodes), out.Arena)
	return out
}

func round(bytes int64) int64 { return (bytes + Align - 1) / Align * Align }

// buffersOf unites values that can share a place.
func buffersOf(p *Program, live map[*Value]bool) []*buffer {
	end := len(p.Nodes)
	of := map[*Value]*buffer{}
	last := map[*Value]int{}
	for i, n := range p.Nodes {
		for _, in := range n.Inputs {
			last[in] = i
		}
	}
	for _, v := range p.Outputs {
		last[v] = end
	}
	var all []*buffer
	add := func(v *Value, first int) *buffer {
		b := &buffer{values: []*Value{v}, bytes: round(v.Bytes()), first: first, last: max(first, last[v]), role: v.Role, node: -1}
		of[v] = b
		all = append(all, b)
		return b
	}
	for _, v := range p.Inputs {
		b := add(v, 0)
		b.last = end // written before the run, kept for whoever looks afterwards
	}
	join := func(b *buffer, v *Value) {
		b.values = append(b.values, v)
		b.last = max(b.last, last[v])
		if v.Role == Gradient {
			b.role = Gradient
		}
		of[v] = b
	}
	for i, n := range p.Nodes {
		if _, ok := n.Op.(Reshape); ok {
			if b := of[n.Inputs[0]]; b != nil {
				join(b, n.Outputs[0])
			}
			continue // of a persistent value: a view of it
		}
		for k, v := range n.Outputs {
			if !live[v] {
				continue
			}
			if b := replaceable(n, k, i, of); b != nil && b.bytes == round(v.Bytes()) {
				join(b, v)
				continue
			}
			add(v, i)
		}
	}
	return all
}

// replaceable finds a buffer that output k of node i may take over: one that
// an input ends its life in.
func replaceable(n *Node, k, i int, of map[*Value]*buffer) *buffer {
	op, ok := n.Op.(interface{ InPlace(*Node) []Sharing })
	if !ok {
		return nil
	}
	for _, s := range op.InPlace(n) {
		if s.Output != k {
			continue
		}
		in := n.Inputs[s.Input]
		b := of[in]
		if b == nil || b.last != i || b.role == Input {
			continue
		}
		// Another input of this node must not be read after the output has
		// overwritten it, and two outputs must not share a place.
		clash := false
		for j, other := range n.Inputs {
			clash = clash || j != s.Input && of[other] == b
		}
		for j, other := range n.Outputs {
			clash = clash || j != k && of[other] == b
		}
		if !clash {
			return b
		}
	}
	return nil
}

// peak splits the arena by kind at the moment when most of it is in use; gaps
// count as workspace.
func peak(buffers []*buffer, nodes int, arena int64) Peak {
	change := make([]int64, nodes+2) // of the bytes in use, from one node to the next
	for _, b := range buffers {
		change[b.first] += b.bytes
		change[b.last+1] -= b.bytes
	}
	var at int
	var most, use int64
	for i, c := range change {
		if use += c; use > most {
			at, most = i, use
		}
	}
	var p Peak
	for _, b := range buffers {
		if b.first > at || b.last < at {
			continue
		}
		switch b.role {
		case Gradient:
			p.Gradients += b.bytes
		case Workspace:
			p.Workspace += b.bytes
		default:
			p.Activations += b.bytes
		}
	}
	p.Workspace += arena - most
	return p
}
