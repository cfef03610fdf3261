package cpu

// packedSize is the number of elements that pack writes for a k×n matrix.
func (ks *kernels[T]) packedSize(k, n int) int {
	return k * ((n + ks.cols - 1) / ks.cols * ks.cols)
}

// pack copies the k×n matrix B, whose element (p, j) is b[p·rsB + j·csB], into
// panels that lie one after the other (read through packed). One of the
// strides should be 1. Columns that fill the last panel are zero.
func (ks *kernels[T]) pack(k, n int, b []T, rsB, csB int, dst []T) {
	if k == 0 {
		return
	}
	width := ks.cols
	for j := 0; j < n; j += width {
		cols := min(width, n-j)
		panel := dst[j*k:][:k*width]
		if cols < width {
			clear(panel)
		}
		if csB == 1 {
			ks.copyBlock(panel, width, b[j:], rsB, k, cols)
			continue
		}
		done := 0 // columns
		if rsB == 1 {
			for ; done+ks.square <= cols; done += ks.square {
				ks.packSquares(k, b[(j+done)*csB:], csB, panel[done:])
			}
		}
		for c := done; c < cols; c++ {
			for p := range k {
				panel[p*width+c] = b[p*rsB+(j+c)*csB]
			}
		}
	}
}

// packSquares packs as many columns as a square has, each contiguous in b.
func (ks *kernels[T]) packSquares(k int, b []T, csB int, panel []T) {
	blocks := k / ks.square
	done := blocks * ks.square
	if blocks > 0 {
		ks.transpose(panel[:(done-1)*ks.cols+ks.square], ks.cols, b[:(ks.square-1)*csB+done], csB, blocks)
	}
	for p := done; p < k; p++ {
		for c := range ks.square {
			panel[p*ks.cols+c] = b[c*csB+p]
		}
	}
}

func copyBlockPortable[T Float](dst []T, ldd int, src []T, lds, rows, cols int) {
	for i := range rows {
		copy(dst[i*ldd:][:cols], src[i*lds:])
	}
}

// transposePortable is the definition of kernels.transpose, for squares of 8.
func transposePortable[T Float](dst []T, ldd int, src []T, lds, blocks int) {
	for i := range 8 {
		for p := range 8 * blocks {
			dst[p*ldd+i] = src[i*lds+p]
		}
	}
}
