package nn

import (
	"fmt"

	"hgbench/pkg/graph"
)

// maxParameter bounds what a kind may be given, far above any sequence.
const maxParameter = 1 << 28

// window is attention to so many earlier positions and the own one; in the last
// dilated heads to every dilation-th of them: the autoregressive attention of
// Longformer (Beltagy et al. 2020, arXiv 2004.05150, section 3; offsets as in
// allenai/longformer, diagonaled_mm_tvm.py). Window and dilation may be schedules
// over the layers.
func window(p *parameters) Attention {
	size := p.schedule("window", 0, 1, maxParameter, asRange)
	dilation := p.schedule("dilation", 1, 1, maxParameter, asList)
	dilated := p.optional("dilated", "all", func(heads int) int { return heads }, 1, maxParameter)
	if p.heads > 0 && !p.spelled("dilation") { // it is 1 everywhere
		p.idle("dilated")
	}
	a := patterned(func(heads int, at Place, length int) graph.Pattern {
		dilations := make([]int, heads)
		for h := range dilations {
			dilations[h] = 1
			if h >= heads-dilated(heads) {
				dilations[h] = dilation.at(at.Layer, at.Layers)
			}
		}
		return WindowPattern(length, size.at(at.Layer, at.Layers), dilations)
	})
	a.unit = 1
	a.check = func(heads, layers, length int) error {
		if n := dilated(heads); n > heads {
			return fmt.Errorf("dilated %d: want at most the %d heads", n, heads)
		}
		if err := size.check("window", layers); err != nil {
			return err
		}
		if err := dilation.check("dilation", layers); err != nil {
			return err
		}
		if err := within("dilation", dilation.most(), length); err != nil {
			return err
		}
		return within("window", size.most(), length)
	}
	return a
}

// WindowPattern lets position i of head h see i, i − d, … i − window·d, where d
// is the head's dilation.
func WindowPattern(length, window int, dilations []int) graph.Pattern {
	reach := 1
	for _, d := range dilations {
		reach = max(reach, window*d)
	}
	s := newSelfPattern(length, reach)
	for h := 0; h < len(dilations); {
		of, d := heads{h, 0}, dilations[h]
		for h < len(dilations) && dilations[h] == d {
			of.count++
			h++
		}
		if of.count == len(dilations) {
			of = heads{}
		}
		for first := range min(d, length) {
			s.progression(of, first, d, window+1, true)
		}
	}
	return s.Pattern
}
