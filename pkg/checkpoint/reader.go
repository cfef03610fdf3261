package checkpoint

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"math/bits"
	"os"
	"slices"

	"github.com/nlpodyssey/safetensors"
)

// maxHeader bounds the JSON header in bytes: some hundred thousand tensors.
// Reading one takes several times its size in memory.
const maxHeader = 32 << 20

// Reader reads a safetensors file tensor by tensor, so that no more of it is in
// memory than is asked for: a checkpoint may be as large as what is free.
type Reader struct {
	Metadata map[string]string // the checksum left out

	source io.ReaderAt
	close  func() error
	start  int64 // of the tensors' data in source
	infos  map[string]*safetensors.TensorInfo
	sum    string // in the metadata; "" without
}

// Open reads the head of a safetensors file, and errs unless the file is exactly
// as long as that says. The path is part of the error.
func Open(path string) (*Reader, error) {
	r, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func open(path string) (*Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unwrapPath(err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		err = unwrapPath(err)
	case !info.Mode().IsRegular():
		err = fmt.Errorf("not a regular file: want a .safetensors file")
	default:
		var r *Reader
		if r, err = newReader(file, info.Size()); err == nil {
			r.close = file.Close
			return r, nil
		}
	}
	file.Close()
	return nil, err
}

func newReader(source io.ReaderAt, size int64) (*Reader, error) {
	header, err := headerOf(source, size)
	if err != nil {
		return nil, err
	}
	var head safetensors.Metadata
	if err := json.Unmarshal(header, &head); err != nil {
		return nil, fmt.Errorf("safetensors: header: %w", err)
	}
	r := &Reader{
		Metadata: head.Metadata(), source: source, close: func() error { return nil },
		start: 8 + int64(len(header)), infos: head.Tensors(),
	}
	r.sum = r.Metadata[sumKey]
	delete(r.Metadata, sumKey)
	return r, checkLayout(r.infos, uint64(size-r.start))
}

// headerOf reads a file's JSON header, whose length the file begins with.
func headerOf(source io.ReaderAt, size int64) ([]byte, error) {
	var number [8]byte
	if _, err := source.ReadAt(number[:], 0); err != nil {
		return nil, fmt.Errorf("%d bytes: too short for a safetensors file", size)
	}
	length := binary.LittleEndian.Uint64(number[:])
	if length > maxHeader {
		return nil, fmt.Errorf("header of %d bytes: want at most %d; not a safetensors file?", length, maxHeader)
	}
	if int64(length) > size-8 {
		return nil, fmt.Errorf("header of %d bytes in a file of %d: truncated, or not a safetensors file", length, size)
	}
	header := make([]byte, length)
	if _, err := io.ReadFull(io.NewSectionReader(source, 8, int64(length)), header); err != nil {
		return nil, fmt.Errorf("header: %w", unwrapPath(err))
	}
	return header, nil
}

// checkLayout errs unless the tensors, one after the other, are exactly size
// bytes of types and shapes that can be read.
func checkLayout(infos map[string]*safetensors.TensorInfo, size uint64) error {
	names := slices.SortedFunc(maps.Keys(infos), func(a, b string) int {
		return cmp.Or(cmp.Compare(infos[a].DataOffsets[0], infos[b].DataOffsets[0]), cmp.Compare(infos[a].DataOffsets[1], infos[b].DataOffsets[1]))
	})
	var end uint64
	for _, name := range names {
		info := infos[name]
		switch info.DType {
		case safetensors.F32, safetensors.I32, safetensors.U8: // masks and flags are U8
		default:
			return fmt.Errorf("tensor %q is %v: want F32, I32 or U8", name, info.DType)
		}
		bytes := info.DType.Size()
		for _, s := range info.Shape {
			if s < 1 || s > math.MaxInt32 {
				return fmt.Errorf("tensor %q is %v: want axes from 1 to %d", name, info.Shape, math.MaxInt32)
			}
			high, low := bits.Mul64(bytes, s)
			if high > 0 {
				return fmt.Errorf("tensor %q is %v: its size overflows", name, info.Shape)
			}
			bytes = low
		}
		if info.DataOffsets[0] != end || info.DataOffsets[1]-end != bytes {
			return fmt.Errorf("tensor %q has the data offsets %v: want %d bytes from offset %d", name, info.DataOffsets, bytes, end)
		}
		end += bytes
	}
	if end != size {
		return fmt.Errorf("tensors of %d bytes in a file that has %d for them: incomplete, or not a safetensors file", end, size)
	}
	return nil
}

// Close closes the file.
func (r *Reader) Close() error { return r.close() }

// Names of all tensors, in order.
func (r *Reader) Names() []string { return slices.Sorted(maps.Keys(r.infos)) }

// Floats reads the named tensor, which must be float32 of this shape and finite.
func (r *Reader) Floats(dst []float32, name string, shape ...int) error {
	info, ok := r.infos[name]
	if !ok {
		return fmt.Errorf("tensor %q is missing", name)
	}
	if found := shapeOf(info); !slices.Equal(found, shape) {
		return fmt.Errorf("tensor %q is %v: want %v", name, found, shape)
	}
	if info.DType != safetensors.F32 {
		return fmt.Errorf("tensor %q is %v: want F32", name, info.DType)
	}
	if err := read(r.data(info), dst); err != nil {
		return fmt.Errorf("tensor %q: %w", name, err)
	}
	return finite(name, dst, 0)
}

// Verify reads all tensors, and errs on numbers that are not finite, and on a
// file that is not what Save has written. Files of other programs have no
// checksum, and are not held to one.
func (r *Reader) Verify() error {
	s := newSum(r.Metadata)
	piece := make([]float32, 1<<18) // a mebibyte
	for _, name := range r.Names() {
		info := r.infos[name]
		if info.DType == safetensors.U8 { // none of Save's
			t, err := r.tensor(info)
			if err != nil {
				return fmt.Errorf("tensor %q: %w", name, err)
			}
			s.add(name, t)
			continue
		}
		s.begin(name, info.DType, shapeOf(info))
		from := r.data(info)
		for at, n := 0, int(from.Size()/4); at < n; at += len(piece) {
			part := piece[:min(n-at, len(piece))]
			if err := read(from, part); err != nil {
				return fmt.Errorf("tensor %q: %w", name, err)
			}
			if info.DType == safetensors.F32 {
				if err := finite(name, part, at); err != nil {
					return err
				}
			}
			s.Write(bytesOf(part))
		}
	}
	return r.holds(s)
}

// holds errs when the file has another sum than its content.
func (r *Reader) holds(s sum) error {
	if found := s.String(); r.sum != "" && found != r.sum {
		return fmt.Errorf("its SHA-256 is %.16s…, its metadata say %.16s…: the file is damaged, or was changed by a program that kept %q", found, r.sum, sumKey)
	}
	return nil
}

func (r *Reader) data(info *safetensors.TensorInfo) *io.SectionReader {
	return io.NewSectionReader(r.source, r.start+int64(info.DataOffsets[0]), int64(info.DataOffsets[1]-info.DataOffsets[0]))
}

func shapeOf(info *safetensors.TensorInfo) []int {
	shape := make([]int, len(info.Shape))
	for i, s := range info.Shape {
		shape[i] = int(s)
	}
	return shape
}

// read fills numbers with what a file has next.
func read[T float32 | int32](from io.Reader, numbers []T) error {
	bytes := bytesOf(numbers) // the same memory, or of the same size
	if _, err := io.ReadFull(from, bytes); err != nil {
		return fmt.Errorf("file changed while it was read: %w", unwrapPath(err))
	}
	if !littleEndian {
		copy(memoryOf(numbers), swapped(bytes))
	}
	return nil
}

// unwrapPath drops the path from an error that gets it again.
func unwrapPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Op, p.Err)
	}
	return err
}
