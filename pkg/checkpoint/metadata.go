package checkpoint

import (
	"encoding/json"
	"fmt"
	"io"
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
	file, length, _, err := open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
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
