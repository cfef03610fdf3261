package plots

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"hgbench/results"
)

var update = flag.Bool("update", false, "rewrite the golden images in testdata")

// measuredContexts is contexts with what processes of its streaming runs held, and
// the time they took.
func measuredContexts() []results.Record {
	all := contexts()
	for i := range all {
		if all[i].Setting("model.storage") == "streaming" {
			c := all[i].Number("train.context")
			all[i].TokensPerSecond = 1e6 / math.Sqrt(c)
			all[i].Memory.Idle = 31 << 20
			all[i].Memory.MeasuredPeak = all[i].Memory.Planned.Total + 33<<20
		}
	}
	return all
}

// goldens are one picture of each kind, and those with something unusual.
func goldens(t *testing.T) []Figure {
	t.Helper()
	leaking := window(24, 6)
	leaking[4][17] = true
	var figures []Figure
	add := func(name string, f Figure, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f.Name = name
		f.Width, f.Height = min(f.Width, 9), min(f.Height, 7) // keeps the files small
		figures = append(figures, f)
	}
	of := func(name string, build func() (Figure, error)) {
		t.Helper()
		f, err := build()
		add(name, f, err)
	}
	of("bpc-vs-flops", func() (Figure, error) { return Efficiency(quick(), results.NecessaryFLOPs, Options{}) })
	of("scaling-vs-flops", func() (Figure, error) { return Scaling(quick(), results.NecessaryFLOPs, Options{}) })
	of("bpc-vs-seconds-seeds", func() (Figure, error) {
		return Efficiency(seeded(), results.Seconds, Options{Protocol: results.P3})
	})
	of("bpc-vs-memory-published", func() (Figure, error) {
		return Efficiency(quick(), results.PeakMemory, Options{Published: true})
	})
	of("bpc-vs-flops-one", func() (Figure, error) { return Efficiency(quick()[:1], results.DenseFLOPs, Options{}) })
	of("bpc-vs-cost", func() (Figure, error) { return Costs(quick(), Options{}) })
	of("curves", func() (Figure, error) { return Curves(quick(), "tokens", Options{}) })
	of("curves-flops", func() (Figure, error) { return Curves(seeded(), "flops", Options{}) })
	of("bpc-vs-position", func() (Figure, error) { return Position(quick(), Options{}) })
	of("memory-vs-context", func() (Figure, error) { return MemoryContext(measuredContexts(), Options{}) })
	of("bpc-vs-flops-pairs", func() (Figure, error) { return Efficiency(paired(), results.NecessaryFLOPs, Options{}) })
	of("bpc-vs-flops-equal", func() (Figure, error) { return Efficiency(alikeCosts(), results.NecessaryFLOPs, Options{}) })
	of("pattern", func() (Figure, error) { return Pattern("window(6), leaking", leaking) })
	return figures
}

// TestGolden compares pictures at half the usual resolution with the ones in
// testdata. After a wanted change, look at what -update writes.
func TestGolden(t *testing.T) {
	for _, f := range goldens(t) {
		t.Run(f.Name, func(t *testing.T) {
			got, err := f.image(DPI / 2)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", f.Name+".png")
			if *update {
				var buf bytes.Buffer
				enc := png.Encoder{CompressionLevel: png.BestCompression}
				if err := enc.Encode(&buf, got); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			file, err := os.Open(path)
			if err != nil {
				t.Fatalf("%v: go test ./plots -update writes it", err)
			}
			defer file.Close()
			want, err := png.Decode(file)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if share := differing(got, want); share > 0.002 {
				t.Errorf("%.2f %% of the pixels differ from %s", 100*share, path)
			}
		})
	}
}

// differing is the share of pixels that differ so much that a reader could see
// it: other processors round the edges of shapes a little differently.
func differing(a, b image.Image) float64 {
	if a.Bounds() != b.Bounds() {
		return 1
	}
	r, n := a.Bounds(), 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p, _ := color.NRGBAModel.Convert(a.At(x, y)).(color.NRGBA)
			q, _ := color.NRGBAModel.Convert(b.At(x, y)).(color.NRGBA)
			d := max(gap(p.R, q.R), gap(p.G, q.G), gap(p.B, q.B))
			if d > 40 {
				n++
			}
		}
	}
	return float64(n) / float64(r.Dx()*r.Dy())
}

func gap(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }

func TestSameRecordsSameBytes(t *testing.T) {
	again := goldens(t)
	for i, f := range goldens(t) {
		g := again[i]
		a, err1 := f.SVG()
		b, err2 := g.SVG()
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: two SVGs of the same records differ (%v, %v)", f.Name, err1, err2)
		}
		if i > 0 {
			continue // the rasteriser is the same for all
		}
		a, err1 = f.PNG()
		b, err2 = f.PNG()
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: two PNGs of one figure differ (%v, %v)", f.Name, err1, err2)
		}
	}
}

// TestSVGIsWellFormed reads SVGs back, with a title that needs escaping.
func TestSVGIsWellFormed(t *testing.T) {
	for _, f := range goldens(t) {
		f.Title += ` <&"é>`
		svg, err := f.SVG()
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(bytes.NewReader(svg))
		for {
			_, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
		if !bytes.Contains(svg, []byte("Liberation Sans,Arial")) {
			t.Errorf("%s: the SVG names no font to fall back on", f.Name)
		}
	}
}

// TestDrawErrors: what cannot be drawn is an error, not a panic or a blank.
func TestDrawErrors(t *testing.T) {
	good, err := Efficiency(quick(), results.NecessaryFLOPs, Options{})
	if err != nil {
		t.Fatal(err)
	}
	broken := plot.New()
	broken.X.Scale = plot.LogScale{} // over 0
	broken.Add(plotter.NewGrid())
	for name, c := range map[string]struct {
		change func(*Figure)
		want   string
	}{
		"no panel":    {func(f *Figure) { f.Panels = nil }, "has no panel"},
		"empty row":   {func(f *Figure) { f.Panels = [][]*plot.Plot{{}} }, "has no panel"},
		"nil panel":   {func(f *Figure) { f.Panels = [][]*plot.Plot{{nil}} }, "cannot be drawn"},
		"small":       {func(f *Figure) { f.Width, f.Height = 1.2, 1.2 }, "too small"},
		"no size":     {func(f *Figure) { f.Width = 0 }, "not between 0 and 100"},
		"NaN size":    {func(f *Figure) { f.Height = math.NaN() }, "not between 0 and 100"},
		"gonum panic": {func(f *Figure) { f.Panels = [][]*plot.Plot{{broken}} }, "cannot be drawn"},
	} {
		t.Run(name, func(t *testing.T) {
			f := good
			c.change(&f)
			_, pngErr := f.PNG()
			_, svgErr := f.SVG()
			for _, err := range []error{pngErr, svgErr} {
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), good.Name) {
					t.Errorf("error %v, want the figure's name and %q", err, c.want)
				}
			}
		})
	}
}

func ExamplePattern() {
	mask := [][]bool{
		{true, false, false, false},
		{true, true, false, false},
		{false, true, true, false},
		{false, false, true, true},
	}
	f, err := Pattern("window(2)", mask)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s.png: %s, %s\n", f.Name, f.Title, f.Subtitle)
	// Output: pattern-window-2.png: Attention pattern: window(2), 70 % of the 10 causal pairs are visible
}

func ExampleCurves() {
	_, err := Curves(nil, "epochs", Options{})
	fmt.Println(err)
	// Output: curves over "epochs": want one of flops, seconds, steps, tokens
}
