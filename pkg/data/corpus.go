// Package data turns text and pictures into what a model trains on and is judged by.
//
// A corpus is opened by name (enwik7, enwik8, text8), by the path of any file, or as cifar10:PATH; its bytes are checked
// against their SHA-256 and cut into a training, a validation and a test split. From there:
//
//  1. Corpus.Windows fills a training batch with windows at random starts, Corpus.Streams one with contiguous text for
//     models that carry a memory. Both are functions of the step alone, so there is no reader to save or to rewind: a run
//     resumed at step 7000 sees what it would have seen.
//  2. EvalWindows lays windows over a split so that each target is counted exactly once.
//  3. Get downloads what is not here yet, List says what is known, and Describe measures how predictable a corpus is
//     without any neural network, as a plausibility check of everything else.
//
// A token is a byte: of the file for text, of one colour of one pixel (a sub-pixel) for pictures. The vocabulary is 256.
package data

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// Vocab is the number of different tokens of every corpus.
const Vocab = 256

// Unit is what one token stands for. It decides whether a loss is called bits per character or bits per dimension.
type Unit string

const (
	Byte     Unit = "byte"
	SubPixel Unit = "sub-pixel"
)

// Corpus is a body of tokens in three splits, each contiguous. It may be read by any number of goroutines until Close.
type Corpus struct {
	Name   string // as given to Open
	Path   string // of the file or folder it was read from
	SHA256 string // of all tokens, training, validation and test split in this order; for text that is the file's
	Unit   Unit
	Vocab  int // 256

	Train, Valid, Test []byte // never write to them: they may be mapped read-only

	// RowLen is the number of tokens of one picture, and 0 for text. Splits are whole rows, windows never cross one.
	RowLen int

	release func() error
	file    *os.File // that is mapped, nil where tokens are a copy
	opened  stamp    // of it, when it was opened
}

// Open returns the corpus called name:
//
//   - enwik7, enwik8, text8: see List. enwik7 comes with the Go module that ships it and is fetched through the Go module
//     proxy when the module cache does not have it; the others must have been got by Get.
//   - file:PATH, or any path: a file of text, whose bytes are the tokens.
//   - cifar10:PATH: the folder of CIFAR-10's binary version, or one file of that format.
//
// Text of n bytes is split in file order: the last n/20 bytes (rounded down) are the test split, the n/20 before them the
// validation split, the rest trains; for enwik8 and text8 this is the literature's 90, 5 and 5 million.
//
// An unknown name, a missing or a damaged file is an error that says what to do.
func Open(ctx context.Context, name string) (*Corpus, error) {
	if path, ok := strings.CutPrefix(name, "cifar10:"); ok {
		return openPictures(name, path)
	}
	if path, ok := strings.CutPrefix(name, "file:"); ok {
		return openText(name, path)
	}
	if s, ok := lookup(name); ok {
		return openKnown(ctx, s)
	}
	if _, err := os.Stat(name); err == nil {
		return openText(name, name)
	}
	return nil, unknown(name)
}

// Close gives the corpus's memory back; its splits must not be used any more. Closing twice does nothing.
func (c *Corpus) Close() error {
	release := c.release
	c.Train, c.Valid, c.Test, c.release, c.file = nil, nil, nil, nil, nil
	if release == nil {
		return nil
	}
	if err := release(); err != nil {
		return fmt.Errorf("close corpus %s: %w", c.Name, err)
	}
	return nil
}

// Written says whether the file that the tokens are read from was written to since Open, going by its size and time: they
// may be others now, or have been for a while. Another file in its place does no harm.
func (c *Corpus) Written() bool { return stampOf(c.file) != c.opened }

// stamp of a file is another one once it was written to.
type stamp struct{ size, nanoseconds int64 }

// stampOf is the zero stamp where there is no file, or none any more.
func stampOf(f *os.File) stamp {
	if f == nil {
		return stamp{}
	}
	info, err := f.Stat()
	if err != nil {
		return stamp{}
	}
	return stamp{info.Size(), info.ModTime().UnixNano()}
}

// Check says whether batches of batch windows of context tokens can be drawn from the training split.
func (c *Corpus) Check(context, batch int) error {
	switch longest := c.rowLen(); {
	case context < 1:
		return fmt.Errorf("context %d: want at least 1 token", context)
	case batch < 1:
		return fmt.Errorf("batch %d: want at least 1 window", batch)
	case context <= longest:
		return nil
	case c.RowLen > 0:
		return fmt.Errorf("context %d is longer than a picture of corpus %s: take at most %d sub-pixels", context, c.Name, longest)
	default:
		return fmt.Errorf("context %d is longer than the training split of corpus %s: take at most %d bytes", context, c.Name, longest)
	}
}

// rowLen is the length of the stretches of the training split that windows must not leave: all of it for text.
func (c *Corpus) rowLen() int {
	if c.RowLen > 0 {
		return c.RowLen
	}
	return len(c.Train)
}
