package verify

import (
	"context"
	"fmt"
	"math"
	"slices"

	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
	"hgbench/pkg/philox"
)

// CausalityReport says at which positions a model was probed and what was
// wrong there.
type CausalityReport struct {
	Probes     int
	Violations []Violation
}

// Pass says that the model predicts every probed token from those before it
// only, and does depend on them.
func (r CausalityReport) Pass() bool { return r.Probes > 0 && len(r.Violations) == 0 }

func (r CausalityReport) String() string {
	if r.Pass() {
		return fmt.Sprintf("causal at %d positions", r.Probes)
	}
	if r.Probes == 0 {
		return "not probed"
	}
	return fmt.Sprintf("%d violations at %d positions, such as: %v", len(r.Violations), r.Probes, r.Violations[0])
}

// Violation of causality at one probed token.
type Violation struct {
	Token int // the probed t
	What  string
}

func (v Violation) String() string { return fmt.Sprintf("token %d: %s", v.Token, v.What) }

// Prover proves causality of a model at one shape. Its programs share weights
// with others of the same model on one machine.
//
// Logits[t] predict token t. For every probed t:
//
//  1. With all tokens ≥ t replaced, logits 0 … t do not change by one bit.
//  2. The gradient of a random projection of logits[t] with respect to the
//     embeddings of tokens ≥ t is exactly zero. This sees what bits may hide:
//     an influence that rounds away.
//  3. With token t−1 replaced, logits[t] do change: the proof is not vacuous.
type Prover struct {
	forward, backward direction
	batch, length     int // of tokens, padding not included
}

// direction is one of the programs.
type direction struct {
	program     *graph.Program
	tokens, key *graph.Value // key only in training
	logits      *graph.Value
	seed        *graph.Value // adjoint of the logits, backward only
	embedded    []embedded   // backward only
}

// embedded is a look-up of tokens and its gradient: row l holds token l−shift.
type embedded struct {
	grad  *graph.Value
	shift int
}

// NewProver builds the programs for windows [batch, length]; a length that the
// model cannot take is padded. With training they are those of training mode,
// dropout included.
func NewProver(model nn.Model, batch, length int, training bool) (*Prover, error) {
	if err := model.Validate(); err != nil {
		return nil, err
	}
	if batch < 1 || length < 1 {
		return nil, fmt.Errorf("causality of windows [%d, %d]: want at least [1, 1]", batch, length)
	}
	p := &Prover{batch: batch, length: length}
	var err error
	if p.forward, err = newDirection(model, batch, length, training, false); err != nil {
		return nil, err
	}
	p.backward, err = newDirection(model, batch, length, training, true)
	return p, err
}

func newDirection(model nn.Model, batch, length int, training, backward bool) (direction, error) {
	g := graph.New(graph.Float32)
	padded := nn.PaddedLength(model, length)
	d := direction{tokens: g.Input("tokens", graph.Int32, batch, padded)}
	d.tokens.Pad = padded - length
	b := nn.Evaluation(g)
	if training {
		d.key = g.Input("key", graph.Int32, 4)
		b = nn.Training(g, d.key)
	}
	d.logits = model.Logits(b, d.tokens)
	if backward {
		var inputs []*graph.Value
		for _, n := range g.Nodes {
			if _, ok := n.Op.(graph.Embed); !ok {
				continue
			}
			if shift, ok := shiftOf(n.Inputs[1], d.tokens); ok {
				inputs = append(inputs, n.Outputs[0])
				d.embedded = append(d.embedded, embedded{shift: shift})
			}
		}
		d.seed = g.Input("seed", g.Real, d.logits.Shape...)
		grads := g.Gradients([]*graph.Value{d.logits}, []*graph.Value{d.seed}, inputs, nil)
		for i, grad := range grads {
			if grad == nil {
				return d, fmt.Errorf("causality: logits do not depend on an embedding of the tokens")
			}
			g.Output(fmt.Sprintf("gradient %d", i), grad)
			d.embedded[i].grad = grad
		}
		if len(grads) == 0 {
			return d, fmt.Errorf("causality: the model does not embed its tokens")
		}
	}
	g.Output("logits", d.logits)
	d.program = graph.Compile(g, cpu.Target(g.Real))
	return d, nil
}

