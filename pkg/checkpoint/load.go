package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/nlpodyssey/safetensors"
)

// Load reads a safetensors file of float32 and int32 tensors. It errs on a file
// that is not exactly what its header says or what Save has written, on other
// element types, and on numbers that are not finite. The path is part of the
// error.
func Load(path string) (*File, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	f, err := r.all()
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// Decode is Load from memory.
func Decode(data []byte) (*File, error) {
	r, err := newReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	return r.all()
}

// all reads the whole file.
func (r *Reader) all() (*File, error) {
	f := &File{Tensors: make(map[string]Tensor, len(r.infos)), Metadata: r.Metadata}
	for name, info := range r.infos {
		t, err := r.tensor(info)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		if err := finite(name, t.Floats, 0); err != nil {
			return nil, err
		}
		f.Tensors[name] = t
	}
	return f, r.holds(sumOf(f))
}

func (r *Reader) tensor(info *safetensors.TensorInfo) (t Tensor, err error) {
	t.Shape = shapeOf(info)
	from := r.data(info)
	switch info.DType {
	case safetensors.F32:
		t.Floats = make([]float32, from.Size()/4)
		err = read(from, t.Floats)
	case safetensors.I32:
		t.Ints = make([]int32, from.Size()/4)
		err = read(from, t.Ints)
	default: // U8
		flags := make([]byte, from.Size())
		_, err = io.ReadFull(from, flags)
		err = unwrapPath(err)
		t.Ints = make([]int32, len(flags))
		for i, x := range flags {
			t.Ints[i] = int32(x)
		}
	}
	return t, err
}
