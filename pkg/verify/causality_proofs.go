package verify

import (
	"context"
	"fmt"
	"strings"

	"hgbench/pkg/baselines"
	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

const (
	// exhaustive is a length at which every token is probed: odd, padded by
	// every hierarchy of Systems, with several groups of each.
	exhaustive = 25
	// tiled is a length of several tiles of every kernel, none of them whole at
	// the end.
	tiled = 331
)

// CausalityProofs are, on every instruction set of this machine: every system in
// evaluation and in training, at every token of a short window; and some, around
// the borders of tiles and groups of a long one. And there are models that do
// look ahead, which the proof must find out.
func CausalityProofs() []Proof {
	var all []Proof
	for _, isa := range cpu.Supported() {
		add := func(group, name string, prove func(threads int) (CausalityReport, error)) {
			run := func(threads int) (v Verdict, err error) {
				err = cpu.Using(isa, func() error {
					r, err := prove(threads)
					v = r.verdict()
					return err
				})
				return v, err
			}
			all = append(all, Proof{fmt.Sprintf("%v, %s", isa, group), name, run})
		}
		for i, s := range Systems() {
			for _, training := range []bool{false, true} {
				add("systems, every token", s.mode(training), func(threads int) (CausalityReport, error) {
					return Causality(context.Background(), s.Model, 5, exhaustive, training, threads, uint64(i))
				})
			}
		}
		for _, s := range append(longSystems(graph.Streaming), longSystems(graph.Materialised)...) {
			add("borders of tiles and groups", s.Name, func(threads int) (CausalityReport, error) {
				return causalityOfTiles(s.Model, threads)
			})
		}
	}
	for _, m := range mutants() {
		all = append(all, Proof{"mutants, which must fail", m.name, func(threads int) (Verdict, error) {
			r, err := Causality(context.Background(), m.model, 5, exhaustive, false, threads, 1)
			v := Verdict{Pass: !r.Pass() && strings.Contains(r.String(), m.found)}
			if !v.Pass {
				v.What = fmt.Sprintf("was not found out: %v; want %q", r, m.found)
			}
			return v, err
		}})
	}
	return all
}

func (r CausalityReport) verdict() Verdict {
	v := Verdict{Pass: r.Pass()}
	if !v.Pass {
		v.What = r.String()
	}
	return v
}

// longSystems are one of each way in which rows of a sequence meet.
func longSystems(storage graph.Storage) []System {
	var all []System
	add := func(name string, model nn.Model) {
		all = append(all, System{fmt.Sprintf("%s, %v, long", name, storage), model})
	}
	c := nn.Config{Vocab: 17, Model: 8, Heads: 2, FF: 12, Context: 1 << 10, Storage: storage}
	add(flat(c, "relative"))
	add(glass(c, "0@1,1@3,1@1", "attention(linear)", "attention(repeat)", "relative"))
	add(recurrent(baselines.TransformerXL{Config: c, Layers: 2, HeadSize: 3}, baselines.Memory{Length: 70, Valid: 70}))
	for _, kind := range []string{"strided(40, heads: merged)", "bigbird(32, random: 2)", "window(20..70, dilation: 3, dilated: 1)", "favor(24)", "relu", "lsh(8, hashes: 2, chunk: 40)", "routing(3, 90)"} {
		add(flat(c, kind))
	}
	c.Positions = nn.Rotary
	add(flat(c, "full"))
	c.Positions = nn.Relative
	add(flat(c, "fixed(48, 8)"))
	return all
}

func causalityOfTiles(model nn.Model, threads int) (CausalityReport, error) {
	const batch, probes = 8, 40
	p, err := NewProver(model, batch, tiled, false)
	if err != nil {
		return CausalityReport{}, err
	}
	m, err := cpu.New(threads, p.Programs()...)
	if err != nil {
		return CausalityReport{}, err
	}
	defer m.Close()
	Activate(m, p.forward.program, 1)
	return p.Prove(context.Background(), m, nil, Probes(tiled, probes, 1, 3, 64, 256), 1)
}
