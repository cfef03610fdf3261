package verify

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"hgbench/pkg/baselines"
	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/hourglass"
	"hgbench/pkg/nn"
)

// naiveHourglass is an Hourglass, or a flat Transformer.
type naiveHourglass struct {
	plain
	layers, totals    []int // of the terms of the hierarchy
	shorten, upsample string
	attention         map[int]string // by total shortening
	positions         string         // of full attention
	d, heads          int
}

// epsilonTrax is Trax's.
const epsilonTrax = 1e-6

func (m naiveHourglass) logits(tokens []int) sequence {
	x := make(sequence, len(tokens))
	for i := range tokens {
		id := 0
		if i > 0 {
			id = tokens[i-1]
		}
		x[i] = append([]float64(nil), m.plain["embed"][id*m.d:(id+1)*m.d]...)
		if m.positions == "absolute" {
			for c := range m.d {
				x[i][c] += m.plain["positions"][i*m.d+c]
			}
		}
	}
	if len(m.totals) == 1 {
		x = m.blocks("trunk.", x, m.layers[0], 1)
		return m.dense("out", x)
	}
	return m.dense("out", m.level("", x, 0))
}

// level runs what stands at a level of the hierarchy and inside it.
func (m naiveHourglass) level(prefix string, x sequence, level int) sequence {
	inner := len(m.totals) / 2
	if level == inner {
		return m.blocks(prefix, x, m.layers[inner], m.totals[inner])
	}
	p := m.totals[level]
	x = m.blocks(prefix+"pre.", x, m.layers[level], p)
	x = m.valley(prefix+"valley.", x, level)
	return m.blocks(prefix+"post.", x, m.layers[len(m.layers)-1-level], p)
}

func (m naiveHourglass) valley(prefix string, x sequence, level int) sequence {
	p := m.totals[level]
	f := m.totals[level+1] / p
	s := shiftRight(x, f-1)
	y := m.resample(prefix+"shorten", m.shorten, s, nil, f, p)
	y = m.level(prefix, y, level+1)
	y = m.resample(prefix+"upsample", m.upsample, y, x, f, p)
	return sum(x, m.normalised(prefix+"out_norm", y, epsilonTrax))
}

func (m naiveHourglass) blocks(prefix string, x sequence, n, p int) sequence {
	for i := range n {
		name := fmt.Sprintf("%sblocks.%d", prefix, i)
		h := m.normalised(name+".attn_norm", x, epsilonTrax)
		x = sum(x, m.selfAttention(name+".attn", h, p))
		x = sum(x, m.feedForward(name, x))
	}
	return m.normalised(prefix+"norm", x, epsilonTrax)
}

func (m naiveHourglass) feedForward(name string, x sequence) sequence {
	h := m.dense(name+".ff.in", m.normalised(name+".ff_norm", x, epsilonTrax))
	return m.dense(name+".ff.out", each(h, fastGelu))
}

func (m naiveHourglass) selfAttention(name string, h sequence, p int) sequence {
	if m.attention[p] == "relative" || m.positions == "relative" {
		return m.relativeAttention(name, h, h, p)
	}
	q, k, v := m.dense(name+".q", h), m.dense(name+".k", h), m.dense(name+".v", h)
	if m.positions == "rotary" {
		q, k = m.rotated(q, p), m.rotated(k, p)
	}
	earlier := func(i, j int) bool { return j <= i }
	return m.dense(name+".o", attend(q, k, v, m.heads, m.d/m.heads, earlier, nil, nil, nil))
}

// rotated turns the features c and c + size/2 of every head as RoFormer does.
func (m naiveHourglass) rotated(x sequence, p int) sequence {
	size := m.d / m.heads
	out := make(sequence, len(x))
	for i := range x {
		out[i] = make([]float64, m.d)
		for h := range m.heads {
			for c := range size / 2 {
				angle := float64(i*p) * math.Pow(10000, -2*float64(c)/float64(size))
				a, b := h*size+c, h*size+size/2+c
				out[i][a] = x[i][a]*math.Cos(angle) - x[i][b]*math.Sin(angle)
				out[i][b] = x[i][a]*math.Sin(angle) + x[i][b]*math.Cos(angle)
			}
		}
	}
	return out
}

// relativeAttention is RelAttn of the README with its three cases.
func (m naiveHourglass) relativeAttention(name string, qIn, kvIn sequence, p int) sequence {
	tq, tk := len(qIn), len(kvIn)
	var rel func(i, j int) int
	var sees func(i, j int) bool
	switch {
	case tq == tk:
		rel = func(i, j int) int { return (j - i) * p }
		sees = func(i, j int) bool { return j <= i }
	case tq < tk:
		f := tk / tq
		rel = func(i, j int) int { return (j - f*i) * p }
		sees = func(i, j int) bool { return j/f <= i }
	default:
		f := tq / tk
		rel = func(i, j int) int { return f*j - i }
		sees = func(i, j int) bool { return j <= i/f }
	}
	r := map[int][]float64{}
	for i := range tq {
		for j := range tk {
			if at := rel(i, j); r[at] == nil {
				r[at] = m.dense(name+".pos", sequence{sinusoid(float64(at), m.d)})[0]
			}
		}
	}
	a := attend(m.dense(name+".q", qIn), m.dense(name+".k", kvIn), m.dense(name+".v", kvIn), m.heads, m.d/m.heads,
		sees, func(i, j int) []float64 { return r[rel(i, j)] }, m.plain["context_bias_u"], m.plain["location_bias_v"])
	return m.dense(name+".o", a)
}

