package data

import "compress/gzip"

// Describe looks at no more than this of the training and the validation split, which bounds its time and memory for corpora
// of any size: 30 MB for enwik7, all of which fits, and 850 MB for noise, where no two contexts are alike.
const (
	describeTrain = 10_000_000 // tokens
	describeValid = 5_000_000
)

// Stats says how predictable a corpus is without a neural network. A model whose bits per token are above Orders[3] has learnt
// little, one far below its published kin probably sees the future.
type Stats struct {
	Counted  int                   `json:"counted"`  // tokens of the training split that were counted
	Scored   int                   `json:"scored"`   // tokens of the validation split that were predicted
	Alphabet int                   `json:"alphabet"` // different tokens among those counted
	Orders   [maxOrder + 1]float64 `json:"orders"`   // bits a token, held out, of n-gram models with contexts of 0 to 3 tokens (see ngrams)
	Gzip     float64               `json:"gzip"`     // bits a token of the same part of the validation split under gzip -9
}

// Describe measures a corpus: n-gram models are trained on its training split and tried on its validation split.
func Describe(c *Corpus) Stats {
	train, valid := c.Train[:min(len(c.Train), describeTrain)], c.Valid[:min(len(c.Valid), describeValid)]
	rowLen := max(len(train), len(valid))
	if c.RowLen > 0 {
		rowLen = c.RowLen
	}
	m := countNgrams(train, rowLen)
	return Stats{
		Counted:  len(train),
		Scored:   len(valid),
		Alphabet: m.grams[0].used,
		Orders:   m.heldOut(valid, rowLen),
		Gzip:     8 * float64(gzipSize(valid)) / float64(len(valid)),
	}
}

// gzipSize returns the number of bytes that gzip -9 makes of text.
func gzipSize(text []byte) int {
	var size counter
	z, err := gzip.NewWriterLevel(&size, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	z.Write(text) // a counter takes everything
	z.Close()
	return int(size)
}

// counter is a writer that only counts.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
