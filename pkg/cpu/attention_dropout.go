package cpu

import "hgbench/pkg/philox"

// maskRun is the number of elements that a mask is drawn for at a time, in all
// instruction sets.
const maskRun = 32

// keepRow returns what dropout multiplies the probabilities of a query with: of
// n keys from row key on, step rows apart. Element ((b·H+h)·Q+i)·K+j of the
// matrix of probabilities has word element mod 4 of the block element/4.
// It uses the buffer, of at least n + 2·maskRun elements.
func (s *attentionShape[T]) keepRow(m mask, buffer []T, pair, query, key, step, n int) []T {
	element := uint64(pair*s.queries+query)*uint64(s.keys) + uint64(key)
	random, count := m.generator()
	value := T(1 / (1 - s.Rate))
	if step == 1 {
		ctr, words := random.Counter(count, 0)
		skip := int(element % 4)
		s.pass.keep(buffer[:roundUp(skip+n, maskRun)], element/4, ctr[2], ctr[3], words[0], words[1], m.threshold, value)
		return buffer[skip:][:n]
	}
	row := buffer[:n]
	for j := range row {
		e := element + uint64(j*step)
		row[j] = 0
		if random.Block(count, e/4)[e%4] >= m.threshold {
			row[j] = value
		}
	}
	return row
}

func keepPortable[T Float](dst []T, block uint64, step, stream, key0, key1, threshold uint32, value T) {
	for i := 0; i < len(dst); i += 4 {
		words := philox.Rounds([4]uint32{uint32(block), uint32(block >> 32), step, stream}, [2]uint32{key0, key1})
		for j, w := range words {
			dst[i+j] = 0
			if w >= threshold {
				dst[i+j] = value
			}
		}
		block++
	}
}

func multiplyPortable[T Float](dst, x []T) {
	for i, y := range x {
		dst[i] *= y
	}
}

func dropGradientPortable[T Float](p, grads, keep []T, delta T) {
	for i, k := range keep {
		grads[i] = p[i] * (T(grads[i]*k) - delta)
		p[i] *= k
	}
}
