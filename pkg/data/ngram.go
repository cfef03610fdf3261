package data

import "math"

// maxOrder is the longest context, in tokens, of the n-gram model.
const maxOrder = 3

// ngrams counts how often each token follows each context of 0 to maxOrder tokens. Up to four tokens fit a uint32, the newest
// in the lowest byte, so the key of a gram shifted right by eight bits is the key of its context.
type ngrams struct {
	grams  [maxOrder + 1]tally // of a context of k tokens and its successor
	totals [maxOrder + 1]tally // of a context of k tokens, followed by anything
	kinds  [maxOrder + 1]tally // different successors of a context
}

// gramMask keeps the newest k+1 tokens of a key.
var gramMask = [maxOrder + 1]uint32{0xff, 0xffff, 0xffffff, 0xffffffff}

// countNgrams counts text in rows of rowLen tokens, whose contexts do not reach back into the row before.
func countNgrams(text []byte, rowLen int) *ngrams {
	m := new(ngrams)
	each(text, rowLen, func(known int, last uint32) {
		for k := range known + 1 {
			m.grams[k].add(last&gramMask[k], 1)
		}
	})
	for k := range m.grams {
		for _, slot := range m.grams[k].slots {
			if slot.count > 0 {
				m.totals[k].add(slot.key>>8, slot.count)
				m.kinds[k].add(slot.key>>8, 1)
			}
		}
	}
	return m
}

// each visits the tokens of text: last holds the token and the up to maxOrder ones before it, known says how many those are.
func each(text []byte, rowLen int, visit func(known int, last uint32)) {
	for start := 0; start < len(text); start += rowLen {
		var last uint32
		for i, token := range text[start:min(start+rowLen, len(text))] {
			last = last<<8 | uint32(token)
			visit(min(i, maxOrder), last)
		}
	}
}

// heldOut returns the cross-entropy, in bits a token, of text that was not counted, for models of order 0 to maxOrder. They
// are interpolated after Witten and Bell (1991, method C; Chen and Goodman 1998, section 2.4): in a context h that was
// seen c(h) times with t(h) different successors, and h' being h without its oldest token,
//
//	p(w|h) = (c(hw) + t(h)·p(w|h')) / (c(h) + t(h)),
//
// down to 1/256 for all. It has no parameter to tune, and no token has probability 0.
func (m *ngrams) heldOut(text []byte, rowLen int) (bits [maxOrder + 1]float64) {
	each(text, rowLen, func(known int, last uint32) {
		p := 1.0 / Vocab
		for k := range bits {
			if k <= known {
				gram := last & gramMask[k]
				if seen := float64(m.totals[k].get(gram >> 8)); seen > 0 {
					kinds := float64(m.kinds[k].get(gram >> 8))
					p = (float64(m.grams[k].get(gram)) + kinds*p) / (seen + kinds)
				}
			}
			bits[k] -= math.Log2(p)
		}
	})
	for k := range bits {
		bits[k] /= float64(len(text))
	}
	return bits
}

// tally is a table of counts by key, open addressing with linear probing. It is several times as fast as a map.
type tally struct {
	slots []slot // a power of two, or none; free where count is 0
	used  int
	shift uint // 32 − log2(len(slots))
}

type slot struct{ key, count uint32 }

// find returns the place of key, or the free one where it would be.
func (t *tally) find(key uint32) *slot {
	mask := uint32(len(t.slots) - 1)
	for i := key * 0x9E3779B1 >> t.shift; ; i++ { // Fibonacci hashing (Knuth, volume 3, section 6.4)
		if s := &t.slots[i&mask]; s.count == 0 || s.key == key {
			return s
		}
	}
}

func (t *tally) get(key uint32) uint32 {
	if len(t.slots) == 0 {
		return 0
	}
	return t.find(key).count
}

// add counts key n more times; n is positive.
func (t *tally) add(key, n uint32) {
	if 4*t.used >= 3*len(t.slots) {
		t.grow()
	}
	s := t.find(key)
	if s.count == 0 {
		s.key = key
		t.used++
	}
	s.count += n
}

func (t *tally) grow() {
	old := t.slots
	if len(old) == 0 {
		t.shift = 32 - 8
	} else {
		t.shift--
	}
	t.slots = make([]slot, 1<<(32-t.shift))
	for _, s := range old {
		if s.count > 0 {
			*t.find(s.key) = s
		}
	}
}
