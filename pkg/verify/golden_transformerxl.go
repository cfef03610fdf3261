package verify

import (
	"fmt"
	"strings"

	"hgbench/pkg/baselines"
	"hgbench/pkg/checkpoint"
	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/nn"
)

// goldenXL is config.json of a Transformer-XL case: one attention layer, or a
// model over several segments of a stream (n_segments).
type goldenXL struct {
	Batch      int     `json:"B"`
	Heads      int     `json:"H"`
	Length     int     `json:"L"`
	Target     int     `json:"tgt_len"`
	Memory     int     `json:"mem_len"`
	Segments   int     `json:"n_segments"`
	HeadSize   int     `json:"d_head"`
	Model      int     `json:"d_model"`
	FF         int     `json:"d_inner"`
	Layers     int     `json:"n_layer"`
	Vocab      int     `json:"vocab"`
	PreNorm    bool    `json:"pre_lnorm"`
	SameLength bool    `json:"same_length"`
	ClampLen   int     `json:"clamp_len"`
	Epsilon    float64 `json:"ln_eps"`
}

func (g goldenXL) build(layers int) (baselines.TransformerXL, error) {
	model := baselines.TransformerXL{
		Config: nn.Config{Vocab: max(g.Vocab, 1), Model: g.Model, Heads: g.Heads, FF: max(g.FF, 1)},
		Layers: layers, HeadSize: g.HeadSize, PreNorm: g.PreNorm, SameLength: g.SameLength, ClampLen: max(g.ClampLen, 0),
	}
	if g.Epsilon != 1e-5 {
		return model, fmt.Errorf("ln_eps %g: want 1e-5", g.Epsilon)
	}
	if g.HeadSize > maxGoldenHead {
		return model, fmt.Errorf("d_head %d: want at most %d", g.HeadSize, maxGoldenHead)
	}
	if g.Batch < 1 {
		return model, fmt.Errorf("batch of %d (B): want at least 1", g.Batch)
	}
	return model, model.Validate()
}

func (c *golden) transformerXL(config []byte) error {
	var g goldenXL
	if err := decode(config, &g); err != nil {
		return err
	}
	file, err := c.load("case.safetensors")
	if err != nil {
		return err
	}
	if g.Memory < 0 || g.Memory > maxGoldenMemory {
		return fmt.Errorf("mem_len %d: want 0 to %d", g.Memory, maxGoldenMemory)
	}
	run := c.layer
	if g.Segments != 0 {
		run = c.segments
	}
	if err := run(g, file); err != nil {
		return err
	}
	return file.rest()
}

// Bounds on what a config can make this program allocate and compile, where no
// tensor of the case does.
const (
	maxGoldenMemory   = 1 << 16
	maxGoldenSegments = 1 << 10
	maxGoldenHead     = 1 << 16
)

// layer runs one attention layer with memory as an input.
func (c *golden) layer(g goldenXL, file caseFile) error {
	model, err := g.build(1)
	if err != nil {
		return err
	}
	memory := baselines.Memory{Length: g.Memory, Valid: g.Memory}
	if err := model.Check(memory, g.Length); err != nil {
		return err
	}
	inputs := map[string][]float32{}
	for name, shape := range map[string][]int{
		"w": {g.Batch, g.Length, g.Model}, "grad_w": {g.Batch, g.Length, g.Model}, "mem": {g.Batch, g.Memory, g.Model},
	} {
		if name == "mem" && g.Memory == 0 {
			continue
		}
		if inputs[name], err = file.Floats(name, shape...); err != nil {
			return err
		}
	}
	const prefix = "trunk.blocks.0"
	names := map[string]string{
		"qkv": prefix + ".attn.qkv", "r": prefix + ".attn.pos", "o": prefix + ".attn.o",
		"ln_g": prefix + ".attn_norm.scale", "ln_b": prefix + ".attn_norm.bias", "u": "context_bias_u", "v": "location_bias_v",
	}
	given, err := fromOriginal(file, "W_", names)
	if err != nil {
		return err
	}
	want, err := fromOriginal(file, "dW_", names)
	if err != nil {
		return err
	}

	gr := graph.New(c.real)
	h := gr.Input("w", gr.Real, g.Batch, g.Length, g.Model)
	seed := gr.Input("grad_w", gr.Real, h.Shape...)
	var past *graph.Value
	if g.Memory > 0 {
		past = gr.Input("mem", gr.Real, g.Batch, g.Memory, g.Model)
	}
	o := model.AttentionLayer(nn.Evaluation(gr), prefix, h, past, memory)
	if err := checkWeights(gr.Parameters(), given); err != nil {
		return err
	}
	wrt := append(gr.Parameters(), h)
	d, err := differentiate(gr, o, seed, wrt, c.threads)
	if err != nil {
		return err
	}
	p, m := d.program, d.machine
	defer m.Close()
	if err := LoadWeights(m, p, given); err != nil {
		return err
	}
	for _, in := range p.Inputs {
		m.Write(p, in, widen(inputs[in.Name]))
	}
	m.Run(p)

	output, err := file.Floats("o", o.Shape...)
	if err != nil {
		return err
	}
	c.output("o", m.Read(p, o), output)
	if want["w"], err = tensor(file, "dw", h.Shape); err != nil {
		return err
	}
	return c.gradients(m, p, wrt, d.grads, want)
}

