package data

import "hgbench/pkg/philox"

// orderStream is the random stream, among those of a run's seed, that draws the order of the training data ("data" in ASCII).
const orderStream = 0x64617461

// Windows fills dst [batch, context] with the tokens of one training step: batch windows of the training split, each starting
// at a place drawn uniformly from all places where a window fits. Pictures are never left, so a context as long as a
// picture is always a whole one.
//
// The draw depends on seed, step and the window's number in the batch, and on nothing else: whatever the system, and whether
// or not the run was resumed, step 17 of seed 1 shows the same tokens. Windows of different steps may overlap; there are
// no epochs.
//
// The arguments must have passed Check, and len(dst) be batch*context.
func (c *Corpus) Windows(seed uint64, step, batch, context int, dst []int32) {
	order := philox.New(seed, orderStream)
	row := c.rowLen()
	starts := row - context + 1 // in each row
	places := uint64(len(c.Train)/row) * uint64(starts)
	for b := range batch {
		place := int(order.Uint64n(uint64(step), uint64(b), places))
		start := place/starts*row + place%starts
		widen(dst[b*context:(b+1)*context], c.Train[start:])
	}
}

// widen fills dst with the first tokens of src.
func widen(dst []int32, src []byte) {
	for i, token := range src[:len(dst)] {
		dst[i] = int32(token)
	}
}
