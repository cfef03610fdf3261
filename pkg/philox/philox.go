// Package philox makes random numbers that are a pure function of where they are used.
//
// It is Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), the
// generator of the Random123 library: ten rounds of multiplication and exclusive or that scramble a 128-bit counter under
// a 64-bit key. A draw is named by (seed, stream, step, element) and nothing else, so there is no state to save in a
// checkpoint, to share between threads or to advance in a certain order: element 17 of step 3 is the same number whichever
// thread asks, however often the run was killed in between.
//
// Uses of one seed that must not be correlated (dropout, initial weights, order of the data) take different streams.
package philox

import (
	"math"
	"math/bits"
)

// Multipliers and Weyl increments of Philox4x32 (Salmon et al. 2011, section 4.3; philox.h of Random123).
const (
	mul0, mul1   = 0xD2511F53, 0xCD9E8D57
	weyl0, weyl1 = 0x9E3779B9, 0xBB67AE85
	rounds       = 10
)

// Rounds applies the ten rounds of Philox4x32-10 to the counter ctr under key, words in the order of Random123.
// For a fixed key it is a bijection of 128-bit counters: different counters never give the same block.
func Rounds(ctr [4]uint32, key [2]uint32) [4]uint32 {
	// Scalars, since Go keeps arrays in memory and these eight words belong in registers.
	c0, c1, c2, c3 := ctr[0], ctr[1], ctr[2], ctr[3]
	k0, k1 := key[0], key[1]
	for range rounds {
		p0, p1 := uint64(c0)*mul0, uint64(c2)*mul1
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0, k1 = k0+weyl0, k1+weyl1
	}
	return [4]uint32{c0, c1, c2, c3}
}

// Stream is one of a seed's independent sequences. It is a value of two words: copy it freely, use it from any thread.
type Stream struct {
	seed, stream uint64
}

// New returns the given stream of seed. Every pair (seed, stream) with stream below 2³² is a sequence of its own.
func New(seed, stream uint64) Stream { return Stream{seed, stream} }

// Counter returns what Block hands to Rounds, for kernels that walk over elements themselves:
//
//	ctr = {element low, element high, step low, stream low}
//	key = {seed low ^ stream high, seed high ^ step high}
//
// As long as stream and step are below 2³² this is a bijection, so no two of (seed, stream, step, element) share counter
// and key. (All 256 bits cannot fit in 192: larger values still give other numbers, but might meet those of another seed.)
// Only ctr[0] and ctr[1] depend on element.
func (s Stream) Counter(step, element uint64) (ctr [4]uint32, key [2]uint32) {
	ctr = [4]uint32{uint32(element), uint32(element >> 32), uint32(step), uint32(s.stream)}
	key = [2]uint32{uint32(s.seed) ^ uint32(s.stream>>32), uint32(s.seed>>32) ^ uint32(step>>32)}
	return ctr, key
}

// Block returns the 128 random bits of element in step.
func (s Stream) Block(step, element uint64) [4]uint32 { return Rounds(s.Counter(step, element)) }

// Uniform returns a number in [0, 1), one of 2⁵³ equally spaced and equally likely ones, from the first half of the block.
func (s Stream) Uniform(step, element uint64) float64 {
	b := s.Block(step, element)
	return unit(b[0], b[1])
}

// Normal returns a standard normal number (mean 0, variance 1) by the method of Box and Muller (1958).
// Its absolute value is at most sqrt(2·53·ln 2) = 8.57.
func (s Stream) Normal(step, element uint64) float64 {
	b := s.Block(step, element)
	// 1−u is in (0, 1], where the logarithm is finite.
	return math.Sqrt(-2*math.Log(1-unit(b[0], b[1]))) * math.Cos(2*math.Pi*unit(b[2], b[3]))
}

// Uint64n returns an integer in [0, n), and 0 when n is 0. It takes the high word of a 128-bit product instead of a
// remainder (Lemire 2019, without the rejection, which would make the cost of a draw vary): no value's probability is off
// by more than 2⁻⁶⁴, which no experiment can see.
func (s Stream) Uint64n(step, element, n uint64) uint64 {
	b := s.Block(step, element)
	hi, _ := bits.Mul64(uint64(b[0])<<32|uint64(b[1]), n)
	return hi
}

// unit makes a number in [0, 1) of the upper 53 of 64 bits.
func unit(hi, lo uint32) float64 {
	return float64((uint64(hi)<<32|uint64(lo))>>11) * 0x1p-53
}
