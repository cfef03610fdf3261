package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// ReadMetadata reads a safetensors file's metadata alone, however large its
// tensors are. Nothing is verified by a checksum, so it is for showing only;
// Load is for what counts. It errs on a file that does not begin with a header.
func ReadMetadata(path string) (map[string]string, error) {
	metadata, err := readMetadata(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return metadata, nil
}

func readMetadata(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unwrapPath(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, unwrapPath(err)
	}
	var size [8]byte
	if _, err := io.ReadFull(file, size[:]); err != nil {
		return nil, fmt.Errorf("%d bytes: too short for a safetensors file", info.Size())
	}
	length := binary.LittleEndian.Uint64(size[:])
	if err := checkHeader(length, info.Size()); err != nil {
		return nil, err
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(file, text); err != nil {
		return nil, fmt.Errorf("file changed while it was read: %w", err)
	}
	var header struct {
		Metadata map[string]string `json:"__metadata__"`
	}
	if err := json.Unmarshal(text, &header); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	return header.Metadata, nil
}
