// Package cpu executes programs of pkg/graph on the CPU: portable kernels in Go
// that define every op, assembly for AVX2 and AVX-512, a fixed pool of threads,
// and the machine's measured peak.
//
// The same instruction set and kernel version give the same bits, whatever the
// number of threads: work is cut into tiles that do not depend on it and every
// sum has a fixed order.
package cpu

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"io"
	"time"

	"hgbench/pkg/graph"
	"hgbench/pkg/philox"
)

// Machine holds what the programs of an experiment share: threads, persistent
// values, and one arena as large as the largest of them needs.
type Machine struct {
	pool       *pool
	arena      []byte
	scratch    []byte
	store      []byte
	persistent map[key]stored
	weights    []*graph.Value
	loaded     map[*graph.Program]*loaded
}

type key struct {
	role graph.Role
	name string
}

type stored struct {
	value  *graph.Value
	memory []byte
}

// loaded is a program bound to memory.
type loaded struct {
	job    *job
	at     func(v *graph.Value) []byte
	nodeOf []int // node of each phase

	static  float64      // operations of nodes whose work does not depend on the data
	counted []*workCount // the other nodes
}

// New makes a machine that runs these programs. Weights start as zeros: see
// Init.
func New(threads int, programs ...*graph.Program) (*Machine, error) {
	m := &Machine{pool: newPool(threads), persistent: map[key]stored{}, loaded: map[*graph.Program]*loaded{}}
	var arena, scratch, size int64
	for _, p := range programs {
		arena = max(arena, p.Plan.Arena)
		scratch = max(scratch, p.Plan.Scratch)
		for _, v := range p.Persistent {
			k := key{v.Role, v.Name}
			if old, ok := m.persistent[k]; ok {
				if old.value.Bytes() != v.Bytes() {
					return nil, fmt.Errorf("%v and %v share a name but not a size", old.value, v)
				}
				continue
			}
			m.persistent[k] = stored{value: v}
			if v.Role == graph.Weight {
				m.weights = append(m.weights, v)
			}
			size += alignUp(v.Bytes())
		}
	}
	var err error
	for _, a := range []struct {
		memory *[]byte
		bytes  int64
	}{{&m.arena, arena}, {&m.scratch, scratch * int64(threads)}, {&m.store, size}} {
		if *a.memory, err = mapMemory(a.bytes); err != nil {
			m.Close()
			return nil, err
		}
	}
	for i, w := range m.pool.workers {
		w.scratch = m.scratch[int64(i)*scratch : int64(i+1)*scratch]
	}
	m.place(programs)
	for _, p := range programs {
		m.loaded[p] = m.load(p)
	}
	return m, nil
}

// place gives persistent values their memory, in order of declaration, and
// fills constants.
func (m *Machine) place(programs []*graph.Program) {
	rest := m.store
	for _, p := range programs {
		for _, v := range p.Persistent {
			k := key{v.Role, v.Name}
			s := m.persistent[k]
			if s.memory != nil {
				continue
			}
			s.memory, rest = rest[:v.Bytes()], rest[alignUp(v.Bytes()):]
			m.persistent[k] = s
			if v.Role == graph.Constant {
				m.fill(v, v.Fill)
			}
		}
	}
}

// load binds a program's kernels to memory.
func (m *Machine) load(p *graph.Program) *loaded {
	l := &loaded{at: func(v *graph.Value) []byte { return m.find(p, v) }, static: p.FLOPs.Executed}
	var phases []phase
	for i, n := range p.Nodes {
		var k kernel
		if p.Real == graph.Float64 {
			k = lower[float64](n)
		} else {
			k = lower[float32](n)
		}
		if k.counted != nil {
			l.static -= k.executed()
			l.counted = append(l.counted, k.counted)
		}
		mem := &memory{node: n, at: l.at}
		if at := p.Plan.Workspace[i]; at >= 0 {
			mem.workspace = m.arena[at : at+k.workspace]
		}
		for _, ph := range k.bind(mem) {
			if ph.tiles > 0 {
				phases = append(phases, ph)
				l.nodeOf = append(l.nodeOf, i)
			}
		}
	}
	l.job = newJob(phases)
	return l
}

// find returns the memory of a value of p, nil when it is dead.
func (m *Machine) find(p *graph.Program, v *graph.Value) []byte {
	if v.Role.Persistent() {
		return m.persistent[key{v.Role, v.Name}].memory
	}
	if at, ok := p.Plan.Offset[v]; ok {
		return m.arena[at : at+v.Bytes()]
	}
	if v.Node != nil {
		if _, ok := v.Node.Op.(graph.Reshape); ok {
			return m.find(p, v.Node.Inputs[0])
		}
	}
	return nil
}

// Run executes a program once. What its inputs hold must have been written
// since another program ran, for all share the arena.
func (m *Machine) Run(p *graph.Program) {
	l := m.loaded[p]
	for _, c := range l.counted {
		c.pairs.Store(0)
	}
	m.pool.run(l.job)
}

// RunContext is Run, given up within a few tiles of work when ctx ends: the error
// is then that of ctx, and what the program writes is left in part.
func (m *Machine) RunContext(ctx context.Context, p *graph.Program) error {
	j := m.loaded[p].job
	j.cancel = ctx.Done()
	m.Run(p)
	j.cancel = nil
	return ctx.Err()
}

