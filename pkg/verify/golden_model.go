package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"hgbench/pkg/baselines"
	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/hourglass"
	"hgbench/pkg/nn"
)

// goldenModel is config.json of a case with a whole model, tokens in, logits
// and the gradient of the mean loss out.
type goldenModel struct {
	Batch      int         `json:"batch"`
	Context    int         `json:"context"`
	Parameters int         `json:"parameters"`
	Model      goldenShape `json:"model"`
}

// goldenShape is the model in the terms of a spec.
type goldenShape struct {
	System    string          `json:"system"`
	Hierarchy string          `json:"hierarchy"`
	Shorten   string          `json:"shorten"`
	Upsample  string          `json:"upsample"`
	Attention goldenAttention `json:"attention"`
	Positions string          `json:"positions"`
	Storage   string          `json:"storage"`
	Model     int             `json:"d_model"`
	Heads     int             `json:"heads"`
	FF        int             `json:"d_ff"`
	Vocab     int             `json:"vocab"`
	Dropout   float64         `json:"dropout"`
}

// UnmarshalJSON errs on unknown keys.
func (m *goldenShape) UnmarshalJSON(data []byte) error {
	type plain goldenShape // without this method
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode((*plain)(m))
}

// goldenAttention is a kind, or a map from total shortening to kind.
type goldenAttention struct {
	all    string
	levels map[string]string
}

func (a *goldenAttention) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &a.all) == nil {
		return nil
	}
	if err := json.Unmarshal(data, &a.levels); err != nil {
		return fmt.Errorf("attention %s: want a kind, or a map from total shortening to kind", data)
	}
	return nil
}

func (a goldenAttention) at(total int) string {
	if a.levels == nil {
		return a.all
	}
	return a.levels[strconv.Itoa(total)]
}

func (g goldenModel) build() (nn.Model, error) {
	m := g.Model
	h, err := nn.ParseHierarchy(m.Hierarchy)
	if err != nil {
		return nil, err
	}
	common := nn.Config{Vocab: m.Vocab, Model: m.Model, Heads: m.Heads, FF: m.FF, Context: g.Context}
	if m.Positions != "" {
		if common.Positions, err = nn.ParsePositions(m.Positions); err != nil {
			return nil, err
		}
	}
	if m.Storage != "" {
		if common.Storage, err = nn.ParseStorage(m.Storage); err != nil {
			return nil, err
		}
	}
	if m.Dropout != 0 {
		return nil, fmt.Errorf("dropout %g: want 0, as its random numbers differ between implementations", m.Dropout)
	}
	var model nn.Model
	switch m.System {
	case "hourglass":
		model = hourglass.Config{Config: common, Hierarchy: h, Shorten: m.Shorten, Upsample: m.Upsample, Attention: m.Attention.at}
	case "transformer":
		if !h.Flat() {
			return nil, fmt.Errorf("hierarchy %s: want layers@1 for system transformer", h)
		}
		model = baselines.Transformer{Config: common, Layers: h.Layers(), Attention: m.Attention.at(1)}
	default:
		return nil, fmt.Errorf("unknown system %q: want hourglass or transformer", m.System)
	}
	return model, model.Validate()
}

func (c *golden) model(config []byte) error {
	var g goldenModel
	if err := decode(config, &g); err != nil {
		return err
	}
	model, err := g.build()
	if err != nil {
		return err
	}
	if g.Batch < 1 || g.Context < 1 || g.Context%model.Divisor() != 0 {
		return fmt.Errorf("batch %d, context %d: want a context that %d divides", g.Batch, g.Context, model.Divisor())
	}
	given, err := c.load("weights.safetensors")
	if err != nil {
		return err
	}
	want, err := c.load("grads.safetensors")
	if err != nil {
		return err
	}
	io, err := c.load("io.safetensors")
	if err != nil {
		return err
	}
	tokens, err := io.Ints("tokens", g.Batch, g.Context)
	if err != nil {
		return fmt.Errorf("io.safetensors: %w", err)
	}
	logits, err := io.Floats("logits", g.Batch, g.Context, g.Model.Vocab)
	if err != nil {
		return fmt.Errorf("io.safetensors: %w", err)
	}
	var scalar []int
	if t := io.Tensors["loss"]; len(t.Shape) == 1 {
		scalar = []int{1} // as some writers leave a scalar
	}
	loss, err := io.Floats("loss", scalar...)
	if err != nil {
		return fmt.Errorf("io.safetensors: %w", err)
	}
	if err := io.rest(); err != nil {
		return fmt.Errorf("io.safetensors: %w", err)
	}

	sketch := graph.New(c.real)
	model.Logits(nn.Evaluation(sketch), sketch.Input("tokens", graph.Int32, g.Batch, g.Context))
	unused, err := dropUnusedBiases(sketch.Parameters(), given, want, g.Model.Heads, g.Model.Model/g.Model.Heads)
	if err != nil {
		return err
	}
	if err := checkWeights(sketch.Parameters(), given.Tensors); err != nil {
		return fmt.Errorf("weights.safetensors: %w", err)
	}
	p := newTraining(model, c.real, g.Batch, g.Context, 1/float64(g.Batch*g.Context), false)
	m, err := cpu.New(c.threads, p.program)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := LoadWeights(m, p.program, given.Tensors); err != nil {
		return fmt.Errorf("weights.safetensors: %w", err)
	}
	if n := elements(p.weights) + unused; g.Parameters != 0 && g.Parameters != n {
		return fmt.Errorf("the model has %d parameters, config.json says %d", n, g.Parameters)
	}
	copy(m.Ints(p.program, p.tokens), tokens)
	m.Run(p.program)

	c.output("logits", m.Read(p.program, p.logits), logits)
	mean := 0.0
	for _, x := range m.Read(p.program, p.nll) {
		mean += x / float64(len(tokens))
	}
	c.result.Loss.add("loss", abs(mean-float64(loss[0])))
	for i, w := range p.weights {
		g, err := want.Floats(w.Name, w.Shape...)
		if err != nil {
			return fmt.Errorf("grads.safetensors: %w", err)
		}
		c.gradient(w.Name, read(m, p.program, p.grads[i]), g)
	}
	if err := want.rest(); err != nil {
		return fmt.Errorf("grads.safetensors: %w", err)
	}
	return nil
}

// dropUnusedBiases removes u and v of relative attention from a case whose model
// has no layer that uses them: the original makes them for every model. Their
// gradients, where given, must be 0. It returns how many parameters they are.
func dropUnusedBiases(weights []*graph.Value, given, grads caseFile, heads, size int) (parameters int, err error) {
	for _, name := range []string{"context_bias_u", "location_bias_v"} {
		if slices.ContainsFunc(weights, func(w *graph.Value) bool { return w.Name == name }) {
			continue
		}
		if _, ok := given.Tensors[name]; !ok {
			continue
		}
		if _, err := given.Floats(name, heads, size); err != nil {
			return 0, fmt.Errorf("weights.safetensors: %w", err)
		}
		delete(given.Tensors, name)
		parameters += heads * size
		if _, ok := grads.Tensors[name]; !ok {
			continue
		}
		grad, err := grads.Floats(name, heads, size)
		if err != nil {
			return 0, fmt.Errorf("grads.safetensors: %w", err)
		}
		if slices.ContainsFunc(grad, func(x float32) bool { return x != 0 }) {
			return 0, fmt.Errorf("grads.safetensors: tensor %q is not 0, but no layer of the model uses the weight", name)
		}
	}
	return parameters, nil
}
