package nn

import (
	"math"
	"testing"

	"hgbench/pkg/graph"
)

func layers(c Config) *Layers { return Evaluation(graph.New(graph.Float64)).Layers(c) }

func TestSinusoids(t *testing.T) {
	const rows, d, step = 5, 6, 3
	l := layers(Config{Model: d})
	at := func(t int) int { return (t - 4) * step }
	v := l.Sinusoids(rows, at, "%d+%d·t", -4*step, step)
	for i := range rows {
		for m := range d / 2 {
			angle := float64(at(i)) / math.Pow(10000, 2*float64(m)/d)
			if got := v.Fill(i*d + m); math.Abs(got-math.Sin(angle)) > 1e-15 {
				t.Errorf("row %d, sine %d: %g, want %g", i, m, got, math.Sin(angle))
			}
			if got := v.Fill(i*d + d/2 + m); math.Abs(got-math.Cos(angle)) > 1e-15 {
				t.Errorf("row %d, cosine %d: %g, want %g", i, m, got, math.Cos(angle))
			}
		}
	}
	if other := l.Sinusoids(rows, at, "%d+%d·t", -5*step, step); other == v {
		t.Error("two tables share a name")
	}
}

// A rotation's cosine and sine are those of the position in tokens.
func TestTurns(t *testing.T) {
	l := layers(Config{Model: 8, Heads: 2})
	v := l.Turns(0, 3, 4, l.Model/l.Heads)
	for row := range 3 {
		for m := range 2 {
			angle := float64(4*row) * math.Pow(10000, -float64(m)/2)
			cos, sin := v.Fill(row*4+m), v.Fill(row*4+2+m)
			if math.Abs(cos-math.Cos(angle)) > 1e-15 || math.Abs(sin-math.Sin(angle)) > 1e-15 {
				t.Errorf("row %d, pair %d: %g, %g, want the angle %g", row, m, cos, sin, angle)
			}
		}
	}
}

// Initial weights are those of Trax's layers.
func TestInit(t *testing.T) {
	g := graph.New(graph.Float32)
	c := Config{Vocab: 10, Model: 12, Heads: 2, FF: 20, Positions: Absolute, Context: 7}
	attention, err := ParseAttention("relative")
	if err != nil {
		t.Fatal(err)
	}
	l := Evaluation(g).Layers(c)
	x := l.Embedding(g.Input("tokens", graph.Int32, 2, 6))
	x = l.Blocks("trunk.", x, 1, attention, Place{Total: 1, Layers: 1})
	x = l.Shorten(Resampling{Plain: "linear"}, "shorten", x, 3, 1)
	l.Head(x)

	uniform := func(a2 float64) graph.Init { return graph.Init{Distribution: graph.Uniform, Scale: math.Sqrt(a2)} }
	small := graph.Init{Distribution: graph.Normal, Scale: 1e-6}
	want := map[string]graph.Init{
		"embed": uniform(3. / 12), "positions": uniform(3. / 12), "context_bias_u": small, "location_bias_v": small,
		"trunk.blocks.0.attn.q.w": uniform(6. / 24), "trunk.blocks.0.attn.pos.b": small,
		"trunk.blocks.0.ff.in.w": uniform(6. / 32), "trunk.blocks.0.ff.out.w": uniform(6. / 32),
		"trunk.norm.scale": {Distribution: graph.Ones}, "trunk.norm.bias": {},
		"shorten.linear.w": uniform(6. / 48), "out.w": uniform(6. / 22), "out.b": small,
	}
	for _, w := range g.Parameters() {
		if init, ok := want[w.Name]; ok && w.Init != init {
			t.Errorf("%s starts with %+v, want %+v", w.Name, w.Init, init)
		}
		delete(want, w.Name)
	}
	for name := range want {
		t.Errorf("%s is missing", name)
	}
}

// No two uses of dropout draw the same numbers, in several micro-batches of one
// program neither, and evaluation draws none.
func TestDropoutStreams(t *testing.T) {
	c := Config{Vocab: 10, Model: 12, Heads: 2, FF: 20, Dropout: 0.1}
	attention, err := ParseAttention("full")
	if err != nil {
		t.Fatal(err)
	}
	forward := func(b *Builder) {
		l := b.Layers(c)
		x := l.Embedding(b.Input("tokens", graph.Int32, 2, 6))
		x = l.Blocks("trunk.", x, 2, attention, Place{Total: 1, Layers: 2})
		y := l.Shorten(Resampling{Plain: "linear"}, "shorten", x, 3, 1)
		l.Upsample(Resampling{Plain: "linear"}, "upsample", y, x, 3)
	}
	uses := func(g *graph.Graph) (streams []uint64) {
		for _, n := range g.Nodes {
			switch op := n.Op.(type) {
			case graph.Dropout:
				streams = append(streams, op.Stream)
			case graph.Attention:
				if op.Rate > 0 {
					streams = append(streams, op.Stream)
				}
			}
		}
		return streams
	}

	g := graph.New(graph.Float32)
	b := Training(g, g.Input("key", graph.Int32, 4))
	forward(b)
	forward(b)
	streams := uses(g)
	// Embedding, two resamplings, and in each block: probabilities, attention,
	// inside the feed-forward layer, its end.
	if want := 2 * (1 + 2 + 2*4); len(streams) != want {
		t.Errorf("%d uses of dropout, want %d", len(streams), want)
	}
	seen := map[uint64]bool{}
	for _, s := range streams {
		if seen[s] {
			t.Errorf("stream %d is used twice", s)
		}
		seen[s] = true
	}

	g = graph.New(graph.Float32)
	forward(Evaluation(g))
	if n := len(uses(g)); n != 0 {
		t.Errorf("%d uses of dropout in evaluation", n)
	}
}