// resample shortens x, or upsamples it where residual is not nil.
func (m naiveHourglass) resample(name, kind string, x, residual sequence, f, p int) sequence {
	inner, attends := strings.CutPrefix(kind, "attention(")
	if !attends {
		return m.resampleSimply(name, kind, x, residual, f)
	}
	h := m.normalised(name+".in_norm", x, epsilonTrax)
	y := m.resampleSimply(name, strings.TrimSuffix(inner, ")"), h, residual, f)
	y = m.normalised(name+".resampled_norm", y, epsilonTrax)
	if residual != nil {
		y = sum(y, residual)
	}
	y = sum(y, m.relativeAttention(name+".attn", y, h, p))
	return sum(y, m.feedForward(name, y))
}

func (m naiveHourglass) resampleSimply(name, kind string, x, residual sequence, f int) sequence {
	var y sequence
	switch {
	case residual == nil: // shorten
		for j := range len(x) / f {
			group := make([]float64, 0, f*m.d)
			mean := make([]float64, m.d)
			for r := range f {
				group = append(group, x[j*f+r]...)
				for c, v := range x[j*f+r] {
					mean[c] += v / float64(f)
				}
			}
			if kind == "average" {
				y = append(y, mean)
			} else {
				y = append(y, m.dense(name+".linear", sequence{group})[0])
			}
		}
	case kind == "linear":
		for _, row := range m.dense(name+".linear", x) {
			for r := range f {
				y = append(y, row[r*m.d:(r+1)*m.d])
			}
		}
	default:
		for _, row := range x {
			for range f {
				if kind == "none" {
					row = make([]float64, m.d)
				}
				y = append(y, row)
			}
		}
	}
	return y
}

// drawn is a random configuration, and the same for the naive model.
func drawn(r *rand.Rand) (nn.Model, naiveHourglass, string) {
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	m := naiveHourglass{
		shorten: pick(shortenings...), upsample: pick(upsamplings...), attention: map[int]string{},
		positions: pick("none", "absolute", "rotary", "relative"), heads: 1 + r.IntN(4),
	}
	size := 1 + r.IntN(7) // odd ones too
	if m.positions == "rotary" {
		size += size % 2
	}
	m.d = m.heads * size
	if m.d%2 != 0 {
		m.heads, m.d = 2*m.heads, 2*m.d
	}
	m.totals = []int{1}
	levels := r.IntN(4) // above the innermost
	for range levels {
		m.totals = append(m.totals, m.totals[len(m.totals)-1]*(2+r.IntN(3)))
	}
	for i := levels - 1; i >= 0; i-- {
		m.totals = append(m.totals, m.totals[i])
	}
	var terms []string
	for _, total := range m.totals {
		m.layers = append(m.layers, r.IntN(3)) // 0 among them, and sides that differ
		m.attention[total] = pick("full", "relative")
		terms = append(terms, fmt.Sprintf("%d@%d", m.layers[len(m.layers)-1], total))
	}
	h := strings.Join(terms, ",")
	positions, err := nn.ParsePositions(m.positions)
	if err != nil {
		panic(err)
	}
	c := nn.Config{
		Vocab: 2 + r.IntN(20), Model: m.d, Heads: m.heads, FF: 1 + r.IntN(20), Positions: positions,
		Storage: graph.Storage(r.IntN(2)), Context: 512,
	}
	name := fmt.Sprintf("%s %s %s attention %v %s, d %d, %d heads", h, m.shorten, m.upsample, m.attention, m.positions, m.d, m.heads)
	if levels == 0 {
		return baselines.Transformer{Config: c, Layers: m.layers[0], Attention: m.attention[1]}, m, name
	}
	return hourglass.Config{
		Config: c, Hierarchy: hierarchy(h), Shorten: m.shorten, Upsample: m.upsample,
		Attention: func(total int) string { return m.attention[total] },
	}, m, name
}

// The models compute what their equations say, whatever the configuration.
func TestNaiveHourglass(t *testing.T) {
	const cases = 150
	levels := map[string]int{}
	for i := range uint64(cases) {
		r := rand.New(rand.NewPCG(i, 4))
		model, m, name := drawn(r)
		levels[strconv.Itoa(len(m.totals))]++
		if err := model.Validate(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// Mostly a length that has to be padded.
		padded := model.Divisor() * (1 + r.IntN(1+30/model.Divisor()))
		length := padded - r.IntN(model.Divisor())
		s := newScoring(model, graph.Float64, 2, padded, false)
		machine, err := cpu.New(1, s.program)
		if err != nil {
			t.Fatal(err)
		}
		Activate(machine, s.program, i)
		m.plain = plain{}
		for _, w := range machine.Weights() {
			m.plain[w.Name] = machine.Read(s.program, w)
		}
		tokens := [2][]int{}
		for b := range tokens {
			for l := range padded {
				id := r.IntN(s.logits.Cols())
				tokens[b] = append(tokens[b], id)
				if l >= length {
					id = 0 // the naive model has something else there
				}
				machine.Ints(s.program, s.tokens)[b*padded+l] = int32(id)
			}
		}
		machine.Run(s.program)
		got := machine.Read(s.program, s.logits)
		for b := range tokens {
			for l, row := range m.logits(tokens[b])[:length] {
				for j, want := range row {
					if x := got[(b*padded+l)*len(row)+j]; !(math.Abs(x-want) <= 1e-9*(1+math.Abs(want))) {
						t.Fatalf("case %d, %s, length %d of %d: logits[%d, %d, %d] = %g, want %g", i, name, length, padded, b, l, j, x, want)
					}
				}
			}
		}
		if err := machine.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, n := range []string{"1", "3", "5", "7"} {
		if levels[n] < cases/10 {
			t.Errorf("only %d hierarchies of %s terms", levels[n], n)
		}
	}
}
