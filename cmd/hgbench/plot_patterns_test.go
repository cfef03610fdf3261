package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hgbench/pkg/nn"
)

func TestPlotPatterns(t *testing.T) {
	workFolder(t)
	printed := ok(t, "plot", "patterns", "--out", "drawn")
	for _, kind := range nn.Kinds() {
		for _, end := range []string{".png", ".svg"} {
			if found, _ := filepath.Glob(filepath.Join("drawn", "pattern-"+kind+"*"+end)); len(found) == 0 {
				t.Errorf("no %s of %s", end, kind)
			}
		}
		contains(t, printed, "pattern-"+kind)
	}
}

// A picture of each layer and head that differs, which says what it is of.
func TestPlotPatternsOfLayers(t *testing.T) {
	workFolder(t)
	for _, c := range []struct{ kind, pictures, note string }{
		{"lsh(4, chunk: 8, every: 4)", "lsh-4-chunk-8-every-4 lsh-4-chunk-8-every-4-layer-2 lsh-4-chunk-8-every-4-layer-2-head-1", "topics that take turns"},
		{"window(2..8)", "window-2..8 window-2..8-layer-1 window-2..8-layer-2 window-2..8-layer-3", "pairs are visible<"},
		{"favor(8)", "favor-8", "through features"},
		{"routing(2, 8, selection: original)", "routing-2-8-selection-original routing-2-8-selection-original-head-1", "depends on later positions"},
	} {
		printed := ok(t, "plot", "patterns", c.kind, "--layers", "4", "--length", "48")
		var names []string
		for _, line := range strings.Fields(printed) {
			if name, ok := strings.CutPrefix(line, filepath.Join("figures", "pattern-")); ok {
				names = append(names, strings.TrimSuffix(name, ".png"))
			}
		}
		if got := strings.Join(names, " "); got != c.pictures {
			t.Errorf("%s: pictures %s, want %s", c.kind, got, c.pictures)
		}
		text, err := os.ReadFile(filepath.Join("figures", "pattern-"+names[len(names)-1]+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		contains(t, string(text), c.note)
	}
}

func TestPlotPatternsErrors(t *testing.T) {
	workFolder(t)
	for args, want := range map[string]string{
		"lsh(7)":                  "buckets 7",
		"full --length 4096":      "--length 4096: want 1 to 2048",
		"full --layers 0":         "--layers 0: want 1 to 2048",
		"window(200)":             "window 200",
		"window(1-2) --layers 3":  "2 numbers for 3 layers",
		"strided(4) --heads 1":    "heads split with 1 head",
		"lsh(64,every:2) --heads": "needs an argument",
	} {
		got := hgbench(t, append([]string{"plot", "patterns"}, strings.Fields(args)...)...)
		if got.status == 0 {
			t.Errorf("%s: no error", args)
		}
		contains(t, got.stderr, want)
	}
}
