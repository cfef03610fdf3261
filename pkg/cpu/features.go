package cpu

import "hgbench/pkg/graph"

// featureShape is the sizes of a node of features.
type featureShape struct {
	batch, length, heads, size, count int
}

func shapeOfFeatures(heads int, x, projection *graph.Value) featureShape {
	return featureShape{x.Shape[0], x.Shape[1], heads, projection.Cols(), projection.Rows()}
}

// project is the FLOPs of one product with the projection.
func (s featureShape) project() float64 {
	return 2 * float64(s.batch*s.length*s.heads) * float64(s.size*s.count)
}

// scaled writes x′ = x·size^(−1/4) of some rows of one head.
func scaledRows[T Float](dst, x []T, rows, size, ld int) {
	factor := T(quarter(size))
	for i := range rows {
		for e, y := range x[i*ld:][:size] {
			dst[i*size+e] = y * factor
		}
	}
}

func features[T Float](n *graph.Node, op graph.Features) kernel {
	s := shapeOfFeatures(op.Heads, n.Inputs[0], n.Inputs[1])
	ks := kernelsFor[T]()
	packed := ks.packedSize(s.size, s.count)
	return kernel{
		workspace: int64(sizeOf[T]()) * int64(packed+s.batch*s.length*s.heads),
		scratch:   int64(sizeOf[T]()) * int64(rowTile*s.size),
		executed:  func() float64 { return s.project() },
		bind: func(m *memory) []phase {
			x, projection, e, c := in[T](m, 0), in[T](m, 1), out[T](m, 0), out[T](m, 1)
			memory := work[T](m, packed+s.batch*s.length*s.heads)
			right, high := memory[:packed], memory[packed:]
			if c != nil {
				high = c
			}
			if e == nil { // only the maxima are of interest
				e = make([]T, n.Outputs[0].Elements())
			}
			f := &featureRun[T]{s, ks, x, e, high}
			phases := []phase{
				{tiles: 1, run: func(*worker, int) { ks.pack(s.size, s.count, projection, 1, s.size, right) }},
				f.each(func(w *worker, b, h, from, rows int) {
					scaled := scratch[T](w)[:rows*s.size]
					scaledRows(scaled, x[f.at(b, h, from, s.size):], rows, s.size, s.heads*s.size)
					at := f.at(b, h, from, s.count)
					ks.tile(rows, s.count, s.size, scaled, s.size, 1, ks.packed(right, s.size), e[at:], s.heads*s.count, false)
					for i := range rows {
						high[(b*s.heads+h)*s.length+from+i] = ks.max(e[at+i*s.heads*s.count:][:s.count])
					}
				}),
			}
			if op.Maximum == graph.OfAll {
				phases = append(phases, f.maxima())
			}
			return append(phases, f.each(func(w *worker, b, h, from, rows int) {
				scaled := scratch[T](w)[:rows*s.size]
				scaledRows(scaled, x[f.at(b, h, from, s.size):], rows, s.size, s.heads*s.size)
				for i := range rows {
					row := e[f.at(b, h, from+i, s.count):][:s.count]
					x := scaled[i*s.size:][:s.size]
					ks.exp(row, row, high[(b*s.heads+h)*s.length+from+i]+ks.dot(x, x)/2)
				}
			}))
		},
	}
}

// featureRun is a node of features with its memory.
type featureRun[T Float] struct {
	featureShape
	ks      *kernels[T]
	x, e, c []T
}

// at is where a row of a head of so wide starts.
func (f featureShape) at(b, h, row, width int) int {
	return ((b*f.length+row)*f.heads + h) * width
}

// each calls f with a tile of rows of a head.
func (f featureShape) each(run func(w *worker, b, h, from, rows int)) phase {
	tiles := ceil(f.length, rowTile)
	return phase{tiles: f.batch * f.heads * tiles, run: func(w *worker, index int) {
		pair, from := index/tiles, index%tiles*rowTile
		run(w, pair/f.heads, pair%f.heads, from, min(rowTile, f.length-from))
	}}
}