// shiftOf says by how many steps ids are the tokens moved later, if they are.
func shiftOf(ids, tokens *graph.Value) (shift int, ok bool) {
	for ids != tokens {
		if ids.Node == nil {
			return 0, false
		}
		op, ok := ids.Node.Op.(graph.Shift)
		if !ok {
			return 0, false
		}
		shift += op.N
		ids = ids.Node.Inputs[0]
	}
	return shift, true
}

// Programs are those that the machine must have been made with.
func (p *Prover) Programs() []*graph.Program {
	return []*graph.Program{p.forward.program, p.backward.program}
}

// Prove probes tokens with the weights in the machine. windows are batch rows
// of length tokens; nil are random ones. Its cost is that of five forward
// passes for every batch of probes. When ctx ends, it stops in the midst of a
// pass, with the error of ctx.
func (p *Prover) Prove(ctx context.Context, m *cpu.Machine, windows []int32, probes []int, seed uint64) (CausalityReport, error) {
	if windows != nil && len(windows) != p.batch*p.length {
		return CausalityReport{}, fmt.Errorf("causality: %d tokens: want %d windows of %d", len(windows), p.batch, p.length)
	}
	for _, t := range probes {
		if t < 0 || t >= p.length {
			return CausalityReport{}, fmt.Errorf("causality: probe of token %d: want 0 to %d", t, p.length-1)
		}
	}
	run := &proof{Prover: p, ctx: ctx, machine: m, random: philox.New(seed, 0)}
	run.base = run.window(windows)
	var err error
	if run.logits, err = run.forwardPass(run.base); err != nil {
		return CausalityReport{}, err
	}
	for _, x := range run.logits {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return CausalityReport{}, fmt.Errorf("causality: logits hold %g: nothing can be proven about diverged weights", x)
		}
	}
	for chunk := range slices.Chunk(probes, p.batch) {
		for _, part := range []func([]int) error{run.future, run.gradient, run.past} {
			if err := part(chunk); err != nil {
				return CausalityReport{}, err
			}
		}
	}
	run.report.Probes = len(probes)
	return run.report, nil
}

// Probes chooses at most limit tokens of a window: all of them if they are so
// few, else the first, the last, those around multiples of the strides (group
// and tile sizes), and random ones.
func Probes(length, limit int, seed uint64, strides ...int) []int {
	if length <= limit {
		all := make([]int, length)
		for t := range all {
			all[t] = t
		}
		return all
	}
	random := philox.New(seed, 1)
	chosen := map[int]bool{}
	add := func(t int) {
		if t >= 0 && t < length && len(chosen) < limit {
			chosen[t] = true
		}
	}
	for _, t := range []int{0, 1, length - 1} {
		add(t)
	}
	for i := uint64(0); len(chosen) < limit; i++ {
		t := int(random.Uint64n(0, i, uint64(length)))
		if n := uint64(len(strides)); n > 0 && i%(n+1) < n { // one in n+1 is anywhere
			stride := strides[i%(n+1)]
			t = (t+stride/2)/stride*stride + int(i/(n+1)%3) - 1
		}
		add(t)
	}
	var out []int
	for t := range length {
		if chosen[t] {
			out = append(out, t)
		}
	}
	return out
}

// Causality proves a model on weights in which every term is active, at every
// token of random windows. It stops as Prove does.
func Causality(ctx context.Context, model nn.Model, batch, length int, training bool, threads int, seed uint64) (CausalityReport, error) {
	p, err := NewProver(model, batch, length, training)
	if err != nil {
		return CausalityReport{}, err
	}
	m, err := cpu.New(threads, p.Programs()...)
	if err != nil {
		return CausalityReport{}, err
	}
	defer m.Close()
	Activate(m, p.forward.program, seed)
	return p.Prove(ctx, m, nil, Probes(length, length, seed), seed)
}