// Executed is the number of floating-point operations in matrix products of the
// last run of p, and whether it depends on the data: then it may be less than the
// plan says, which is the most that it can be.
func (m *Machine) Executed(p *graph.Program) (flops float64, depends bool) {
	l := m.loaded[p]
	flops = l.static
	for _, c := range l.counted {
		flops += c.operations()
	}
	return flops, len(l.counted) > 0
}

// Profile runs a program once and reports the time of each of its nodes.
func (m *Machine) Profile(p *graph.Program) map[*graph.Node]time.Duration {
	l := m.loaded[p]
	times := map[*graph.Node]time.Duration{}
	l.job.clock = func(phase int, d time.Duration) { times[p.Nodes[l.nodeOf[phase]]] += d }
	m.pool.run(l.job)
	l.job.clock = nil
	return times
}

// Ints views an int32 value of p.
func (m *Machine) Ints(p *graph.Program, v *graph.Value) []int32 {
	return view[int32](m.find(p, v), v.Elements())
}

// Floats views a float32 value of p. It panics on a value of a float64 program:
// use Read and Write there.
func (m *Machine) Floats(p *graph.Program, v *graph.Value) []float32 {
	if v.DType != graph.Float32 {
		panic(fmt.Sprintf("cpu: %v is not float32", v))
	}
	return view[float32](m.find(p, v), v.Elements())
}

// Read copies a real value of p.
func (m *Machine) Read(p *graph.Program, v *graph.Value) []float64 {
	dst := make([]float64, v.Elements())
	memory := m.find(p, v)
	if v.DType == graph.Float64 {
		copy(dst, view[float64](memory, len(dst)))
		return dst
	}
	for i, x := range view[float32](memory, len(dst)) {
		dst[i] = float64(x)
	}
	return dst
}

// Write sets a real value of p.
func (m *Machine) Write(p *graph.Program, v *graph.Value, src []float64) {
	if len(src) != v.Elements() {
		panic(fmt.Sprintf("cpu: %d elements for %v", len(src), v))
	}
	put(m.find(p, v), v, func(i int) float64 { return src[i] })
}

func (m *Machine) fill(v *graph.Value, f func(i int) float64) {
	put(m.persistent[key{v.Role, v.Name}].memory, v, f)
}

func put(memory []byte, v *graph.Value, f func(i int) float64) {
	if v.DType == graph.Float64 {
		for i := range view[float64](memory, v.Elements()) {
			view[float64](memory, v.Elements())[i] = f(i)
		}
		return
	}
	dst := view[float32](memory, v.Elements())
	for i := range dst {
		dst[i] = float32(f(i))
	}
}

// Weights lists the weights in order of declaration.
func (m *Machine) Weights() []*graph.Value { return m.weights }

// Weight returns the weight of that name, nil when there is none.
func (m *Machine) Weight(name string) *graph.Value {
	return m.persistent[key{graph.Weight, name}].value
}

// Init draws all weights anew and clears optimiser and recurrent state. A
// weight depends on the seed and its own name only, so that models which share
// a weight's name and shape start alike.
func (m *Machine) Init(seed uint64) {
	for k, s := range m.persistent {
		switch k.role {
		case graph.Weight:
			m.fill(s.value, draw(s.value.Init, seed, k.name))
		case graph.Optimizer, graph.State:
			clear(s.memory)
		}
	}
}

// Reset clears the recurrent state that a program reads and writes.
func (m *Machine) Reset(p *graph.Program) {
	for _, v := range p.Persistent {
		if v.Role == graph.State {
			clear(m.persistent[key{v.Role, v.Name}].memory)
		}
	}
}

func draw(init graph.Init, seed uint64, name string) func(i int) float64 {
	h := fnv.New64a()
	io.WriteString(h, name)
	random := philox.New(seed, h.Sum64())
	return func(i int) float64 {
		switch init.Distribution {
		case graph.Ones:
			return 1
		case graph.Uniform:
			return init.Scale * (2*random.Uniform(0, uint64(i)) - 1)
		case graph.Normal:
			return init.Mean + float64(init.Scale*random.Normal(0, uint64(i))) // never fused: the same bits everywhere
		}
		return 0
	}
}

// CopyWeights sets all weights to those of another machine, which must have
// them.
func (m *Machine) CopyWeights(from *Machine) {
	for _, w := range m.weights {
		k := key{graph.Weight, w.Name}
		copy(m.persistent[k].memory, from.persistent[k].memory)
	}
}

// Persistent returns the bytes of a persistent value, to be saved or restored;
// nil when there is none of that name.
func (m *Machine) Persistent(role graph.Role, name string) []byte {
	return m.persistent[key{role, name}].memory
}

// Hash is the SHA-256 of all weights in order of declaration.
func (m *Machine) Hash() string {
	h := sha256.New()
	for _, w := range m.weights {
		h.Write(m.persistent[key{graph.Weight, w.Name}].memory)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Threads is the number of threads in use.
func (m *Machine) Threads() int { return len(m.pool.workers) }

// Close ends the threads and gives the memory back.
func (m *Machine) Close() error {
	m.pool.close()
	for _, b := range [][]byte{m.arena, m.scratch, m.store} {
		if err := unmapMemory(b); err != nil {
			return fmt.Errorf("unmap: %w", err)
		}
	}
	return nil
}
