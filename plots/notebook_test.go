package plots

import (
	"bytes"
	"errors"
	"image/png"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"hgbench/results"
)

// TestRender: a notebook gets the picture at its pixels, shown at its inches.
func TestRender(t *testing.T) {
	figure := Must(Efficiency(quick(), results.NecessaryFLOPs, Options{}))
	bundle := figure.Render()
	data, _ := bundle.Data["image/png"].([]byte)
	img, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	size, _ := bundle.Metadata["image/png"].(map[string]any)
	if img.Width != int(figure.Width*DPI) || size["width"] != int(figure.Width*96) || size["height"] != int(figure.Height*96) {
		t.Errorf("%d pixels shown at %v: want %g inches of 144 and of 96", img.Width, size, figure.Width)
	}
	if text, _ := bundle.Data["text/plain"].(string); !strings.Contains(text, figure.Title) {
		t.Errorf("the text %q does not name the figure", text)
	}
}

// TestRenderNothing: what cannot be drawn must not take the kernel with it.
func TestRenderNothing(t *testing.T) {
	bundle := Figure{Name: "empty"}.Render()
	if text, _ := bundle.Data["text/plain"].(string); !strings.Contains(text, "empty") || bundle.Data["image/png"] != nil {
		t.Errorf("got %v, want the reason", bundle.Data)
	}
}

func TestMust(t *testing.T) {
	want := errors.New("nothing to draw")
	defer func() {
		if r := recover(); r != want {
			t.Errorf("panic %v, want %v", r, want)
		}
	}()
	Must(Figure{}, want)
}

// TestScalingNeedsModels: two points would make a line of anything.
func TestScalingNeedsModels(t *testing.T) {
	_, err := Scaling(quick()[:2], results.NecessaryFLOPs, Options{})
	if err == nil || !strings.Contains(err.Error(), "three models") {
		t.Errorf("error %v, want one that says how many models a line needs", err)
	}
}

// TestPanel: a figure made by hand is drawn like the others.
func TestPanel(t *testing.T) {
	panel := Panel("layers", "memory (GiB)")
	line, err := plotter.NewLine(plotter.XYs{{X: 1, Y: 2}, {X: 3, Y: 4}})
	if err != nil {
		t.Fatal(err)
	}
	panel.Add(line)
	panel.Legend.Add("mine", line)
	if _, err := (Figure{Name: "mine", Title: "Mine", Width: 8, Height: 5, Panels: [][]*plot.Plot{{panel}}}).PNG(); err != nil {
		t.Error(err)
	}
}