// maxima turns those of positions into that of all.
func (f *featureRun[T]) maxima() phase {
	return phase{tiles: f.batch * f.heads, run: func(_ *worker, pair int) {
		c := f.c[pair*f.length:][:f.length]
		fill(c, f.ks.max(c))
	}}
}

// featuresGrad: with u = de·e, dx′ = Pᵀu − x′·Σu; through the maximum, −Σu more
// goes to the feature that is it.
func featuresGrad[T Float](n *graph.Node, op graph.FeaturesGrad) kernel {
	s := shapeOfFeatures(op.Heads, n.Inputs[3], n.Inputs[4])
	ks := kernelsFor[T]()
	products := 1.0
	if op.Through {
		products = 2
	}
	packed, sums := ks.packedSize(s.size, s.count), s.batch*s.length*s.heads
	return kernel{
		workspace: int64(sizeOf[T]()) * int64(packed+2*sums),
		scratch:   int64(sizeOf[T]()) * int64(rowTile*(2*s.size+s.count)),
		executed:  func() float64 { return products * s.project() },
		bind: func(m *memory) []phase {
			de, e, c, x, projection, dx := in[T](m, 0), in[T](m, 1), in[T](m, 2), in[T](m, 3), in[T](m, 4), out[T](m, 0)
			memory := work[T](m, packed+2*sums)
			right, sum, extra := memory[:packed], memory[packed:packed+sums], memory[packed+sums:]
			// Rows whose own maximum is c get what flows through it.
			phases := []phase{{tiles: 1, run: func(*worker, int) { ks.pack(s.size, s.count, projection, 1, s.size, right) }},
				s.each(func(_ *worker, b, h, from, rows int) {
					for i := range rows {
						at := s.at(b, h, from+i, s.count)
						total := ks.dot(de[at:][:s.count], e[at:][:s.count])
						sum[(b*s.heads+h)*s.length+from+i], extra[(b*s.heads+h)*s.length+from+i] = total, total
					}
				})}
			if op.Maximum == graph.OfAll {
				phases = append(phases, phase{tiles: s.batch * s.heads, run: func(_ *worker, pair int) {
					extra := extra[pair*s.length:][:s.length]
					fill(extra, ks.sum(extra))
				}})
			}
			return append(phases, s.each(func(w *worker, b, h, from, rows int) {
				memory := scratch[T](w)
				scaled, dash, u := memory[:rows*s.size], memory[rowTile*s.size:][:rows*s.count], memory[rowTile*(s.size+s.count):][:rows*s.size]
				scaledRows(scaled, x[s.at(b, h, from, s.size):], rows, s.size, s.heads*s.size)
				if op.Through {
					ks.tile(rows, s.count, s.size, scaled, s.size, 1, ks.packed(right, s.size), dash, s.count, false)
				}
				for i := range rows {
					row, at := (b*s.heads+h)*s.length+from+i, s.at(b, h, from+i, s.count)
					top := -1
					if op.Through {
						for j, y := range dash[i*s.count:][:s.count] {
							if y == c[row] {
								top = j
								break
							}
						}
					}
					for j, y := range e[at:][:s.count] {
						dash[i*s.count+j] = de[at+j] * y
					}
					if top >= 0 {
						dash[i*s.count+top] -= extra[row]
					}
				}
				ks.tile(rows, s.size, s.count, dash, s.count, 1, ks.rowMajor(projection, s.size), u, s.size, false)
				factor := T(quarter(s.size))
				for i := range rows {
					dst := dx[s.at(b, h, from+i, s.size):][:s.size]
					total := sum[(b*s.heads+h)*s.length+from+i]
					for j, y := range u[i*s.size:][:s.size] {
						dst[j] = factor * (y - T(scaled[i*s.size+j]*total))
					}
				}
			}))
		},
	}
}
