package data

import "fmt"

// Streams reads the training split in order, for models that remember the segments before (Dai et al. 2019, "Transformer-XL",
// section 3.2): row b of each batch walks through the b-th of batch equal parts, segment by segment.
type Streams struct {
	train            []byte
	batch, context   int
	part             int // tokens between the starts of two rows' parts
	row              int // tokens that are remembered across: a picture, or the whole part
	perRow, segments int // segments of a row, and of a part
}

// Streams returns the streams of batch rows with segments of context tokens. What does not fill a segment at the end of a part
// is left out (less than context tokens for text). A part must hold at least one segment, and pictures must consist of whole
// segments, since otherwise no model would ever see their last rows of pixels.
func (c *Corpus) Streams(batch, context int) (*Streams, error) {
	if err := c.Check(context, batch); err != nil {
		return nil, err
	}
	s := &Streams{train: c.Train, batch: batch, context: context}
	if c.RowLen > 0 {
		if c.RowLen%context != 0 {
			return nil, fmt.Errorf("context %d does not divide the %d sub-pixels of a picture of corpus %s", context, c.RowLen, c.Name)
		}
		s.row = c.RowLen
		s.part = len(c.Train) / c.RowLen / batch * c.RowLen
	} else {
		s.part = len(c.Train) / batch
		s.row = s.part
	}
	if s.part < context {
		return nil, fmt.Errorf("batch %d × context %d is more than the %d tokens of corpus %s's training split: take a smaller batch or context",
			batch, context, len(c.Train), c.Name)
	}
	s.perRow = s.row / context
	s.segments = s.part / s.row * s.perRow
	return s, nil
}

// Steps is the number of steps of one pass, after which every row starts again at the beginning of its part.
func (s *Streams) Steps() int { return s.segments }

// Within is the number of segments between a step and the last one before it (or itself) that began a new text or picture:
// how many a memory may hold by then.
func (s *Streams) Within(step int) int { return step % s.segments % s.perRow }

// At fills dst [batch, context] with the segments of a step, counted from 0, and prev [batch] with the token before each
// segment: 0 where a text or picture starts, as everywhere in this project. It reports whether step begins a new text or
// picture, where memory of what came before must be dropped; all rows do so at the same steps, step 0 among them.
func (s *Streams) At(step int, dst, prev []int32) (reset bool) {
	segment := step % s.segments
	within := s.Within(step)
	offset := segment/s.perRow*s.row + within*s.context
	for b := range s.batch {
		start := b*s.part + offset
		widen(dst[b*s.context:(b+1)*s.context], s.train[start:])
		prev[b] = 0
		if within > 0 {
			prev[b] = int32(s.train[start-1])
		}
	}
	return within == 0
}