// segments runs a stream of segments through programs for each length of
// memory.
func (c *golden) segments(g goldenXL, file caseFile) error {
	layers := g.Layers
	for layers == 0 || file.Tensors[fmt.Sprintf("P.l%d.attn.qkv", layers)].Floats != nil {
		layers++
	}
	model, err := g.build(layers)
	if err != nil {
		return err
	}
	names := map[string]string{"emb": "embed", "u": "context_bias_u", "v": "location_bias_v", "out_bias": "out.b"}
	for i := range layers {
		for from, to := range map[string]string{
			"attn.qkv": "attn.qkv", "attn.r": "attn.pos", "attn.o": "attn.o", "attn.ln_g": "attn_norm.scale", "attn.ln_b": "attn_norm.bias",
			"ff.w1": "ff.in", "ff.b1": "ff.in.b", "ff.w2": "ff.out", "ff.b2": "ff.out.b", "ff.ln_g": "ff_norm.scale", "ff.ln_b": "ff_norm.bias",
		} {
			names[fmt.Sprintf("l%d.%s", i, from)] = fmt.Sprintf("trunk.blocks.%d.%s", i, to)
		}
	}
	given, err := fromOriginal(file, "P.", names)
	if err != nil {
		return err
	}
	want, err := fromOriginal(file, "dP.", names)
	if err != nil {
		return err
	}
	if g.Segments < 1 || g.Target < 1 || g.Segments > maxGoldenSegments || g.Target > maxGoldenMemory {
		return fmt.Errorf("n_segments %d, tgt_len %d: want 1 to %d segments of at least 1", g.Segments, g.Target, maxGoldenSegments)
	}
	tokens, err := file.Ints("tokens", g.Batch, g.Segments*g.Target+1)
	if err != nil {
		return err
	}

	memory := baselines.Memory{Stream: "golden", Length: g.Memory}
	if err := model.Check(memory, g.Target); err != nil {
		return err
	}
	sketch := graph.New(c.real)
	model.Segment(nn.Evaluation(sketch), sketch.Input("tokens", graph.Int32, g.Batch, g.Target), nil, memory)
	if err := checkWeights(sketch.Parameters(), given); err != nil {
		return err
	}
	segments := make([]*segment, g.Segments)
	programs := make([]*graph.Program, g.Segments)
	for i := range segments {
		segments[i] = newSegment(model, c.real, g.Batch, g.Target, memory)
		programs[i] = segments[i].program
		memory = memory.Next(g.Target)
	}
	m, err := cpu.New(c.threads, programs...)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := LoadWeights(m, programs[0], given); err != nil {
		return err
	}
	last := make([][]float64, g.Batch) // outputs of the last layer so far, a row each
	for i, s := range segments {
		for b := range g.Batch {
			row := tokens[b*(g.Segments*g.Target+1)+i*g.Target:]
			m.Ints(s.program, s.previous)[b] = row[0]
			copy(m.Ints(s.program, s.tokens)[b*g.Target:], row[1:g.Target+1])
		}
		m.Run(s.program)
		if err := c.segment(m, s, i, file, last); err != nil {
			return err
		}
	}
	s := segments[len(segments)-1]
	return c.gradients(m, s.program, s.weights, s.grads, want)
}

// segment compares what one segment left behind.
func (c *golden) segment(m *cpu.Machine, s *segment, index int, file caseFile, last [][]float64) error {
	prefix := fmt.Sprintf("seg%d.", index)
	compare := func(name string, got []float64, shape ...int) error {
		want, err := file.Floats(prefix+name, shape...)
		if err == nil {
			c.output(prefix+name, got, want)
		}
		return err
	}
	hidden := m.Read(s.program, s.hidden)
	batch, length, d := s.hidden.Shape[0], s.hidden.Shape[1], s.hidden.Shape[2]
	if err := compare("hidden_out", hidden, s.hidden.Shape...); err != nil {
		return err
	}
	if err := compare("logits", m.Read(s.program, s.logits), s.logits.Shape...); err != nil {
		return err
	}
	loss, err := file.Floats(prefix+"loss", batch, length)
	if err != nil {
		return err
	}
	for i, x := range m.Read(s.program, s.nll) {
		c.result.Loss.add(prefix+"loss", abs(x-float64(loss[i])))
	}
	// The file's memory is as long as what it holds; ours keeps that at its end.
	valid := s.memory.Next(length).Valid
	if valid == 0 {
		return nil
	}
	for i, state := range s.states {
		all := m.Read(s.program, state)
		var rows []float64
		for b := range batch {
			end := (b + 1) * s.memory.Length * d
			rows = append(rows, all[end-valid*d:end]...)
		}
		if err := compare(fmt.Sprintf("mem%d_after", i), rows, batch, valid, d); err != nil {
			return err
		}
	}
	var rows []float64 // the original also keeps the last output, and never reads it
	for b := range batch {
		last[b] = append(last[b], hidden[b*length*d:(b+1)*length*d]...)
		rows = append(rows, last[b][len(last[b])-valid*d:]...)
	}
	return compare(fmt.Sprintf("mem%d_after", len(s.states)), rows, batch, valid, d)
}

