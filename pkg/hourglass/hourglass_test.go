package hourglass_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hgbench/pkg/baselines"
	"hgbench/pkg/cpu"
	"hgbench/pkg/graph"
	"hgbench/pkg/hourglass"
	"hgbench/pkg/nn"
)

func config(t *testing.T, hierarchy, shorten, upsample string) hourglass.Config {
	t.Helper()
	h, err := nn.ParseHierarchy(hierarchy)
	if err != nil {
		t.Fatal(err)
	}
	return hourglass.Config{
		Config:    nn.Config{Vocab: 16, Model: 8, Heads: 2, FF: 16},
		Hierarchy: h, Shorten: shorten, Upsample: upsample,
		Attention: func(int) string { return "relative" },
	}
}

// build returns the program's graph at the model's own divisor times n.
func build(model nn.Model, n int) *graph.Graph {
	g := graph.New(graph.Float32)
	tokens := g.Input("tokens", graph.Int32, 1, n*model.Divisor())
	g.Output("logits", model.Logits(nn.Evaluation(g), tokens))
	return g
}

// shapes of all weights by name.
func shapes(g *graph.Graph) map[string]string {
	out := map[string]string{}
	for _, w := range g.Parameters() {
		out[w.Name] = fmt.Sprint(w.Shape)
	}
	return out
}

// Table 1 of arXiv 2110.13711v2: millions of parameters at d 512, d_ff 2048, 8
// heads, 256 symbols.
func TestParametersOfTable1(t *testing.T) {
	for _, row := range []struct {
		hierarchy string
		millions  int
	}{
		{"6@1", 21}, {"2@1 1@3 2@1", 24}, {"2@1 4@4 2@1", 34}, {"8@1", 28}, {"2@1 4@3 2@1", 34},
		{"2@1 8@4 2@1", 48}, {"2@1 1@2 4@4 1@2 2@1", 48}, {"2@1 8@3 2@1", 48}, {"10@1", 34}, {"3@1 8@4 3@1", 55},
		{"12@1", 41}, {"4@1 8@4 4@1", 62}, {"2@1 16@3 2@1", 75}, {"14@1", 48}, {"5@1 8@2 5@1", 69},
	} {
		c := config(t, row.hierarchy, "attention(average)", "attention(repeat)")
		c.Config = nn.Config{Vocab: 256, Model: 512, Heads: 8, FF: 2048}
		model := nn.Model(c)
		if c.Hierarchy.Flat() {
			model = baselines.Transformer{Config: c.Config, Layers: c.Hierarchy.Layers(), Attention: "relative"}
		}
		if err := model.Validate(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, w := range build(model, 1).Parameters() {
			n += w.Elements()
		}
		if got := (n + 500_000) / 1_000_000; got != row.millions {
			t.Errorf("%s: %d parameters are %dM, want %dM", row.hierarchy, n, got, row.millions)
		}
	}
}

func TestWithFactor(t *testing.T) {
	c := config(t, "1@1,1@3,1@1", "attention(average)", "attention(repeat)")
	c.Attention = func(total int) string { return map[int]string{1: "full", 3: "relative"}[total] }
	other, err := c.WithFactor(2)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Validate(); err != nil {
		t.Error(err)
	}
	if other.Divisor() != 2 || c.Divisor() != 3 {
		t.Errorf("divisors %d, %d, want 2, 3", other.Divisor(), c.Divisor())
	}
	if diff := cmp.Diff(shapes(build(c, 2)), shapes(build(other, 2))); diff != "" {
		t.Errorf("weights differ:\n%s", diff)
	}
	for _, bad := range []hourglass.Config{
		config(t, "1@1,1@3,1@1", "linear", "repeat"),
		config(t, "1@1,1@3,1@1", "average", "attention(linear)"),
		config(t, "1@1,1@2,1@4,1@2,1@1", "average", "repeat"),
	} {
		if _, err := bad.WithFactor(2); err == nil {
			t.Errorf("%s %s %s: no error", bad.Hierarchy, bad.Shorten, bad.Upsample)
		}
	}
}

// Weights that no layer uses do not exist.
func TestWeights(t *testing.T) {
	c := config(t, "0@1,1@2,0@1", "average", "repeat")
	c.Attention = func(int) string { return "full" }
	for name := range shapes(build(c, 2)) {
		if strings.Contains(name, "bias_") || strings.Contains(name, ".pos") || strings.Contains(name, "shorten") {
			t.Errorf("%s: nothing uses it", name)
		}
	}
	c.Shorten = "attention(average)"
	got := shapes(build(c, 2))
	for _, name := range []string{"context_bias_u", "location_bias_v", "valley.shorten.attn.pos.w", "pre.norm.scale"} {
		if got[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	if _, ok := got["valley.blocks.0.attn.pos.w"]; ok {
		t.Error("full attention has positions")
	}
}

// Padding is computed but not necessary.
func TestPadding(t *testing.T) {
	c := config(t, "1@1,1@4,1@1", "attention(average)", "attention(repeat)")
	necessary := func(length int) float64 {
		g := graph.New(graph.Float32)
		tokens := g.Input("tokens", graph.Int32, 2, nn.PaddedLength(c, length))
		tokens.Pad = tokens.Shape[1] - length
		logits := c.Logits(nn.Evaluation(g), tokens)
		if logits.Pad != tokens.Pad {
			t.Errorf("length %d: %d steps of padding after the model, want %d", length, logits.Pad, tokens.Pad)
		}
		g.Output("logits", logits)
		return graph.Compile(g, cpu.Target(g.Real)).FLOPs.Necessary
	}
	last := necessary(4)
	for length := 5; length <= 12; length++ {
		now := necessary(length)
		if now <= last {
			t.Errorf("%g necessary FLOPs at length %d, %g at %d", now, length, last, length-1)
		}
		last = now
	}
}

func TestValidate(t *testing.T) {
	good := config(t, "1@1,1@4,1@1", "average", "repeat")
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*hourglass.Config){
		`shorten "mean"`:                func(c *hourglass.Config) { c.Shorten = "mean" },
		`upsample "attention(average)"`: func(c *hourglass.Config) { c.Upsample = "attention(average)" },
		`level 4 of 1@1,1@4,1@1: attention "none": unknown kind`: func(c *hourglass.Config) {
			c.Attention = func(total int) string { return map[int]string{1: "full", 4: "none"}[total] }
		},
		"no shortened level": func(c *hourglass.Config) { c.Hierarchy.Levels = c.Hierarchy.Levels[:1] },
		"d_model 8 with 3":   func(c *hourglass.Config) { c.Heads = 3 },
		"heads 0: want":      func(c *hourglass.Config) { c.Heads = 0 },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
