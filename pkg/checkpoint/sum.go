package checkpoint

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"

	"github.com/nlpodyssey/safetensors"
)

// sumKey holds, in a file's metadata, the SHA-256 of everything else in it.
// Files of other programs have none, and are not held to one.
const sumKey = "sha256"

// sum is the SHA-256 of a file's metadata, sumKey left out, and of all its
// tensors in the order of their names: begin one, and write its bytes.
type sum struct{ hash.Hash }

func newSum(metadata map[string]string) sum {
	s := sum{sha256.New()}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if key != sumKey {
			s.text(key)
			s.text(metadata[key])
		}
	}
	return s
}

func (s sum) begin(name string, of safetensors.DType, shape []int) {
	s.text(name)
	s.text(fmt.Sprint(of, shape))
}

func (s sum) add(name string, t Tensor) {
	s.begin(name, view{t}.DType(), t.Shape)
	s.Write(view{t}.Data())
}

// text is written with its length first, so that no two texts run into one another.
func (s sum) text(text string) {
	s.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text))))
	s.Write([]byte(text))
}

func (s sum) String() string { return hex.EncodeToString(s.Sum(nil)) }

func sumOf(f *File) sum {
	s := newSum(f.Metadata)
	for _, name := range slices.Sorted(maps.Keys(f.Tensors)) {
		s.add(name, f.Tensors[name])
	}
	return s
}
