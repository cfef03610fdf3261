package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/nlpodyssey/safetensors"
)

// maxHeader bounds the JSON header in bytes: some hundred thousand tensors.
// Reading one takes several times its size in memory.
const maxHeader = 32 << 20

// Load reads a safetensors file of float32 and int32 tensors. It errs on a file
// that is not exactly what its header says or what Save has written, on other
// element types, and on numbers that are not finite. The path is part of the
// error.
func Load(path string) (*File, error) {
	f, err := load(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func load(path string) (*File, error) {
	file, header, size, err := open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data := make([]byte, size)
	binary.LittleEndian.PutUint64(data, header)
	if _, err := io.ReadFull(file, data[8:]); err != nil {
		return nil, fmt.Errorf("file changed while it was read: %w", err)
	}
	return Decode(data)
}

// open opens a file behind the number of its header's bytes, and gives that and
// the size of all. The header is looked at before anything as large as the file is
// allocated.
func open(path string) (file *os.File, header uint64, size int64, err error) {
	file, err = os.Open(path)
	if err != nil {
		return nil, 0, 0, unwrapPath(err)
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return nil, 0, 0, unwrapPath(err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, 0, fmt.Errorf("not a regular file: want a .safetensors file")
	}
	var number [8]byte
	if _, err := io.ReadFull(file, number[:]); err != nil {
		return nil, 0, 0, fmt.Errorf("%d bytes: too short for a safetensors file", info.Size())
	}
	header = binary.LittleEndian.Uint64(number[:])
	return file, header, info.Size(), checkHeader(header, info.Size())
}

func checkHeader(header uint64, file int64) error {
	if header > maxHeader {
		return fmt.Errorf("header of %d bytes: want at most %d; not a safetensors file?", header, maxHeader)
	}
	if int64(header) > file-8 {
		return fmt.Errorf("header of %d bytes in a file of %d: truncated, or not a safetensors file", header, file)
	}
	return nil
}

// Decode is Load from memory, which the tensors go on to share.
func Decode(data []byte) (*File, error) {
	if len(data) < 8 {
		return nil, fmt.Errorf("%d bytes: too short for a safetensors file", len(data))
	}
	if err := checkHeader(binary.LittleEndian.Uint64(data), int64(len(data))); err != nil {
		return nil, err
	}
	header, metadata, err := safetensors.ReadMetadata(data)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	infos := metadata.Tensors()
	f := &File{Tensors: make(map[string]Tensor, len(infos)), Metadata: metadata.Metadata()}
	for name, info := range infos {
		if f.Tensors[name], err = decode(name, info, data[8+header:]); err != nil {
			return nil, err
		}
	}
	return f, f.verify()
}
