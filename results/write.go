package results

import (
	"bytes"
	"fmt"

	"hgbench/internal/atomicfile"
)

// Write makes path a file of these records, one a line, in place of whatever it
// held: whenever the machine stops, path holds either all of the old file or
// all of the new one. Errors about records are those of Store.Append.
func Write(path string, records Records) error {
	var all bytes.Buffer
	for _, r := range records {
		line, err := encode(r)
		if err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		all.Write(line)
	}
	if err := atomicfile.Write(path, all.Bytes()); err != nil {
		return fmt.Errorf("write %w", err)
	}
	return nil
}
