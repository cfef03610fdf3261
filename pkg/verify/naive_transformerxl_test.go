package verify

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"hgbench/pkg/baselines"
	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// naiveXL is Transformer-XL as in kimiyoung/transformer-xl.
type naiveXL struct {
	plain
	layers, d, heads, size, memory, clamp int
	preNorm, sameLength                   bool
}

const epsilonTorch = 1e-5

// segment gives logits and losses of one segment of one row, and the memory
// that it leaves: of every layer, the newest inputs.
func (m naiveXL) segment(inputs, targets []int, mems []sequence) (logits sequence, losses []float64, next []sequence) {
	var h sequence
	for _, id := range inputs {
		row := append([]float64(nil), m.plain["embed"][id*m.d:(id+1)*m.d]...)
		for c := range row {
			row[c] *= math.Sqrt(float64(m.d))
		}
		h = append(h, row)
	}
	for l := range m.layers {
		all := append(append(sequence{}, mems[l]...), h...)
		next = append(next, all[max(0, len(all)-m.memory):])
		name := fmt.Sprintf("trunk.blocks.%d", l)
		h = m.attention(name, h, mems[l])
		in := h
		if m.preNorm {
			in = m.normalised(name+".ff_norm", h, epsilonTorch)
		}
		f := each(m.dense(name+".ff.in", in), func(x float64) float64 { return max(x, 0) })
		h = sum(h, m.dense(name+".ff.out", f))
		if !m.preNorm {
			h = m.normalised(name+".ff_norm", h, epsilonTorch)
		}
	}
	for i, row := range h {
		scores := make([]float64, len(m.plain["out.b"]))
		total := 0.0
		for id := range scores {
			scores[id] = m.plain["out.b"][id]
			for c, v := range row {
				scores[id] += v * m.plain["embed"][id*m.d+c]
			}
		}
		for _, s := range scores {
			total += math.Exp(s)
		}
		logits = append(logits, scores)
		losses = append(losses, math.Log(total)-scores[targets[i]])
	}
	return logits, losses, next
}

func (m naiveXL) attention(name string, h, mem sequence) sequence {
	all := append(append(sequence{}, mem...), h...)
	q, kv := h, all
	if m.preNorm { // of memory and input together, each position by itself
		q, kv = m.normalised(name+".attn_norm", h, epsilonTorch), m.normalised(name+".attn_norm", all, epsilonTorch)
	}
	past, length, keys := len(mem), len(h), len(all)
	// same_length of the original: keys up to i − shift are hidden too.
	shift := length
	if keys > m.memory {
		shift = length - (keys - m.memory)
	}
	sees := func(i, j int) bool { return j <= past+i && !(m.sameLength && j <= i-shift) }
	relative := func(i, j int) []float64 {
		distance := past + i - j
		if m.clamp > 0 {
			distance = min(distance, m.clamp)
		}
		return affine(sequence{sinusoid(float64(distance), m.d)}, m.plain[name+".attn.pos.w"], nil)[0]
	}
	project := func(part string, x sequence) sequence { return affine(x, m.plain[name+".attn."+part+".w"], nil) }
	a := attend(project("q", q), project("k", kv), project("v", kv), m.heads, m.size, sees, relative,
		m.plain["context_bias_u"], m.plain["location_bias_v"])
	h = sum(h, project("o", a))
	if !m.preNorm {
		h = m.normalised(name+".attn_norm", h, epsilonTorch)
	}
	return h
}

// Segments of a stream, one after another, with a memory that fills and then
// moves: logits, losses and memory.
func TestNaiveTransformerXL(t *testing.T) {
	const cases, batch, segments = 40, 2, 3
	for i := range uint64(cases) {
		r := rand.New(rand.NewPCG(i, 5))
		m := naiveXL{
			layers: 1 + r.IntN(3), d: 2 * (2 + r.IntN(5)), heads: 1 + r.IntN(3), size: 1 + r.IntN(5), memory: r.IntN(12),
			clamp: max(0, r.IntN(12)-4), preNorm: i%2 == 0, sameLength: i%4 < 2,
		}
		if m.sameLength {
			m.memory++
		}
		length, vocab := 1+r.IntN(8), 2+r.IntN(9)
		model := baselines.TransformerXL{
			Config: nn.Config{Vocab: vocab, Model: m.d, Heads: m.heads, FF: 1 + r.IntN(20), Storage: graph.Storage(r.IntN(2))},
			Layers: m.layers, HeadSize: m.size, PreNorm: m.preNorm, SameLength: m.sameLength, ClampLen: m.clamp,
		}
		name := fmt.Sprintf("case %d, segments of %d: %+v", i, length, m)
		memory := baselines.Memory{Stream: "naive", Length: m.memory}
		var programs []*segment
		var list []*graph.Program
		for range segments {
			programs = append(programs, newSegment(model, graph.Float64, batch, length, memory))
			list = append(list, programs[len(programs)-1].program)
			memory = memory.Next(length)
		}
		machine, err := cpu.New(1, list...)
		if err != nil {
			t.Fatal(err)
		}
		Activate(machine, list[0], i)
		machine.Reset(list[segments-1])
		m.plain = plain{}
		for _, w := range machine.Weights() {
			m.plain[w.Name] = machine.Read(list[0], w)
		}
		var tokens [batch][]int
		var mems [batch][]sequence
		for b := range tokens {
			for range segments*length + 1 {
				tokens[b] = append(tokens[b], r.IntN(vocab))
			}
			mems[b] = make([]sequence, m.layers)
		}
		for k, s := range programs {
			for b := range tokens {
				at := tokens[b][k*length:]
				machine.Ints(s.program, s.previous)[b] = int32(at[0])
				for l := range length {
					machine.Ints(s.program, s.tokens)[b*length+l] = int32(at[l+1])
				}
			}
			machine.Run(s.program)
			same := func(what string, got []float64, want ...float64) {
				t.Helper()
				for j, w := range want {
					if !(math.Abs(got[j]-w) <= 1e-9*(1+math.Abs(w))) {
						t.Fatalf("%s: segment %d, %s[%d] = %g, want %g", name, k, what, j, got[j], w)
					}
				}
			}
			for b := range tokens {
				at := tokens[b][k*length:]
				logits, losses, next := m.segment(at[:length], at[1:length+1], mems[b])
				mems[b] = next
				for l, row := range logits {
					same("logits", machine.Read(s.program, s.logits)[(b*length+l)*vocab:], row...)
				}
				same("losses", machine.Read(s.program, s.nll)[b*length:], losses...)
				for layer, state := range s.states {
					for j, row := range next[layer] {
						start := (b*m.memory + m.memory - len(next[layer]) + j) * m.d
						same("memory", machine.Read(s.program, state)[start:], row...)
					}
				}
			}
		}
		if err := machine.Close(); err != nil {
			t.Error(err)
		}
	}
}