func (c *golden) gradients(m *cpu.Machine, p *graph.Program, wrt, grads []*graph.Value, want map[string]checkpoint.Tensor) error {
	for i, w := range wrt {
		g, ok := want[w.Name]
		if !ok || len(g.Floats) != w.Elements() {
			return fmt.Errorf("gradient of %q: %v in the case, want %v", w.Name, g.Shape, w.Shape)
		}
		c.gradient(w.Name, read(m, p, grads[i]), g.Floats)
	}
	return nil
}

// segment is the training program of one segment, everything readable.
type segment struct {
	training
	previous *graph.Value
	hidden   *graph.Value // input of the head
	memory   baselines.Memory
	states   []*graph.Value
}

func newSegment(model baselines.TransformerXL, real graph.DType, batch, length int, memory baselines.Memory) *segment {
	g := graph.New(real)
	s := &segment{memory: memory}
	s.tokens = g.Input("tokens", graph.Int32, batch, length)
	s.previous = g.Input("previous", graph.Int32, batch)
	var remember func()
	s.logits, remember = model.Segment(nn.Evaluation(g), s.tokens, s.previous, memory)
	s.hidden = s.logits.Node.Inputs[0]
	s.nll = g.CrossEntropy(s.logits, s.tokens, 1)
	s.weights = g.Parameters()
	s.grads = g.Gradients([]*graph.Value{s.nll}, nil, s.weights, nil)
	remember()
	g.Output("hidden", s.hidden)
	g.Output("logits", s.logits)
	g.Output("nll", s.nll)
	outputGradients(g, s.weights, s.grads)
	s.states = ofRole(g.Persistent(), graph.State)
	s.program = graph.Compile(g, cpu.Target(real))
	return s
}

// fromOriginal renames tensors prefix+name of the original implementation and
// turns its matrices [out, in] into ours, [in, out]: to the name of a .b,
// .scale, .bias or a whole tensor it goes as it is, qkv is cut in three, and
// what is left is a matrix that gets .w.
func fromOriginal(file caseFile, prefix string, names map[string]string) (map[string]checkpoint.Tensor, error) {
	out := map[string]checkpoint.Tensor{}
	for from, to := range names {
		t, ok := file.Tensors[prefix+from]
		file.used[prefix+from] = true
		if !ok || t.Floats == nil {
			return nil, fmt.Errorf("tensor %q is missing or not float32", prefix+from)
		}
		block, isQKV := strings.CutSuffix(to, ".qkv")
		switch {
		case isQKV:
			if len(t.Shape) != 2 || t.Shape[0]%3 != 0 {
				return nil, fmt.Errorf("tensor %q is %v: want [3·H·d_head, d_model]", prefix+from, t.Shape)
			}
			n := len(t.Floats) / 3
			for i, name := range []string{".q.w", ".k.w", ".v.w"} {
				out[block+name] = transpose(t.Shape[0]/3, t.Shape[1], t.Floats[i*n:(i+1)*n])
			}
		case strings.HasSuffix(to, ".pos") || strings.HasSuffix(to, ".o") || strings.HasSuffix(to, ".in") || strings.HasSuffix(to, ".out"):
			if len(t.Shape) != 2 {
				return nil, fmt.Errorf("tensor %q is %v: want a matrix", prefix+from, t.Shape)
			}
			out[to+".w"] = transpose(t.Shape[0], t.Shape[1], t.Floats)
		default:
			out[to] = t
		}
	}
	return out, nil
}

func transpose(rows, cols int, x []float32) checkpoint.Tensor {
	t := checkpoint.Tensor{Shape: []int{cols, rows}, Floats: make([]float32, len(x))}
	for i, v := range x {
		t.Floats[i%cols*rows+i/cols] = v
	}
	return t
}

func tensor(file caseFile, name string, shape []int) (checkpoint.Tensor, error) {
	x, err := file.Floats(name, shape...)
	return checkpoint.Tensor{Shape: shape, Floats: x}, err
}
