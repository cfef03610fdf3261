// Package checkpoint keeps named tensors in safetensors files: weights that
// other programs can read and write, and the state of a training.
package checkpoint

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/nlpodyssey/safetensors"
)

// Tensor is row-major. Exactly one of Floats and Ints is not nil (they may be
// empty), and holds as many elements as Shape says; no axes are a scalar.
type Tensor struct {
	Shape  []int
	Floats []float32
	Ints   []int32
}

// File is what a file holds.
type File struct {
	Tensors  map[string]Tensor
	Metadata map[string]string // free text, such as the step and the run's id
}

// Floats returns the named tensor, which must be float32 of this shape.
func (f *File) Floats(name string, shape ...int) ([]float32, error) {
	t, err := f.find(name, shape)
	if err == nil && t.Floats == nil {
		err = fmt.Errorf("tensor %q is int32: want float32", name)
	}
	return t.Floats, err
}

// Ints returns the named tensor, which must be int32 of this shape.
func (f *File) Ints(name string, shape ...int) ([]int32, error) {
	t, err := f.find(name, shape)
	if err == nil && t.Ints == nil {
		err = fmt.Errorf("tensor %q is float32: want int32", name)
	}
	return t.Ints, err
}

func (f *File) find(name string, shape []int) (Tensor, error) {
	t, ok := f.Tensors[name]
	if !ok {
		return t, fmt.Errorf("tensor %q is missing", name)
	}
	same := len(t.Shape) == len(shape)
	for i := 0; same && i < len(shape); i++ {
		same = t.Shape[i] == shape[i]
	}
	if !same {
		return t, fmt.Errorf("tensor %q is %v: want %v", name, t.Shape, shape)
	}
	return t, nil
}

// check says whether a tensor can be saved.
func (t Tensor) check(name string) error {
	n := 1
	for _, s := range t.Shape {
		if s < 1 {
			return fmt.Errorf("tensor %q is %v: want axes of at least 1", name, t.Shape)
		}
		n *= s
	}
	if len(t.Floats)+len(t.Ints) != n || (t.Floats == nil) == (t.Ints == nil) {
		return fmt.Errorf("tensor %q is %v: has %d float32 and %d int32 elements, want %d of one type", name, t.Shape, len(t.Floats), len(t.Ints), n)
	}
	return finite(name, t.Floats, 0)
}

// finite errs on a NaN or infinity in the elements of a tensor from the first on.
func finite(name string, elements []float32, first int) error {
	for i, x := range elements {
		if x-x != 0 {
			return fmt.Errorf("tensor %q: element %d is %g: want finite numbers", name, first+i, x)
		}
	}
	return nil
}

// view is a tensor in the form of the file. It is a safetensors.View.
type view struct{ tensor Tensor }

func (v view) DType() safetensors.DType {
	if v.tensor.Floats == nil {
		return safetensors.I32
	}
	return safetensors.F32
}

func (v view) Shape() []uint64 {
	shape := make([]uint64, len(v.tensor.Shape))
	for i, s := range v.tensor.Shape {
		shape[i] = uint64(s)
	}
	return shape
}

func (v view) DataLen() uint64 { return 4 * uint64(len(v.tensor.Floats)+len(v.tensor.Ints)) }

func (v view) Data() []byte {
	if v.tensor.Floats == nil {
		return bytesOf(v.tensor.Ints)
	}
	return bytesOf(v.tensor.Floats)
}

// littleEndian machines hold numbers as files do.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// bytesOf gives numbers as a file holds them: where the machine does too, they
// are the same memory, since a checkpoint may be as large as what is free.
func bytesOf[T float32 | int32](numbers []T) []byte {
	if littleEndian {
		return memoryOf(numbers)
	}
	return swapped(memoryOf(numbers))
}

func memoryOf[T float32 | int32](numbers []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(numbers))), 4*len(numbers))
}

func swapped(bytes []byte) []byte {
	out := make([]byte, len(bytes))
	for i := 0; i+4 <= len(bytes); i += 4 {
		out[i], out[i+1], out[i+2], out[i+3] = bytes[i+3], bytes[i+2], bytes[i+1], bytes[i]
	}
	return out
}
