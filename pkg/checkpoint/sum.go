package checkpoint

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// sumKey holds, in a file's metadata, the SHA-256 of everything else in it.
// Files of other programs have none, and are not held to one.
const sumKey = "sha256"

// sum of a file's metadata, sumKey left out, and of all its tensors.
func (f *File) sum() string {
	h := sha256.New()
	text := func(s string) { // its length first, so that no two texts run into one another
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	for _, key := range slices.Sorted(maps.Keys(f.Metadata)) {
		if key != sumKey {
			text(key)
			text(f.Metadata[key])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.Tensors)) {
		t := f.Tensors[name]
		text(name)
		text(fmt.Sprint(view{t}.DType(), t.Shape))
		h.Write(view{t}.Data())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// verify holds a file to its sum, if it has one, and takes that out of the
// metadata.
func (f *File) verify() error {
	want, ok := f.Metadata[sumKey]
	if !ok {
		return nil
	}
	delete(f.Metadata, sumKey)
	if found := f.sum(); found != want {
		return fmt.Errorf("its SHA-256 is %.16s…, its metadata say %.16s…: the file is damaged, or was changed by a program that kept %q", found, want, sumKey)
	}
	return nil
}
