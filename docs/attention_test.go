package docs_test

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hgbench/bench"
	"hgbench/results"
	"hgbench/sweeps"
)

// costsOfSystems is what the plans of the sweep "attention" say, at its context, one
// shorter and one longer.
func costsOfSystems(t *testing.T) string {
	var b strings.Builder
	contexts := []int{1024, 4096, 16384}
	fmt.Fprintf(&b, "| system | attention | FLOPs a token, %d | %d | %d | memory, %[1]d | %[2]d | %[3]d |\n", contexts[0], contexts[1], contexts[2])
	fmt.Fprintf(&b, "| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, s := range specsOf(t, "attention") {
		var flops, memory []string
		for _, context := range contexts {
			p := planAt(t, s, context)
			flops, memory = append(flops, flopsCell(p)), append(memory, results.FormatBytes(p.Memory.Total))
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", s.Model.System, s.Model.Attention, strings.Join(flops, " | "), strings.Join(memory, " | "))
	}
	return b.String()
}

// costsInside sets each kind of the sweep "hourglass-attention" inside Hourglass
// beside the flat one.
func costsInside(t *testing.T) string {
	var b strings.Builder
	contexts := []int{4096, 16384}
	fmt.Fprintf(&b, "| attention | FLOPs a token, %d: flat | Hourglass | %d: flat | Hourglass | memory, %[2]d: flat | Hourglass |\n", contexts[0], contexts[1])
	fmt.Fprintf(&b, "| --- | --- | --- | --- | --- | --- | --- |\n")
	specs := specsOf(t, "hourglass-attention")
	for _, s := range specs {
		if s.Model.System != "hourglass" {
			continue
		}
		kind := fmt.Sprint(s.Model.Attention)
		flat := slices.IndexFunc(specs, func(f bench.Spec) bool {
			return f.Model.System != "hourglass" && fmt.Sprint(f.Model.Attention) == kind
		})
		var flops, memory []string
		for _, context := range contexts {
			memory = nil // of the last
			for _, i := range []int{flat, slices.IndexFunc(specs, s.Equal)} {
				if i < 0 {
					flops, memory = append(flops, "–"), append(memory, "–")
					continue
				}
				p := planAt(t, specs[i], context)
				flops, memory = append(flops, flopsCell(p)), append(memory, results.FormatBytes(p.Memory.Total))
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", kind, strings.Join(flops, " | "), strings.Join(memory, " | "))
	}
	return b.String()
}

func flopsCell(p bench.PlanReport) string { return results.FormatSI(p.FLOPs.NecessaryPerToken, "") }

func specsOf(t *testing.T, sweep string) (specs []bench.Spec) {
	t.Helper()
	s, err := sweeps.Load(sweep)
	if err != nil {
		t.Fatal(err)
	}
	points, err := sweeps.Expand(s, bench.NecessaryPerToken)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range points {
		specs = append(specs, p.Spec)
	}
	return specs
}

// planAt is the plan of a spec at another context, on two threads wherever it is made.
func planAt(t *testing.T, s bench.Spec, context int) bench.PlanReport {
	t.Helper()
	s.Train.Context, s.Eval.Context, s.Eval.Stride = context, context, context/2
	p, err := bench.Plan(s, 2)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var picture = regexp.MustCompile(`src="images/(pattern-[^"]+)"`)

// The pictures of attention.md are those that "hgbench plot patterns" draws, and small;
// with -update they are drawn again.
func TestGeneratedPictures(t *testing.T) {
	drawn := t.TempDir()
	if _, stderr, status := run(t, ".", "plot", "patterns", "--out", drawn); status != 0 {
		t.Fatal(stderr)
	}
	shown := make(map[string]bool)
	for _, m := range picture.FindAllStringSubmatch(read(t, "docs/attention.md").text, -1) {
		shown[m[1]] = true
	}
	if len(shown) < 8 {
		t.Errorf("attention.md shows only %d patterns", len(shown))
	}
	kept, err := filepath.Glob("images/pattern-*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range kept {
		if shown[filepath.Base(path)] {
			continue
		}
		if *update {
			err = cmp.Or(err, os.Remove(path))
		} else {
			t.Errorf("docs/%s: attention.md does not show it", path)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for name := range shown {
		want, err := os.ReadFile(filepath.Join(drawn, name))
		if err != nil {
			t.Errorf("attention.md shows %s, which \"hgbench plot patterns\" does not draw", name)
			continue
		}
		if len(want) > 80<<10 {
			t.Errorf("%s has %d bytes: want at most 80 KiB", name, len(want))
		}
		path := filepath.Join("images", name)
		got, err := os.ReadFile(path)
		if err == nil && bytes.Equal(got, want) {
			continue
		}
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		} else if err != nil || !alike(t, got, want) {
			t.Errorf("docs/images/%s is missing or out of date: run \"make readme\"", name)
		}
	}
}

// alike says whether two PNGs look the same: other processors round the edges of
// letters a little differently, but a cell of a pattern has some 40 pixels.
func alike(t *testing.T, a, b []byte) bool {
	t.Helper()
	var pictures [2]image.Image
	for i, data := range [][]byte{a, b} {
		var err error
		if pictures[i], err = png.Decode(bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	if pictures[0].Bounds() != pictures[1].Bounds() {
		return false
	}
	different := 0
	for y := range pictures[0].Bounds().Dy() {
		for x := range pictures[0].Bounds().Dx() {
			if gray(pictures[0].At(x, y))-gray(pictures[1].At(x, y)) > 40 || gray(pictures[1].At(x, y))-gray(pictures[0].At(x, y)) > 40 {
				different++
			}
		}
	}
	return different < 30
}

func gray(c color.Color) int { return int(color.GrayModel.Convert(c).(color.Gray).Y) }
